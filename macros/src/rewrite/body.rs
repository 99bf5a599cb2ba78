//! The body, wrapped: in a closure, in an `async` block, or beside a guard.

use proc_macro2::{Group, Ident, Span as Place, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Block, Expr, ExprAsync, Item, Stmt, Type};

use super::braced_like;
use super::in_place::{Exits, observe_exits};
use super::outcome::{observer, observer_of};
use super::span::{Begin, begin};
use crate::model::{Binding, Exit, Observe, ReturnedFuture, ReturnedStream, Shape, Span};

/// The new content of the function's braces.
///
/// It ends in a `return`, as some teams want every function to (Clippy's
/// `implicit_return`), and nobody minds one that a macro wrote.
pub(super) fn wrap(
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

/// Takes the items out of a body: in a closure, they would be called
/// `f::{{closure}}::Item`, which a program can see (`type_name`, a log's target).
fn hoist_items(body: &Group) -> (TokenStream, Group) {
    let block = || syn::parse2::<Block>(body.to_token_stream()).ok();
    let Some(block) = declares_items(&body.stream()).then(block).flatten() else {
        return (TokenStream::new(), body.clone());
    };
    let is_item = |statement: &Stmt| matches!(statement, Stmt::Item(_));
    // A `macro_rules!` is in force from where it stands, and what another macro
    // makes (`thread_local!`, `pin_project!`) the items may need beside them.
    let is_macro = |statement: &Stmt| match statement {
        Stmt::Item(item) => matches!(item, Item::Macro(_)),
        Stmt::Macro(call) => !makes_no_items(&call.mac.path),
        _ => false,
    };
    if block.stmts.iter().any(is_macro) {
        return (TokenStream::new(), body.clone());
    }
    let (items, others): (Vec<Stmt>, Vec<Stmt>) = block.stmts.into_iter().partition(is_item);
    (
        hygienic!(#(#items)*),
        braced_like(body, hygienic!(#(#others)*)),
    )
}

/// A macro of the standard library that is an expression.
fn makes_no_items(path: &syn::Path) -> bool {
    const EXPRESSIONS: &[&str] = &[
        "assert",
        "assert_eq",
        "assert_ne",
        "dbg",
        "debug_assert",
        "debug_assert_eq",
        "debug_assert_ne",
        "eprint",
        "eprintln",
        "format",
        "matches",
        "panic",
        "print",
        "println",
        "todo",
        "unimplemented",
        "unreachable",
        "vec",
        "write",
        "writeln",
    ];
    path.segments
        .last()
        .is_some_and(|last| EXPRESSIONS.iter().any(|name| last.ident == name))
}

fn declares_items(body: &TokenStream) -> bool {
    const ITEMS: &[&str] = &[
        "const",
        "enum",
        "extern",
        "fn",
        "impl",
        "macro_rules",
        "mod",
        "static",
        "struct",
        "trait",
        "type",
        "union",
        "use",
    ];
    body.clone().into_iter().any(|token| match token {
        TokenTree::Ident(word) => ITEMS.iter().any(|item| word == item),
        _ => false,
    })
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
            Some(parts) if span.can_wait() => around_async_block(krate, span, parts),
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
    let observer = observer(krate, span);
    let body = preceded(&take_over(bindings), body);
    let closure = quote_spanned!(body.span()=> move || #body);
    hygienic!(return #krate::__private::run::<#returned, _, _>(#enter, #closure, #observer))
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
    let exits = |guard, question_marks| Exits {
        krate,
        guard,
        exit,
        question_marks,
    };
    let body = match &span.observe {
        Observe::Nothing => body.stream(),
        Observe::Errors => observe_exits(exits(guard.clone(), true), body),
        // A `?` has the error before its conversion, which the predicate does not take.
        Observe::ErrorsIf(predicate) => {
            observe_exits(exits(hygienic!(#guard if #predicate), false), body)
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
/// With arguments that look at the parameters, the start and the block stand in
/// a closure that holds the parameters until the first poll:
/// `prepared(move || { { let _ = (&b, &a); } (start, async move { .. }) }, observer).await`.
fn in_async_block(
    krate: &TokenStream,
    span: &Span,
    bindings: &[Binding],
    body: &Group,
    output: &Type,
) -> TokenStream {
    let start = begin(krate, span, Begin::Start);
    let observer = observer(krate, span);
    let taken = take_over(bindings);
    let pin = pin_output(krate, output);
    let block = async_block(&hygienic!(#pin #taken), body);
    let (named, block) = match may_be_a_future(output) {
        true => {
            let allow = hygienic!(#[allow(clippy::async_yields_async)]);
            (hygienic!(#allow let __body = #block;), hygienic!(__body))
        }
        false => (TokenStream::new(), block),
    };
    if span.looks_at_parameters() {
        let mentioned = mention(bindings);
        return hygienic! {
            return #krate::__private::prepared(
                move || { #mentioned let __span = #start; #named (__span, #block) },
                #observer,
            ).await
        };
    }
    hygienic!(#named return #krate::__private::future(#start, #block, #observer).await)
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
            |_| ::core::option::Option::None,
        ).await)
    }
}

/// ```text
/// In:  fn f(a: A) -> Pin<Box<dyn Future<Output = R>>> { body }
/// Out: fn f(a: A) -> Pin<Box<dyn Future<Output = R>>> {
///          let (__span, __future) = built::<Pin<Box<dyn Future<Output = R>>>, _>(
///              enter,
///              move || { { let _ = (&a,); } body },
///          );
///          let __observer = observer_of!(&__future);
///          Box::pin(resumed(__span, __future, __observer))
///      }
/// ```
fn around_future(
    krate: &TokenStream,
    span: &Span,
    bindings: &[Binding],
    body: &Group,
    future: &ReturnedFuture,
) -> TokenStream {
    let enter = begin(krate, span, Begin::Enter);
    let observer = observer_of(krate, span, &hygienic!(__future));
    let body = preceded(&take_over(bindings), body);
    let returned = &future.returned;
    let closure = quote_spanned!(body.span()=> move || #body);
    let traced = hygienic!(#krate::__private::resumed(__span, __future, __observer));
    let traced = match future.boxed {
        true => hygienic!(::std::boxed::Box::pin(#traced)),
        false => traced,
    };
    hygienic! {
        let (__span, __future) = #krate::__private::built::<#returned, _>(#enter, #closure);
        let __observer = #observer;
        return #traced
    }
}

/// ```text
/// In:  fn f(a: A) -> BoxStream<'static, R> { body }
/// Out: fn f(a: A) -> BoxStream<'static, R> {
///          let (__span, __stream) = built::<BoxStream<'static, R>, _>(enter, move || { .. });
///          Box::pin(traced_stream!(__span, __stream))
///      }
/// ```
fn around_stream(
    krate: &TokenStream,
    span: &Span,
    bindings: &[Binding],
    body: &Group,
    stream: &ReturnedStream,
) -> TokenStream {
    let enter = begin(krate, span, Begin::Enter);
    let body = preceded(&take_over(bindings), body);
    let returned = &stream.returned;
    let closure = quote_spanned!(body.span()=> move || #body);
    let traced = hygienic!(#krate::__private::traced_stream!(__span, __stream));
    let traced = match stream.boxed {
        true => hygienic!(::std::boxed::Box::pin(#traced)),
        false => traced,
    };
    hygienic! {
        let (__span, __stream) = #krate::__private::built::<#returned, _>(#enter, #closure);
        return #traced
    }
}

/// The parts of a body that does nothing but make an `async` block.
struct NothingButAsync<'f> {
    /// Items before it.
    items: Vec<Stmt>,
    /// `Box::pin`, if it is called.
    pin: Option<Expr>,
    block: ExprAsync,
    output: &'f Type,
}

/// ```text
/// In:  fn f(a: A) -> Pin<Box<dyn Future<Output = R>>> { Box::pin(async move { body }) }
/// Out: fn f(a: A) -> Pin<Box<dyn Future<Output = R>>> {
///          let __future = async move { if false { return never::<R>(); } body };
///          let __observer = observer_of!(&__future);
///          Box::pin(deferred(defer, __future, __observer))
///      }
/// ```
///
/// Such a function is an `async fn` in another dress (it is what async-trait
/// writes), so like one it starts its span at the first poll.
fn around_async_block(krate: &TokenStream, span: &Span, parts: NothingButAsync<'_>) -> TokenStream {
    let defer = begin(krate, span, Begin::Defer);
    let observer = observer_of(krate, span, &hygienic!(__future));
    let NothingButAsync {
        items,
        pin,
        mut block,
        output,
    } = parts;
    let pinned = Expr::Verbatim(pin_output(krate, output));
    block.block.stmts.insert(0, Stmt::Expr(pinned, None));
    let future = hygienic!(#krate::__private::deferred(__defer, __future, __observer));
    let future = match pin {
        Some(pin) => hygienic!(#pin(#future)),
        None => future,
    };
    hygienic! {
        #(#items)*
        let __defer = #defer;
        let __future = #block;
        let __observer = #observer;
        return #future
    }
}

/// A `return` that never runs, and tells rustc the output of an `async` block.
fn pin_output(krate: &TokenStream, output: &Type) -> TokenStream {
    let never = placed(hygienic!(#krate::__private::never), output.span());
    quote_spanned!(output.span()=> if false { return #never::<#output>(); })
}

fn nothing_but_async<'f>(body: &Group, future: &'f ReturnedFuture) -> Option<NothingButAsync<'f>> {
    let output = future.output.as_ref()?;
    let block: syn::Block = syn::parse2(hygienic!(#body)).ok()?;
    let mut items = block.stmts;
    let Some(Stmt::Expr(tail, None)) = items.pop() else {
        return None;
    };
    let is_item = |statement: &Stmt| matches!(statement, Stmt::Item(_));
    if !items.iter().all(is_item) {
        return None;
    }
    let (pin, tail) = match tail {
        Expr::Call(mut call) if is_box_pin(&call.func) && call.args.len() == 1 => {
            (Some(*call.func), call.args.pop()?)
        }
        tail => (None, tail),
    };
    match tail {
        Expr::Async(block) => Some(NothingButAsync {
            items,
            pin,
            block,
            output,
        }),
        _ => None,
    }
}

fn is_box_pin(function: &Expr) -> bool {
    let Expr::Path(function) = function else {
        return false;
    };
    let mut segments = function.path.segments.iter().rev();
    segments.next().is_some_and(|last| last.ident == "pin")
        && segments.next().is_some_and(|before| before.ident == "Box")
}

/// Makes the closure or block take over the parameters as the function had them.
///
/// They are dropped in the order in which they are captured, and captured in
/// the order in which they are mentioned: so the last one is mentioned first.
/// A parameter that the body may point at one of its own locals is bound again.
fn take_over(bindings: &[Binding]) -> TokenStream {
    if bindings.is_empty() {
        return TokenStream::new();
    }
    let mentioned = mention(bindings);
    let rebound = bindings.iter().filter(|binding| binding.rebind);
    let rebound = rebound.map(|binding| bind_again(&binding.ident));
    hygienic!(#mentioned #(#rebound)*)
}

fn mention(bindings: &[Binding]) -> TokenStream {
    let mentioned = bindings.iter().rev().map(|binding| &binding.ident);
    hygienic!({ let _ = (#(&#mentioned,)*); })
}

/// The user's block with statements of ours before its own.
///
/// Within the same braces, as rustc warns of a block that holds nothing but a
/// block; except before an item, where Clippy wants no statement.
fn preceded(ours: &TokenStream, body: &Group) -> Group {
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

fn bind_again(ident: &Ident) -> TokenStream {
    hygienic!(let mut #ident = #ident;)
}
