//! Annotate a function with `#[traced]` and its OpenTelemetry span is right.

mod body;
mod carry;
#[cfg(feature = "console")]
pub mod console;
mod draft;
mod failure;
mod future;
mod outcome;
mod panic;
pub mod propagation;
mod provider;
mod site;
mod span;
#[cfg(feature = "stream")]
mod stream;
#[cfg(feature = "testing")]
pub mod testing;
mod value;

#[doc(hidden)]
pub mod __private;

pub use opentelemetry;
pub use traced_macros::{traced, traced_spawn};

pub use crate::body::{Current, add_link, current, record_error};
pub use crate::carry::{Carried, carry, carry_fn};
pub use crate::draft::{IntoLink, ToLinks, ToParent};
pub use crate::failure::Failure;
pub use crate::outcome::Outcome;
pub use crate::propagation::{extract, inject};
pub use crate::provider::{refresh, set_tracer_provider};
pub use crate::value::ToValue;

/// The README's examples, tested.
#[cfg(all(doctest, feature = "console"))]
#[doc = include_str!("../../README.md")]
struct Readme;
