//! Wraps the future or the stream that a function returns, so that the span lasts until the future or the
//! stream ends.

use proc_macro2::{Delimiter, Group, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, ExprAsync, Stmt, Type};

use super::blocks::{closure, handoff, pin_output, preceded};
use super::captured::{captures_all, mention_moved};
use crate::emit::{Begin, FUTURE, STREAM, begin, observer_of};
use crate::model::{Binding, FunctionSpan, ReturnedFuture, ReturnedStream};
use crate::syntax::expressions::is_path_to;

/// A function that returns a future.
///
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
    span: &FunctionSpan,
    bindings: &[Binding],
    body: &Group,
    future: &ReturnedFuture,
) -> TokenStream {
    let enter = begin(krate, &span.spec, Begin::Enter);
    let output = future.output.as_ref();
    let observer = observer_of(krate, &span.spec, &FUTURE, &hygienic!(__future), output);
    let returned = &future.returned;
    let closure = closure(bindings, body);
    let (observed, traced) = match future.fused {
        true => {
            let fused = hygienic!(#krate::__private::traced_fused_future!);
            (
                TokenStream::new(),
                hygienic!(#fused(__span, __future, #observer)),
            )
        }
        false => {
            let traced = hygienic!(#krate::__private::future(__span, __future, __observer));
            (hygienic!(let __observer = #observer;), traced)
        }
    };
    let traced = match future.boxed {
        true => hygienic!(::std::boxed::Box::pin(#traced)),
        false => traced,
    };
    hygienic! {
        let (__span, __future) = #krate::__private::built::<#returned, _>(#enter, #closure);
        #observed
        return #traced
    }
}

/// A function that returns a stream.
///
/// ```text
/// In:  fn f(a: A) -> BoxStream<'static, R> { body }
/// Out: fn f(a: A) -> BoxStream<'static, R> {
///          let (__span, __stream) = built::<BoxStream<'static, R>, _>(enter, move || { .. });
///          Box::pin(traced_stream!(__span, __stream, observer!(R)))
///      }
/// ```
pub(super) fn around_stream(
    krate: &TokenStream,
    span: &FunctionSpan,
    bindings: &[Binding],
    body: &Group,
    stream: &ReturnedStream,
) -> TokenStream {
    let enter = begin(krate, &span.spec, Begin::Enter);
    let returned = &stream.returned;
    let closure = closure(bindings, body);
    let item = stream.item.as_ref();
    let observer = observer_of(krate, &span.spec, &STREAM, &hygienic!(__stream), item);
    let traced = hygienic!(#krate::__private::traced_stream!(__span, __stream, #observer));
    let traced = match stream.boxed {
        true => hygienic!(::std::boxed::Box::pin(#traced)),
        false => traced,
    };
    hygienic! {
        let (__span, __stream) = #krate::__private::built::<#returned, _>(#enter, #closure);
        return #traced
    }
}

/// The parts of a body that only makes an `async` block.
pub(super) struct NothingButAsync<'f> {
    /// The items before the block.
    items: Vec<Stmt>,
    /// The path `Box::pin`, if the block is passed to it.
    pin: Option<Expr>,
    block: ExprAsync,
    output: &'f Type,
}

/// A function that only makes an `async` block.
///
/// ```text
/// In:  fn f(a: A) -> Pin<Box<dyn Future<Output = R>>> { Box::pin(async move { body }) }
/// Out: fn f(a: A) -> Pin<Box<dyn Future<Output = R>>> {
///          let __future = async move { if false { return Returns::<R>::never(); } body };
///          let __observer = observer!(R);
///          Box::pin(future(defer, __future, __observer))
///      }
/// ```
///
/// Such a function is equivalent to an `async fn`, from which async-trait generates it. Therefore its span also
/// starts at the first poll.
///
/// `lazy(..)` may mention parameters after the span has started. If the block captures them as a whole, it
/// starts the span itself and hands it to the future around it, as in an `async fn`. If not, the span starts at
/// the call.
pub(super) fn around_async_block(
    krate: &TokenStream,
    span: &FunctionSpan,
    bindings: &[Binding],
    parts: NothingButAsync<'_>,
) -> TokenStream {
    let NothingButAsync {
        items,
        pin,
        block,
        output,
    } = parts;
    let observer = observer_of(
        krate,
        &span.spec,
        &FUTURE,
        &hygienic!(__future),
        Some(output),
    );
    // The type of the output must not see the items, so it is written before them.
    let (returns, mut ours) = match items.is_empty() {
        true => (None, pin_output(krate, output)),
        false => {
            let returns =
                hygienic!(let __returns = #krate::__private::Returns::<#output>::written(););
            (Some(returns), pin_output_outside(krate))
        }
    };
    let block_starts_span = items.is_empty() && captures_all(&block, &span.recorded_params);
    let defer = match !span.spec.lazy.is_empty() && block_starts_span {
        false => begin(krate, &span.spec, Begin::Defer),
        true => {
            ours.extend(mention_moved(&block, bindings));
            ours.extend(handoff(krate, &begin(krate, &span.spec, Begin::Start)));
            hygienic!(#krate::__private::SpanFromInner)
        }
    };
    let block = preceded_in(block, &ours);
    let future = hygienic!(#krate::__private::future(__start, __future, __observer));
    let future = match pin {
        Some(pin) => hygienic!(#pin(#future)),
        None => future,
    };
    let block = match items.is_empty() {
        true => block,
        false => hygienic!({ #(#items)* #block }),
    };
    hygienic! {
        let __start = #defer;
        #returns
        let __future = #block;
        let __observer = #observer;
        return #future
    }
}

/// Like [`pin_output`], for a type that is written outside the block, in the local `__returns`. The block captures
/// the local by value, because the block outlives the function.
fn pin_output_outside(krate: &TokenStream) -> TokenStream {
    hygienic!(if false {
        let __returns = __returns;
        return #krate::__private::Returns::value(&__returns);
    })
}

/// An `async` block with generated statements before its own.
fn preceded_in(mut block: ExprAsync, ours: &TokenStream) -> TokenStream {
    let statements = std::mem::take(&mut block.block.stmts);
    let mut body = Group::new(Delimiter::Brace, quote!(#(#statements)*));
    body.set_span(block.block.brace_token.span.join());
    let body = preceded(ours, &body).stream();
    block.block.stmts = vec![Stmt::Expr(Expr::Verbatim(body), None)];
    block.into_token_stream()
}

/// The parts of the body, if it only makes an `async` block.
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
        Expr::Call(mut call) if is_path_to(&call.func, "Box", &["pin"]) && call.args.len() == 1 => {
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
