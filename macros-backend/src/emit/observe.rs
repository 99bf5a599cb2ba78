//! Who is asked what the result says of the span.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Expr, Type, TypeInfer};

use super::start::record;
use crate::args::OnResult;
use crate::model::{Observe, SpanKind, SpanSpec, SpanSubject, says_nothing};

/// The runtime's function and whom it asks: an observer, which costs whoever compiles it less
/// than a closure, or with `_with` behind its name a closure.
///
/// ```text
/// In:  #[traced] fn f() -> Result<A, B>
/// Out: run, ::traced::__private::observer!(Result<A, B>)
///
/// In:  #[traced(on_ok(|rows| count = rows.len()))] fn f() -> Result<A, B>
/// Out: run_with, |__out| { .. }
/// ```
pub(crate) fn asking(
    krate: &TokenStream,
    span: &SpanSpec,
    function: &str,
    returned: &Type,
) -> (TokenStream, TokenStream) {
    let (name, asked) = match typed_observer(krate, span, returned) {
        Some(observer) => (function.to_owned(), observer),
        None => (format!("{function}_with"), observer(krate, span)),
    };
    let name = Ident::new(&name, Span::mixed_site());
    (hygienic!(#krate::__private::#name), asked)
}

/// The observer of this type, where that is all there is to ask.
fn typed_observer(krate: &TokenStream, span: &SpanSpec, returned: &Type) -> Option<TokenStream> {
    if looks_at_value(span) {
        return None;
    }
    match &span.observe {
        Observe::Nothing => Some(hygienic!(#krate::__private::ByNothing)),
        Observe::Errors if says_nothing(returned) => Some(hygienic!(#krate::__private::ByNothing)),
        Observe::Errors if is_written(returned) && !is_inferred(span) => {
            let kind = kind_that_tells(span).map(|kind| hygienic!(, #kind));
            Some(hygienic!(#krate::__private::observer!(#returned #kind)))
        }
        _ => None,
    }
}

/// Whether the type says all, and has no `_` in place of what is opaque.
fn is_written(ty: &Type) -> bool {
    struct Open(bool);

    impl Visit<'_> for Open {
        fn visit_type_infer(&mut self, _: &TypeInfer) {
            self.0 = true;
        }
    }

    let mut open = Open(false);
    open.visit_type(ty);
    !open.0
}

/// ```text
/// In:  #[traced(on_ok(|rows| count = rows.len()))]
/// Out: |__out| {
///          if let Some(rows) = ok_of!(__out) {
///              record(&mut |__attributes| __attributes.value("count", &(rows.len())));
///          }
///          ::traced::__private::observe!(__out)
///      }
/// ```
pub(crate) fn observer(krate: &TokenStream, span: &SpanSpec) -> TokenStream {
    let private = hygienic!(#krate::__private);
    let out = hygienic!(__out);
    let kind = kind_that_tells(span).map(|kind| hygienic!(, #kind));
    let failure = match &span.observe {
        Observe::Nothing => hygienic!(::core::option::Option::None),
        Observe::Errors if is_inferred(span) => hygienic!(#private::observe_inferred!(#out)),
        Observe::Errors => hygienic!(#private::observe!(#out #kind)),
        Observe::ErrorsIf(predicate) if is_inferred(span) => {
            quote_spanned!(predicate.span()=> #private::observe_inferred!(#out, #predicate))
        }
        Observe::ErrorsIf(predicate) => {
            let place = predicate.span();
            let asked = hygienic!(#private::is_error);
            let (asked, out) = (located_at(place, &asked), located_at(place, &out));
            let fails = quote_spanned!(place=> #asked(#out, #predicate));
            hygienic! {
                if #fails {
                    #private::observe!(#out #kind)
                } else {
                    #private::observe_ok!(#out #kind)
                }
            }
        }
    };
    let failure = match &span.fail_if {
        None => failure,
        Some(predicate) => or_failed_value(krate, span, &failure, predicate, &out),
    };
    let on_ok = span
        .on_ok
        .as_ref()
        .map(|list| attributes_of_result(krate, list, &hygienic!(#private::ok_of!(#out))));
    let on_err = span.on_err.as_ref().map(|list| {
        let place = list.pattern.span();
        let asked = hygienic!(#private::err_of);
        let (asked, out) = (located_at(place, &asked), located_at(place, &out));
        let error = quote_spanned!(place=> #asked(#out));
        attributes_of_result(krate, list, &error)
    });
    match (&span.observe, &on_ok, &on_err) {
        (Observe::Nothing, None, None) if span.fail_if.is_none() => hygienic!(|_| #failure),
        (_, None, None) => hygienic!(|#out| #failure),
        _ => hygienic!(|#out| { #on_ok #on_err #failure }),
    }
}

/// ```text
/// In:  #[traced(fail_if = |answer| answer.status >= 500)]
/// Out: match observe!(__out) {
///          None => failed_value(ok_of!(__out), |answer| answer.status >= 500),
///          failure => failure,
///      }
/// ```
fn or_failed_value(
    krate: &TokenStream,
    span: &SpanSpec,
    failure: &TokenStream,
    predicate: &Expr,
    out: &TokenStream,
) -> TokenStream {
    let private = hygienic!(#krate::__private);
    let on_ok = span.on_ok.iter().flat_map(|list| &list.entries);
    let asked = match on_ok
        .into_iter()
        .any(|entry| entry.key.name == "error.type")
    {
        true => hygienic!(#private::failed_described_value),
        false => hygienic!(#private::failed_value),
    };
    let place = predicate.span();
    let asked = located_at(place, &asked);
    let value = hygienic!(#private::ok_of!(#out));
    let failed = quote_spanned!(place=> #asked(#value, #predicate));
    match &span.observe {
        Observe::Nothing => failed,
        _ => hygienic! {
            match #failure {
                ::core::option::Option::None => #failed,
                __failure => __failure,
            }
        },
    }
}

fn attributes_of_result(krate: &TokenStream, list: &OnResult, value: &TokenStream) -> TokenStream {
    let OnResult {
        pattern,
        ty,
        entries,
    } = list;
    let attributes = hygienic!(__attributes);
    let recorded = entries.iter().map(|entry| record(entry, &attributes));
    let record = hygienic!(#krate::__private::record(&mut |#attributes| { #(#recorded)* }););
    let some = hygienic!(::core::option::Option::Some);
    match ty {
        None => hygienic!(if let #some(#pattern) = #value { #record }),
        // A pattern in `Some(..)` has no type.
        Some(ty) => hygienic! {
            if let #some(__value) = #value {
                let #pattern: #ty = __value;
                #record
            }
        },
    }
}

/// What is ours at a place of the user's, for what rustc says of its type.
pub(crate) fn located_at(place: Span, ours: &TokenStream) -> TokenStream {
    let moved = ours.clone().into_iter().map(|mut token| {
        token.set_span(token.span().located_at(place));
        token
    });
    moved.collect()
}

/// The runtime's names for what asks a future, or a stream.
pub(crate) struct Asking {
    /// The macro that finds the observer.
    observer_of: &'static str,
    /// The function that makes an observer of a closure.
    called: &'static str,
    /// The function that says what it gives.
    gives: &'static str,
}

/// A future is asked for its output.
pub(crate) const OF_FUTURE: Asking = Asking {
    observer_of: "observer_of",
    called: "called",
    gives: "outputs",
};

/// A stream is asked for each item.
pub(crate) const OF_STREAM: Asking = Asking {
    observer_of: "observer_of_items",
    called: "called_items",
    gives: "yields",
};

/// The observer of a future or a stream that leaves the function, which must name nothing
/// of it: a closure would make it live no longer than the function's generics.
///
/// ```text
/// In:  #[traced] fn f() -> impl Future<Output = Result<A, B>>
/// Out: ::traced::__private::observer!(Result<A, B>)
/// ```
///
/// Where the type does not say all, the future is asked, `observer_of!(&__future)`, after
/// `outputs::<Result<_, B>>(&__future)`: only where the function returns would rustc know even
/// that much of an `impl Future` else.
pub(crate) fn observer_of(
    krate: &TokenStream,
    span: &SpanSpec,
    asking: &Asking,
    asked: &TokenStream,
    given: Option<&Type>,
) -> TokenStream {
    let Some(given) = given else {
        return observer_by_asking(krate, span, asking, asked);
    };
    typed_observer(krate, span, given).unwrap_or_else(|| {
        let observer = observer_by_asking(krate, span, asking, asked);
        let gives = Ident::new(asking.gives, Span::mixed_site());
        hygienic!({ #krate::__private::#gives::<#given>(&#asked); #observer })
    })
}

fn observer_by_asking(
    krate: &TokenStream,
    span: &SpanSpec,
    asking: &Asking,
    asked: &TokenStream,
) -> TokenStream {
    let private = hygienic!(#krate::__private);
    match &span.observe {
        Observe::Errors | Observe::Nothing if looks_at_value(span) => {}
        Observe::Nothing => return hygienic!(#private::ByNothing),
        Observe::Errors if is_inferred(span) => {
            return hygienic!(#private::observer_inferred!(&#asked));
        }
        Observe::Errors => {
            let kind = kind_that_tells(span).map(|kind| hygienic!(, #kind));
            let observer_of = Ident::new(asking.observer_of, Span::mixed_site());
            return hygienic!(#private::#observer_of!(&#asked #kind));
        }
        Observe::ErrorsIf(_) => {}
    }
    let closure = observer(krate, span);
    let called = Ident::new(asking.called, Span::mixed_site());
    hygienic!(#private::#called(&#asked, #closure))
}

/// Whether an argument looks at the value itself, which takes a closure.
fn looks_at_value(span: &SpanSpec) -> bool {
    span.on_ok.is_some() || span.on_err.is_some() || span.fail_if.is_some()
}

/// Whether nobody wrote the type of what is observed: it is no function's result, but that of an
/// expression in it, and nothing says that it is an answer.
fn is_inferred(span: &SpanSpec) -> bool {
    matches!(span.subject, SpanSubject::Expression) && kind_that_tells(span).is_none()
}

/// The span's kind, where the same answer is a failure of one and not of the other: on a
/// server that gave it and on the client that got it.
pub(crate) fn kind_that_tells(span: &SpanSpec) -> Option<Ident> {
    let tells = matches!(span.kind, SpanKind::Server | SpanKind::Client);
    tells.then(|| Ident::new(span.kind.variant(), Span::mixed_site()))
}
