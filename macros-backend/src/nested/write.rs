//! Writes an annotated expression in its span.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, ExprAsync, ExprClosure};

use crate::emit::{Begin, FUTURE, begin, observer, observer_of};
use crate::model::SpanSpec;
use crate::wrap::InSpan;

pub(super) fn in_span<'a>(krate: &'a TokenStream, span: &SpanSpec) -> InSpan<'a> {
    InSpan {
        krate,
        started: begin(krate, span, Begin::Start),
        entered: begin(krate, span, Begin::Enter),
        observer: observer(krate, span),
    }
}

/// An `async` block starts its span when it is polled.
pub(super) fn around_async(krate: &TokenStream, span: &SpanSpec, block: &ExprAsync) -> TokenStream {
    let defer = begin(krate, span, Begin::Defer);
    let observer = observer_of(krate, span, &FUTURE, &hygienic!(__future), None);
    hygienic! {{
        let __start = #defer;
        let __future = #block;
        let __observer = #observer;
        #krate::__private::future(__start, __future, __observer)
    }}
}

/// Gives each call of a closure a span. If the closure only makes a future, the span lasts until the future is
/// ready.
pub(super) fn around_closure(
    krate: &TokenStream,
    span: &SpanSpec,
    closure: &ExprClosure,
) -> TokenStream {
    let mut closure = closure.clone();
    let in_span = in_span(krate, span);
    let body = match (closure.asyncness, &*closure.body) {
        (Some(_), body) => in_span.around_async_body(&closure.output, body),
        (None, Expr::Async(block)) => around_async(krate, span, block),
        (None, body) => in_span.around_body(body),
    };
    *closure.body = Expr::Verbatim(body);
    closure.to_token_stream()
}

/// Parses the generated code, so that the visitor of an outer expression can look inside.
pub(super) fn parsed(written: TokenStream) -> Expr {
    syn::parse2(written.clone()).unwrap_or(Expr::Verbatim(written))
}
