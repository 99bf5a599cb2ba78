//! The body, wrapped: in a closure, in an `async` block, or beside a guard.

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::Type;
use syn::spanned::Spanned;

use super::blocks::{async_block, closure, hand_over, pin_output, preceded};
use super::in_place::Exits;
use super::parameters::{mention, rebind, take_over, within_rebound};
use super::returned::{around_async_block, around_future, around_stream, nothing_but_async};
use crate::emit::{Begin, asking, begin, kind_that_tells, located_at};
use crate::model::{Binding, Exit, Expected, FunctionSpan, Observe, Output, Shape};
use crate::syntax::groups::braced_like;

/// The new content of the function's braces.
///
/// It ends in a `return`, as some teams want every function to (Clippy's
/// `implicit_return`), and nobody minds one that a macro wrote.
pub(crate) fn function(
    krate: &TokenStream,
    span: &FunctionSpan,
    bindings: &[Binding],
    body: &Group,
) -> TokenStream {
    match &span.shape {
        Shape::Closure(returned) => in_closure(krate, span, bindings, body, returned),
        Shape::GuardOnly(_) => beside_guard(krate, span, body),
        Shape::Observed(exit) => in_place(krate, span, body, exit),
        Shape::Async(output) => in_async_block(krate, span, bindings, body, output),
        Shape::AsyncNever => in_endless_block(krate, span, bindings, body),
        Shape::Future(future) => match nothing_but_async(body, future) {
            Some(parts) if span.spec.can_wait() => around_async_block(krate, span, bindings, parts),
            _ => around_future(krate, span, bindings, body, future),
        },
        Shape::Stream(stream) => around_stream(krate, span, bindings, body, stream),
    }
}

