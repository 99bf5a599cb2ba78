//! The errors that [`record_error`](crate::record_error) takes.
//!
//! A macro can try one trait after the other (`outcome/observer_by_type.rs`), but a function has one
//! bound. So each kind of error implements the trait for a marker type of its own, which the compiler infers.
//! The kinds must not overlap. As every error implements `Display`, types with a `Display` cannot be a kind in
//! general; only strings are.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Arguments;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use crate::failure::Failure;
use crate::outcome::DynError;

/// An error that [`record_error`](crate::record_error) takes: a type that implements [`Error`], a pointer to
/// a `dyn Error` that does not implement it (`Box<dyn Error>`, `anyhow::Error`), or a string.
///
/// The parameter distinguishes these kinds and is inferred. Sealed: the marker types cannot be named outside
/// of this crate.
///
/// ```
/// # use traced::{traced, testing::capture};
/// #[traced]
/// fn import(lines: &[&str]) {
///     for line in lines {
///         if let Err(error) = parse(line) {
///             traced::record_error(&error); // a `Box<dyn Error>`
///         }
///     }
///     if lines.is_empty() {
///         traced::record_error("nothing to import");
///     }
/// }
///
/// fn parse(line: &str) -> Result<u8, Box<dyn std::error::Error>> {
///     Ok(line.parse()?)
/// }
///
/// let ((), spans) = capture(|| import(&["1", "two"]));
/// assert_eq!(spans.named("import").exceptions().len(), 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be recorded as an error",
    label = "expected an `Error`, a pointer to a `dyn Error` or a text",
    note = "record its text: `record_error(&error.to_string())`, or `&format!(\"{{error:?}}\")`"
)]
pub trait Recordable<How> {
    /// The failure whose `exception` event is recorded.
    fn to_failure(&self) -> Failure;
}

/// Marks a type that implements [`Error`].
#[derive(Debug)]
pub enum AsError {}

/// Marks a pointer to a `dyn Error`.
#[derive(Debug)]
pub enum AsPointer {}

/// Marks a string.
#[derive(Debug)]
pub enum AsText {}

impl<E: Error + ?Sized> Recordable<AsError> for E {
    fn to_failure(&self) -> Failure {
        Failure::from_error(self)
    }
}

/// Bounded by `DerefMut` to avoid an overlap: pointers that can be copied or shared (`&dyn Error`,
/// `Arc<dyn Error>`) implement [`Error`] themselves.
impl<E: DerefMut + Deref<Target: DynError>> Recordable<AsPointer> for E {
    fn to_failure(&self) -> Failure {
        Failure::from_dyn::<E>((**self).as_dyn())
    }
}

macro_rules! texts {
    ($($text:ty),* $(,)?) => {$(
        impl Recordable<AsText> for $text {
            fn to_failure(&self) -> Failure {
                Failure::from_display(self)
            }
        }
    )*};
}

texts!(
    str,
    &str,
    String,
    Cow<'_, str>,
    Box<str>,
    Arc<str>,
    Arguments<'_>
);
