//! How the body of a function is wrapped: decided by what it returns.

use proc_macro2::Span;
use syn::{Expr, ReturnType, Type};

use super::expected::Expected;
use super::return_type::{
    is_no_result, is_opaque, mentions, needs_expected_type, promises_more, returned_future,
    returned_stream, with_unit_for_impl_trait, without_impl_trait,
};
use super::types::{holds_impl_trait, may_be_generic, says_nothing};
use crate::args::Arg;
use crate::diagnostics::{self, Errors};
use crate::item::{Head, Item};
use crate::syntax::literals::string;
use crate::syntax::tokens::bare;

/// Why the value of a function is not observed.
#[derive(Clone, Copy)]
pub(crate) enum Unobserved {
    NeverReturns,
    /// The type hides what the value is, or says that it is not an error.
    Opaque,
    /// A future or a stream that the function did not make.
    PassesOn(&'static str),
}

/// How the body is wrapped.
pub(crate) enum Shape {
    /// In a closure of this return type, whose result is observed.
    Closure(Box<Type>),
    /// As it is, beside a guard: for bodies that no closure can hold, and whose
    /// value is no error.
    GuardOnly(Unobserved),
    /// As it is, with its exits observed: the same, when it may be an error.
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
    /// With `_` for what is opaque in it.
    pub(crate) ty: Type,
    /// What the opaque closures in it are expected to be.
    pub(crate) expected: Option<Expected>,
}

/// A future that a function returns.
pub(crate) struct ReturnedFuture {
    /// What the function returns, with `_` for what is opaque in it.
    pub(crate) returned: Type,
    pub(crate) boxed: bool,
    /// Whether the function promises a `FusedFuture`.
    pub(crate) fused: bool,
    /// Its output, unless an alias hides it.
    pub(crate) output: Option<Type>,
}

/// A stream that a function returns.
pub(crate) struct ReturnedStream {
    /// What the function returns, with `_` for what is opaque in it.
    pub(crate) returned: Type,
    pub(crate) boxed: bool,
    /// What it yields, unless an alias hides it.
    pub(crate) item: Option<Type>,
}

/// What `returns` says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Timed {
    AsItLooks,
    Value,
    Future,
    Stream,
}

impl Timed {
    fn of(returns: &Arg<Expr>, output: &ReturnType, errors: &mut Errors) -> Self {
        let is_plain = match output {
            ReturnType::Default => true,
            ReturnType::Type(_, returned) => says_nothing(returned),
        };
        match string(&returns.value).as_deref() {
            Some("value") => Timed::Value,
            Some(timed @ ("future" | "stream")) if is_plain => {
                let key = &returns.key;
                errors.push(diagnostics::returns_something_else(key, timed));
                Timed::AsItLooks
            }
            Some("future") => Timed::Future,
            Some("stream") => Timed::Stream,
            _ => {
                errors.push(diagnostics::unknown_returns(&returns.value));
                Timed::AsItLooks
            }
        }
    }
}

/// The type of what leaves a function whose exits are observed.
pub(crate) struct Exit {
    /// Whether part of it is opaque.
    pub(crate) is_opaque: bool,
    /// With `_` for what is opaque in it.
    pub(crate) returned: Type,
    /// With `()` for it: the type of an `Err`, whose other side is open.
    pub(crate) failed: Type,
}

impl Shape {
    pub(super) fn of(item: &Item, returns: Option<&Arg<Expr>>, errors: &mut Errors) -> Self {
        let head = &item.head;
        let signature = &head.signature;
        let timed = returns.map_or(Timed::AsItLooks, |returns| {
            Timed::of(returns, &signature.output, errors)
        });
        let returned = match &signature.output {
            // At the function's name, but not as if the user had written it.
            ReturnType::Default => {
                let place = signature.ident.span().resolved_at(Span::mixed_site());
                syn::parse_quote_spanned!(place=> ())
            }
            ReturnType::Type(_, returned) => (**returned).clone(),
        };
        let never = matches!(bare(&returned), Type::Never(_));
        if signature.asyncness.is_some() {
            return match never {
                true => Shape::AsyncNever,
                false => Shape::Async(Box::new(Output {
                    expected: Expected::of(&returned),
                    ty: without_impl_trait(returned),
                })),
            };
        }
        let timed = match timed {
            Timed::AsItLooks if promises_more(&returned) => Timed::Value,
            timed => timed,
        };
        if timed == Timed::Future && returned_future(&returned).is_none() {
            // An alias, which hides the box that it must be.
            return Shape::Future(Box::new(ReturnedFuture {
                boxed: !is_opaque(&returned),
                fused: false,
                output: None,
                returned: without_impl_trait(returned),
            }));
        }
        let passes_on = returned_stream(&returned).is_some_and(|(boxed, _)| boxed)
            && !makes_its_future(item)
            && may_be_generic(Some(&returned));
        if timed == Timed::AsItLooks && passes_on {
            return Shape::GuardOnly(Unobserved::PassesOn("stream"));
        }
        if timed == Timed::Stream
            || (timed == Timed::AsItLooks && returned_stream(&returned).is_some())
        {
            let (boxed, item) =
                returned_stream(&returned).unwrap_or_else(|| (!is_opaque(&returned), None));
            return Shape::Stream(Box::new(ReturnedStream {
                boxed,
                item: item.map(without_impl_trait),
                returned: without_impl_trait(returned),
            }));
        }
        let future = returned_future(&returned).filter(|_| timed != Timed::Value);
        if let Some((boxed, output)) = future {
            if boxed && !makes_its_future(item) && may_be_generic(output.as_ref()) {
                return Shape::GuardOnly(Unobserved::PassesOn("future"));
            }
            return Shape::Future(Box::new(ReturnedFuture {
                boxed,
                fused: mentions(&returned, "FusedFuture"),
                output: output.map(without_impl_trait),
                returned: without_impl_trait(returned),
            }));
        }
        let stays_in_place = is_track_caller(head);
        if never || is_opaque(&returned) || (stays_in_place && is_no_result(&returned)) {
            return Shape::GuardOnly(match never {
                true => Unobserved::NeverReturns,
                false => Unobserved::Opaque,
            });
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
}

/// In a closure, `Location::caller()` would be a line of ours.
///
/// `Index::index` and `IndexMut::index_mut` are so declared in the standard
/// library, and their implementations inherit it without a word.
fn is_track_caller(head: &Head) -> bool {
    let mut attributes = head.attributes.iter();
    let name = &head.signature.ident;
    let indexes = (name == "index" || name == "index_mut")
        && head.signature.receiver().is_some()
        && head.signature.inputs.len() == 2;
    indexes || attributes.any(|attribute| attribute.path().is_ident("track_caller"))
}

/// Whether the body has an `async` block, and does not only pass on a future.
fn makes_its_future(item: &Item) -> bool {
    item.words.have("async")
}
