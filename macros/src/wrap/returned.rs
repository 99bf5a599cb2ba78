//! Functions that return a future or a stream: the span goes on in what they return.

use proc_macro2::{Group, TokenStream};
use quote::quote_spanned;
use syn::{Expr, ExprAsync, Stmt, Type};

use super::body::{hand_over, pin_output, preceded, take_over};
use super::captured::{captured_as_before, captures_all};
use crate::emit::{Begin, begin, observer_of};
use crate::model::{Binding, ReturnedFuture, ReturnedStream, Span};

/// ```text
/// In:  fn f(a: A) -> Pin<Box<dyn Future<Output = R>>> { body }
/// Out: fn f(a: A) -> Pin<Box<dyn Future<Output = R>>> {
///          let (__span, __future) = built::<Pin<Box<dyn Future<Output = R>>>, _>(
///              enter,
///              move || { { let _ = (&a,); } body },
///          );
///          let __observer = observer!(R);
///          Box::pin(future(__span, __future, __observer))
///      }
/// ```
pub(super) fn around_future(
    krate: &TokenStream,
    span: &Span,
    bindings: &[Binding],
    body: &Group,
    future: &ReturnedFuture,
) -> TokenStream {
    let enter = begin(krate, span, Begin::Enter);
    let observer = observer_of(krate, span, &hygienic!(__future), future.output.as_ref());
    let body = preceded(&take_over(bindings), body);
    let returned = &future.returned;
    let closure = quote_spanned!(body.span()=> move || #body);
    let traced = hygienic!(#krate::__private::future(__span, __future, __observer));
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
pub(super) fn around_stream(
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
pub(super) struct NothingButAsync<'f> {
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
///          let __observer = observer!(R);
///          Box::pin(future(defer, __future, __observer))
///      }
/// ```
///
/// Such a function is an `async fn` in another dress (it is what async-trait
/// writes), so like one it starts its span at the first poll.
///
/// `lazy` waits for the span, and looks at parameters that the block may have by then: if they
/// are the block's, it starts the span and hands it over as the block of an `async fn` does;
/// if not, the span starts at the call.
pub(super) fn around_async_block(
    krate: &TokenStream,
    span: &Span,
    bindings: &[Binding],
    parts: NothingButAsync<'_>,
) -> TokenStream {
    let NothingButAsync {
        items,
        pin,
        mut block,
        output,
    } = parts;
    let observer = observer_of(krate, span, &hygienic!(__future), Some(output));
    let mut ours = pin_output(krate, output);
    let defer = match !span.lazy.is_empty() && captures_all(&block, &span.looked_at) {
        false => begin(krate, span, Begin::Defer),
        true => {
            ours.extend(captured_as_before(&block, bindings));
            ours.extend(hand_over(krate, &begin(krate, span, Begin::Start)));
            hygienic!(#krate::__private::Expected)
        }
    };
    let ours = Stmt::Expr(Expr::Verbatim(ours), None);
    block.block.stmts.insert(0, ours);
    let future = hygienic!(#krate::__private::future(__defer, __future, __observer));
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

pub(super) fn nothing_but_async<'f>(
    body: &Group,
    future: &'f ReturnedFuture,
) -> Option<NothingButAsync<'f>> {
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