/// ```text
/// In:  fn f(a: A, b: B) -> R { body }
/// Out: fn f(a: A, b: B) -> R {
///          return run::<R, _, _>(enter, move || { { let _ = (&b, &a); } body }, observer)
///      }
/// ```
fn in_closure(
    krate: &TokenStream,
    span: &FunctionSpan,
    bindings: &[Binding],
    body: &Group,
    returned: &Type,
) -> TokenStream {
    let enter = begin(krate, &span.spec, Begin::Enter);
    let (run, observer) = asking(krate, &span.spec, "run", returned);
    let closure = closure(bindings, body);
    hygienic!(return #run::<#returned, _, _>(#enter, #closure, #observer))
}

/// ```text
/// In:  fn f() -> impl Fn() { body }
/// Out: fn f() -> impl Fn() { let __guard = enter.until_dropped(); { body } }
/// ```
fn beside_guard(krate: &TokenStream, span: &FunctionSpan, body: &Group) -> TokenStream {
    let enter = begin(krate, &span.spec, Begin::Enter);
    let body = preceded(&hygienic!(let __guard = #enter.until_dropped();), body);
    body.stream()
}

/// ```text
/// In:  #[track_caller] fn f() -> R { g()? }
/// Out: #[track_caller] fn f() -> R {
///          let __guard = enter.until_dropped();
///          observe_exit!(__guard, g())?
///      }
/// ```
///
/// Types and predicates are written once, before the body, whose items they must not see.
fn in_place(krate: &TokenStream, span: &FunctionSpan, body: &Group, exit: &Exit) -> TokenStream {
    let enter = begin(krate, &span.spec, Begin::Enter);
    let kind = kind_that_tells(&span.spec).map(|kind| hygienic!(as #kind));
    let (guard, predicate, question_marks) = match &span.spec.observe {
        Observe::Nothing => return beside_guard(krate, span, body),
        Observe::Errors => (hygienic!(__guard #kind), None, true),
        // A `?` has the error before its conversion, which the predicate does not take.
        Observe::ErrorsIf(predicate) => (
            hygienic!(__guard #kind if __predicate),
            Some(predicate),
            false,
        ),
    };
    let exits = Exits::new(krate, guard, exit.is_opaque, question_marks);
    let (body, exits) = exits.observe_in(body);
    let Exit {
        returned, failed, ..
    } = exit;
    let returns = |name: &str, ty: &Type| {
        let name = Ident::new(name, Span::mixed_site());
        hygienic!(let #name = #krate::__private::returns::<#ty>();)
    };
    let predicate = predicate.map(|predicate| {
        let place = predicate.span();
        let asked = located_at(place, &hygienic!(#krate::__private::predicate));
        let failed = hygienic!(__failed);
        quote_spanned!(place=> #asked(&#failed, #predicate))
    });
    let failed = (exits.failed || predicate.is_some()).then(|| returns("__failed", failed));
    let returned = exits.returned.then(|| returns("__returned", returned));
    let predicate = predicate.map(|predicate| hygienic!(let __predicate = #predicate;));
    let ours = hygienic!(let __guard = #enter.until_dropped(); #failed #returned #predicate);
    preceded(&ours, &body).stream()
}

/// ```text
/// In:  async fn f(a: A, b: B) -> R { body }
/// Out: async fn f(a: A, b: B) -> R {
///          future(
///              start,
///              async move { if false { return never::<R>(); } { let _ = (&b, &a); } { body } },
///              observer,
///          ).await
///      }
/// ```
///
/// With arguments that look at the parameters, it is the block that starts the span,
/// and hands it to the future around:
///
/// ```text
/// future(
///     SpanFromInner,
///     async move {
///         { let _ = (&b, &a); }
///         let __handed = handoff(start);
///         __handed.await;
///         body
///     },
///     observer,
/// ).await
/// ```
fn in_async_block(
    krate: &TokenStream,
    span: &FunctionSpan,
    bindings: &[Binding],
    body: &Group,
    output: &Output,
) -> TokenStream {
    let start = begin(krate, &span.spec, Begin::Start);
    let Output {
        ty: output,
        expected,
    } = output;
    let (pin, body) = match expected {
        Some(expected) => (TokenStream::new(), &as_expected(expected, body)),
        None => (pin_output(krate, output), body),
    };
    let (start, taken) = match span.spec.looks_at_parameters() {
        false => (start, take_over(bindings)),
        true => {
            let (mentioned, rebound) = (mention(bindings), rebind(bindings));
            let handed = hand_over(krate, &start);
            let taken = hygienic!(#mentioned #handed #rebound);
            (hygienic!(#krate::__private::SpanFromInner), taken)
        }
    };
    let block = async_block(&hygienic!(#pin #taken), &within_rebound(bindings, body));
    let (named, block) = match may_be_a_future(output) {
        true => {
            let allow = hygienic!(#[allow(clippy::async_yields_async)]);
            (hygienic!(#allow let __body = #block;), hygienic!(__body))
        }
        false => (TokenStream::new(), block),
    };
    let (future, observer) = asking(krate, &span.spec, "future", output);
    hygienic!(#named return #future(#start, #block, #observer).await)
}

/// Whether the type's name says that a value of it can be awaited.
///
/// A block that ends in a future is a mistake to Clippy (`async_yields_async`),
/// which a function is not. It is told so only here, because an `allow` does
/// not compile under a `forbid`.
fn may_be_a_future(ty: &Type) -> bool {
    const ENDINGS: &[&str] = &[
        "Box", "Future", "Handle", "Join", "Pin", "Ready", "Receiver", "Sleep", "Task",
    ];
    match ty {
        Type::Infer(_) => true,
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            let name = last.ident.to_string();
            ENDINGS.iter().any(|ending| name.ends_with(ending))
        }),
        _ => false,
    }
}

/// An `async fn` that returns `!`, of which stable Rust cannot write the type.
fn in_endless_block(
    krate: &TokenStream,
    span: &FunctionSpan,
    bindings: &[Binding],
    body: &Group,
) -> TokenStream {
    let start = begin(krate, &span.spec, Begin::Start);
    let block = async_block(&take_over(bindings), &within_rebound(bindings, body));
    hygienic! {
        #krate::__private::endless(#krate::__private::future(
            #start,
            #block,
            #krate::__private::ByNothing,
        ).await)
    }
}

/// The body as the argument of a function that takes what is expected of it: an `async` block
/// does not tell its tail.
fn as_expected(expected: &Expected, body: &Group) -> Group {
    let Expected {
        parameters,
        returned,
        arguments,
    } = expected;
    // In parentheses of ours, as rustc would find the braces around an argument unnecessary.
    let passed = hygienic! {
        fn __expected<#(#parameters),*>(value: #returned) -> #returned {
            value
        }
        __expected::<#(#arguments),*>((#body))
    };
    braced_like(body, passed)
}
