//! The body, wrapped: in a closure, in an `async` block, or beside a guard.

use proc_macro2::{Group, Span as Place, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Type;
use syn::spanned::Spanned;

use super::in_place::{Exits, observe_exits};
use super::items::{declares_items, hoist_items};
use super::returned::{around_async_block, around_future, around_stream, nothing_but_async};
use crate::emit::{Begin, asking, begin, kind_that_tells};
use crate::model::{Binding, Exit, Observe, Shape, Span};
use crate::syntax::groups::braced_like;

/// The new content of the function's braces.
///
/// It ends in a `return`, as some teams want every function to (Clippy's
/// `implicit_return`), and nobody minds one that a macro wrote.
pub(crate) fn wrap(
    krate: &TokenStream,
    span: &Span,
    bindings: &[Binding],
    body: &Group,
) -> TokenStream {
    // In an `async fn` they are under a `{{closure}}` anyway.
    let (items, body) = &match span.shape {
        Shape::Async(_) | Shape::AsyncNever => (TokenStream::new(), body.clone()),
        _ => hoist_items(body),
    };
    let wrapped = wrap_statements(krate, span, bindings, body);
    hygienic!(#items #wrapped)
}

fn wrap_statements(
    krate: &TokenStream,
    span: &Span,
    bindings: &[Binding],
    body: &Group,
) -> TokenStream {
    match &span.shape {
        Shape::Closure(returned) => in_closure(krate, span, bindings, body, returned),
        Shape::Guarded => beside_guard(krate, span, body),
        Shape::Observed(exit) => in_place(krate, span, body, exit),
        Shape::Async(output) => in_async_block(krate, span, bindings, body, output),
        Shape::AsyncNever => in_endless_block(krate, span, bindings, body),
        Shape::Future(future) => match nothing_but_async(body, future) {
            Some(parts) if span.can_wait() => around_async_block(krate, span, bindings, parts),
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
    span: &Span,
    bindings: &[Binding],
    body: &Group,
    returned: &Type,
) -> TokenStream {
    let enter = begin(krate, span, Begin::Enter);
    let (run, observer) = asking(krate, span, "run", returned);
    let body = preceded(&take_over(bindings), body);
    let closure = quote_spanned!(body.span()=> move || #body);
    hygienic!(return #run::<#returned, _, _>(#enter, #closure, #observer))
}

/// ```text
/// In:  fn f() -> impl Fn() { body }
/// Out: fn f() -> impl Fn() { let __guard = enter.until_dropped(); { body } }
/// ```
fn beside_guard(krate: &TokenStream, span: &Span, body: &Group) -> TokenStream {
    let enter = begin(krate, span, Begin::Enter);
    let body = body.stream();
    hygienic!(let __guard = #enter.until_dropped(); #body)
}

/// ```text
/// In:  #[track_caller] fn f() -> R { g()? }
/// Out: #[track_caller] fn f() -> R {
///          let __guard = enter.observing();
///          { see!(__guard, g())? }
///      }
/// ```
fn in_place(krate: &TokenStream, span: &Span, body: &Group, exit: &Exit) -> TokenStream {
    let enter = begin(krate, span, Begin::Enter);
    let guard = hygienic!(__guard);
    let kind = kind_that_tells(span).map(|kind| hygienic!(as #kind));
    let exits = |guard, question_marks| Exits {
        krate,
        guard,
        exit,
        question_marks,
    };
    let body = match &span.observe {
        Observe::Nothing => body.stream(),
        Observe::Errors => observe_exits(exits(hygienic!(#guard #kind), true), body),
        // A `?` has the error before its conversion, which the predicate does not take.
        Observe::ErrorsIf(predicate) => {
            observe_exits(exits(hygienic!(#guard #kind if #predicate), false), body)
        }
    };
    hygienic!(let #guard = #enter.until_dropped(); #body)
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
///     Expected,
///     async move {
///         { let _ = (&b, &a); }
///         let __handed = hand_over(start);
///         __handed.await;
///         body
///     },
///     observer,
/// ).await
/// ```
fn in_async_block(
    krate: &TokenStream,
    span: &Span,
    bindings: &[Binding],
    body: &Group,
    output: &Type,
) -> TokenStream {
    let start = begin(krate, span, Begin::Start);
    let pin = pin_output(krate, output);
    let (start, taken) = match span.looks_at_parameters() {
        false => (start, take_over(bindings)),
        true => {
            let (mentioned, rebound) = (mention(bindings), rebind(bindings));
            let handed = hand_over(krate, &start);
            let taken = hygienic!(#mentioned #handed #rebound);
            (hygienic!(#krate::__private::Expected), taken)
        }
    };
    let block = async_block(&hygienic!(#pin #taken), body);
    let (named, block) = match may_be_a_future(output) {
        true => {
            let allow = hygienic!(#[allow(clippy::async_yields_async)]);
            (hygienic!(#allow let __body = #block;), hygienic!(__body))
        }
        false => (TokenStream::new(), block),
    };
    let (future, observer) = asking(krate, span, "future", output);
    hygienic!(#named return #future(#start, #block, #observer).await)
}

/// What an `async` block that starts the span begins with: in a statement of its own, so that
/// no borrow lives on over the `.await`.
pub(super) fn hand_over(krate: &TokenStream, start: &TokenStream) -> TokenStream {
    hygienic!(let __handed = #krate::__private::hand_over(#start); __handed.await;)
}

/// The body in an `async` block, which counts as written by the user, so that
/// rustc calls the parameters in it by their names.
fn async_block(ours: &TokenStream, body: &Group) -> TokenStream {
    let block = preceded(ours, body);
    quote_spanned!(body.span()=> async move #block)
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
    span: &Span,
    bindings: &[Binding],
    body: &Group,
) -> TokenStream {
    let start = begin(krate, span, Begin::Start);
    let block = async_block(&take_over(bindings), body);
    hygienic! {
        #krate::__private::endless(#krate::__private::future(
            #start,
            #block,
            #krate::__private::ByNothing,
        ).await)
    }
}

/// Makes the closure or block take over the parameters as the function had them.
///
/// They are dropped in the order in which they are captured, and captured in
/// the order in which they are mentioned: so the last one is mentioned first.
/// Those whose drop nothing can see, references for one, need no mention. A parameter that
/// the body may point at one of its own locals is bound again.
pub(super) fn take_over(bindings: &[Binding]) -> TokenStream {
    let (mentioned, rebound) = (mention(bindings), rebind(bindings));
    hygienic!(#mentioned #rebound)
}

fn rebind(bindings: &[Binding]) -> TokenStream {
    let rebound = bindings.iter().filter(|binding| binding.rebind);
    rebound.map(bind_again).collect()
}

fn mention(bindings: &[Binding]) -> TokenStream {
    mention_each(bindings.iter().rev().filter(|binding| binding.may_drop))
}

pub(super) fn mention_each<'b>(bindings: impl Iterator<Item = &'b Binding>) -> TokenStream {
    let each = bindings.map(|binding| {
        let Binding {
            ident, conditions, ..
        } = binding;
        hygienic!(#(#conditions)* &#ident,)
    });
    let each: TokenStream = each.collect();
    match each.is_empty() {
        true => TokenStream::new(),
        false => hygienic!({ let _ = (#each); }),
    }
}

/// The user's block with statements of ours before its own.
///
/// Within the same braces, as rustc warns of a block that holds nothing but a
/// block; except before an item, where Clippy wants no statement.
pub(super) fn preceded(ours: &TokenStream, body: &Group) -> Group {
    let theirs = match body.stream() {
        stream if ours.is_empty() || !declares_items(&stream) => stream,
        _ => body.to_token_stream(),
    };
    braced_like(body, hygienic!(#ours #theirs))
}

/// The same tokens, all of them at one place.
fn placed(tokens: TokenStream, place: Place) -> TokenStream {
    let placed = tokens.into_iter().map(|mut token| {
        token.set_span(place);
        token
    });
    placed.collect()
}

fn bind_again(binding: &Binding) -> TokenStream {
    let Binding {
        ident, conditions, ..
    } = binding;
    hygienic!(#(#conditions)* let mut #ident = #ident;)
}

/// A `return` that never runs, and tells rustc the output of an `async` block.
pub(super) fn pin_output(krate: &TokenStream, output: &Type) -> TokenStream {
    let never = placed(hygienic!(#krate::__private::never), output.span());
    quote_spanned!(output.span()=> if false { return #never::<#output>(); })
}
