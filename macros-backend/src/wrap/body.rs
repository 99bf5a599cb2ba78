//! Wraps the body of a function: in a closure, in an `async` block, or in place after a guard.

use proc_macro2::{Group, Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::Type;
use syn::spanned::Spanned;

use super::blocks::{async_block, closure, handoff, pin_output, preceded};
use super::in_place::Exits;
use super::parameters::{mention, rebind, take_over, within_rebound};
use super::returned::{around_async_block, around_future, around_stream, nothing_but_async};
use crate::emit::{Begin, begin, deciding_kind, observed_call};
use crate::model::{Binding, Exit, Expected, FunctionSpan, Observe, Output, Shape};
use crate::syntax::groups::braced_like;
use crate::syntax::tokens::located_at;

/// The new content of the function's braces.
///
/// It ends in a `return`, which Clippy's restriction lint `implicit_return` asks for. The opposite lint,
/// `needless_return`, skips generated code.
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
            Some(parts) if span.spec.may_start_at_first_poll() => {
                around_async_block(krate, span, bindings, parts)
            }
            _ => around_future(krate, span, bindings, body, future),
        },
        Shape::Stream(stream) => around_stream(krate, span, bindings, body, stream),
    }
}

/// A body that moves into a closure.
///
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
    let (run, observer) = observed_call(krate, &span.spec, "run", returned);
    let closure = closure(bindings, body);
    hygienic!(return #run::<#returned, _, _>(#enter, #closure, #observer))
}

/// A body that stays in place and whose result is not observed.
///
/// ```text
/// In:  fn f() -> impl Fn() { body }
/// Out: fn f() -> impl Fn() { let __guard = enter.until_dropped(); { body } }
/// ```
fn beside_guard(krate: &TokenStream, span: &FunctionSpan, body: &Group) -> TokenStream {
    let enter = begin(krate, &span.spec, Begin::Enter);
    let body = preceded(&hygienic!(let __guard = #enter.until_dropped();), body);
    body.stream()
}

/// A body that stays in place and whose exits are observed.
///
/// ```text
/// In:  #[track_caller] fn f() -> R { g()? }
/// Out: #[track_caller] fn f() -> R {
///          let __guard = enter.until_dropped();
///          observe_exit!(__guard, g())?
///      }
/// ```
///
/// The types and the predicate are written before the body, so that they do not see its items.
fn in_place(krate: &TokenStream, span: &FunctionSpan, body: &Group, exit: &Exit) -> TokenStream {
    let enter = begin(krate, &span.spec, Begin::Enter);
    let kind = deciding_kind(&span.spec).map(|kind| hygienic!(as #kind));
    let (guard, predicate, question_marks) = match &span.spec.observe {
        Observe::Nothing => return beside_guard(krate, span, body),
        Observe::Errors => (hygienic!(__guard #kind), None, true),
        // The error in the operand of a `?` is not converted yet, and the predicate may not take its type.
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
        hygienic!(let #name = #krate::__private::Returns::<#ty>::written();)
    };
    let predicate = predicate.map(|predicate| {
        let place = predicate.span();
        let predicate_of = located_at(place, &hygienic!(#krate::__private::Returns::predicate));
        let failed = hygienic!(__failed);
        quote_spanned!(place=> #predicate_of(&#failed, #predicate))
    });
    let failed = (exits.failed || predicate.is_some()).then(|| returns("__failed", failed));
    let returned = exits.returned.then(|| returns("__returned", returned));
    let predicate = predicate.map(|predicate| hygienic!(let __predicate = #predicate;));
    let ours = hygienic!(let __guard = #enter.until_dropped(); #failed #returned #predicate);
    preceded(&ours, &body).stream()
}

/// The body of an `async fn`.
///
/// ```text
/// In:  async fn f(a: A, b: B) -> R { body }
/// Out: async fn f(a: A, b: B) -> R {
///          future(
///              start,
///              async move { if false { return Returns::<R>::never(); } { let _ = (&b, &a); } { body } },
///              observer,
///          ).await
///      }
/// ```
///
/// If the arguments mention parameters, the block starts the span and hands it to the future around the block:
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
            let handed = handoff(krate, &start);
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
    let (future, observer) = observed_call(krate, &span.spec, "future", output);
    hygienic!(#named return #future(#start, #block, #observer).await)
}

/// Whether the type may be a future, by its name.
///
/// Clippy reports an `async` block that ends in a future (`async_yields_async`), but not an `async fn`. The
/// `allow` is written only where it may be needed, because it does not compile under a `forbid`.
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

/// The body of an `async fn` that returns `!`. Stable Rust cannot write the type of its output.
fn in_endless_block(
    krate: &TokenStream,
    span: &FunctionSpan,
    bindings: &[Binding],
    body: &Group,
) -> TokenStream {
    let start = begin(krate, &span.spec, Begin::Start);
    let block = async_block(&take_over(bindings), &within_rebound(bindings, body));
    hygienic! {
        #krate::__private::Returns::endless(#krate::__private::future(
            #start,
            #block,
            #krate::__private::ByNothing,
        ).await)
    }
}

/// The body as the argument of a function whose parameter has the expected type: see [`Expected`].
fn as_expected(expected: &Expected, body: &Group) -> Group {
    let Expected {
        parameters,
        returned,
        arguments,
    } = expected;
    // In parentheses, because rustc reports braces around an argument as unused.
    let passed = hygienic! {
        fn __expected<#(#parameters),*>(value: #returned) -> #returned {
            value
        }
        __expected::<#(#arguments),*>((#body))
    };
    braced_like(body, passed)
}
