//! How the body of a function is wrapped, which depends on what the function returns.

use proc_macro2::Span;
use syn::{Expr, ReturnType, Signature, Type};

use super::expected::Expected;
use super::return_type::{
    has_unsupported_bound, is_no_result, is_opaque, mentions, needs_expected_type, returned_future,
    returned_stream, with_unit_for_impl_trait, without_impl_trait,
};
use super::types::{cannot_fail, holds_impl_trait, may_be_generic};
use crate::args::Arg;
use crate::diagnostics::{self, Errors};
use crate::item::{Head, Item};
use crate::syntax::literals::string;
use crate::syntax::tokens::bare;

/// The reason why the result of a function is not observed.
#[derive(Clone, Copy)]
pub(crate) enum Unobserved {
    NeverReturns,
    Opaque,
    /// The body of a `#[track_caller]` function stays in place, and the type shows that its value is no error.
    InPlace,
    /// The function returns a `"future"` or a `"stream"` that it did not make.
    PassesOn(&'static str),
}

/// How the body is wrapped.
pub(crate) enum Shape {
    /// In a closure with this return type, whose result is observed.
    Closure(Box<Type>),
    /// In place, after a guard, without an observer: for a body that cannot be moved into a closure and whose
    /// value is no error.
    GuardOnly(Unobserved),
    /// In place, after a guard, with each exit observed: for such a body if its value may be an error.
    Observed(Box<Exit>),
    /// An `async fn` with this output.
    Async(Box<Output>),
    /// An `async fn` that never returns.
    AsyncNever,
    /// A function that returns a future.
    Future(Box<ReturnedFuture>),
    /// A function that returns a stream.
    Stream(Box<ReturnedStream>),
}

/// The output of an `async fn`.
pub(crate) struct Output {
    /// With `_` in place of each `impl Trait`.
    pub(crate) ty: Type,
    /// The expected type of the closures in it, if there are any.
    pub(crate) expected: Option<Expected>,
}

/// A future that a function returns.
pub(crate) struct ReturnedFuture {
    /// The return type, with `_` in place of each `impl Trait`.
    pub(crate) returned: Type,
    pub(crate) boxed: bool,
    /// Whether the return type says `FusedFuture`.
    pub(crate) fused: bool,
    /// The type of the output; `None` if an alias hides it.
    pub(crate) output: Option<Type>,
}

/// A stream that a function returns.
pub(crate) struct ReturnedStream {
    /// The return type, with `_` in place of each `impl Trait`.
    pub(crate) returned: Type,
    pub(crate) boxed: bool,
    /// The type of the items; `None` if an alias hides it.
    pub(crate) item: Option<Type>,
}

/// The value of `returns = ..`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ReturnsArg {
    /// Not given: the return type decides.
    FromType,
    Value,
    Future,
    Stream,
}

impl ReturnsArg {
    fn of(returns: &Arg<Expr>, output: &ReturnType, errors: &mut Errors) -> Self {
        let is_neither = match output {
            ReturnType::Default => true,
            ReturnType::Type(_, returned) => cannot_fail(returned),
        };
        match string(&returns.value).as_deref() {
            Some("value") => ReturnsArg::Value,
            Some(returns_arg @ ("future" | "stream")) if is_neither => {
                let key = &returns.key;
                errors.push(diagnostics::returns_something_else(key, returns_arg));
                ReturnsArg::FromType
            }
            Some("future") => ReturnsArg::Future,
            Some("stream") => ReturnsArg::Stream,
            _ => {
                errors.push(diagnostics::unknown_returns(&returns.value));
                ReturnsArg::FromType
            }
        }
    }
}

/// The types of the values at the exits of a function.
pub(crate) struct Exit {
    /// Whether part of it is opaque.
    pub(crate) is_opaque: bool,
    /// With `_` in place of each `impl Trait`.
    pub(crate) returned: Type,
    /// With `()` in place of each `impl Trait`: the type of an `Err(..)`, whose success type is free.
    pub(crate) failed: Type,
}

impl Shape {
    pub(super) fn of(item: &Item, returns: Option<&Arg<Expr>>, errors: &mut Errors) -> Self {
        let signature = &item.head.signature;
        let returns_arg = returns.map_or(ReturnsArg::FromType, |returns| {
            ReturnsArg::of(returns, &signature.output, errors)
        });
        let returned = return_type(signature);
        if signature.asyncness.is_some() {
            return of_async_fn(returned);
        }
        let returns_arg = match returns_arg {
            ReturnsArg::FromType if has_unsupported_bound(&returned) => ReturnsArg::Value,
            returns_arg => returns_arg,
        };
        of_stream(item, &returned, returns_arg)
            .or_else(|| of_future(item, &returned, returns_arg))
            .unwrap_or_else(|| of_value(&item.head, returned))
    }
}

/// The return type as it is written, or `()`.
fn return_type(signature: &Signature) -> Type {
    match &signature.output {
        // Located at the function's name, with our hygiene: the user did not write this `()`.
        ReturnType::Default => {
            let place = signature.ident.span().resolved_at(Span::mixed_site());
            syn::parse_quote_spanned!(place=> ())
        }
        ReturnType::Type(_, returned) => (**returned).clone(),
    }
}

fn is_never(returned: &Type) -> bool {
    matches!(bare(returned), Type::Never(_))
}

fn of_async_fn(returned: Type) -> Shape {
    match is_never(&returned) {
        true => Shape::AsyncNever,
        false => Shape::Async(Box::new(Output {
            expected: Expected::of(&returned),
            ty: without_impl_trait(returned),
        })),
    }
}

fn of_stream(item: &Item, returned: &Type, returns_arg: ReturnsArg) -> Option<Shape> {
    let found = returned_stream(returned);
    match returns_arg {
        ReturnsArg::FromType => {
            let (boxed, _) = found.as_ref()?;
            if *boxed && !makes_its_future(item) && may_be_generic(Some(returned)) {
                return Some(Shape::GuardOnly(Unobserved::PassesOn("stream")));
            }
        }
        ReturnsArg::Stream => {}
        ReturnsArg::Value | ReturnsArg::Future => return None,
    }
    let (boxed, item) = found.unwrap_or_else(|| (!is_opaque(returned), None));
    Some(Shape::Stream(Box::new(ReturnedStream {
        boxed,
        item: item.map(without_impl_trait),
        returned: without_impl_trait(returned.clone()),
    })))
}

fn of_future(item: &Item, returned: &Type, returns_arg: ReturnsArg) -> Option<Shape> {
    let found = returned_future(returned);
    if returns_arg == ReturnsArg::Value || (found.is_none() && returns_arg != ReturnsArg::Future) {
        return None;
    }
    if let Some((true, output)) = &found {
        if !makes_its_future(item) && may_be_generic(output.as_ref()) {
            return Some(Shape::GuardOnly(Unobserved::PassesOn("future")));
        }
    }
    let fused = found.is_some() && mentions(returned, "FusedFuture");
    // With `returns = "future"`, the type may be an alias, which stands for a boxed future.
    let (boxed, output) = found.unwrap_or_else(|| (!is_opaque(returned), None));
    Some(Shape::Future(Box::new(ReturnedFuture {
        boxed,
        fused,
        output: output.map(without_impl_trait),
        returned: without_impl_trait(returned.clone()),
    })))
}

fn of_value(head: &Head, returned: Type) -> Shape {
    let stays_in_place = is_track_caller(head);
    if is_never(&returned) {
        return Shape::GuardOnly(Unobserved::NeverReturns);
    }
    if is_opaque(&returned) {
        return Shape::GuardOnly(Unobserved::Opaque);
    }
    if stays_in_place && is_no_result(&returned) {
        return Shape::GuardOnly(Unobserved::InPlace);
    }
    if stays_in_place || needs_expected_type(&returned) {
        return Shape::Observed(Box::new(Exit {
            is_opaque: holds_impl_trait(&returned),
            failed: with_unit_for_impl_trait(returned.clone()),
            returned: without_impl_trait(returned),
        }));
    }
    Shape::Closure(Box::new(without_impl_trait(returned)))
}

/// Whether the function is `#[track_caller]`, so that its body stays in place: in a closure,
/// `Location::caller()` would be a generated line.
///
/// Implementations of `Index::index` and `IndexMut::index_mut` inherit the attribute from the standard library.
fn is_track_caller(head: &Head) -> bool {
    let mut attributes = head.attributes.iter();
    let name = &head.signature.ident;
    let indexes = (name == "index" || name == "index_mut")
        && head.signature.receiver().is_some()
        && head.signature.inputs.len() == 2;
    indexes || attributes.any(|attribute| attribute.path().is_ident("track_caller"))
}

/// Whether the body has an `async` block. Without one, it passes on a future that another function made.
fn makes_its_future(item: &Item) -> bool {
    item.words.have("async")
}
