//! The observer of a result: a value or a closure that finds out whether the result fails the span.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::{Expr, Type, TypeInfer};

use super::start::record;
use crate::args::OnResult;
use crate::model::{Observe, SpanKind, SpanSpec, SpanSubject, cannot_fail};
use crate::syntax::tokens::located_at;

/// The function of the runtime and its observer. If the type of the result is known, the observer is a
/// value, which compiles faster than a closure. If not, the observer is a closure, and the name of the
/// function ends in `_with`.
///
/// ```text
/// In:  #[traced] fn f() -> Result<A, B>
/// Out: run, ::traced::__private::observer!(Result<A, B>)
///
/// In:  #[traced(on_ok(|rows| count = rows.len()))] fn f() -> Result<A, B>
/// Out: run_with, |__out| { .. }
/// ```
pub(crate) fn observed_call(
    krate: &TokenStream,
    span: &SpanSpec,
    function: &str,
    returned: &Type,
) -> (TokenStream, TokenStream) {
    let (name, observer) = match typed_observer(krate, span, returned) {
        Some(typed) => (function.to_owned(), typed),
        None => (format!("{function}_with"), observer(krate, span)),
    };
    let name = Ident::new(&name, Span::mixed_site());
    (hygienic!(#krate::__private::#name), observer)
}

/// The observer as a value, if the type of the result decides everything.
fn typed_observer(krate: &TokenStream, span: &SpanSpec, returned: &Type) -> Option<TokenStream> {
    if looks_at_value(span) {
        return None;
    }
    match &span.observe {
        Observe::Nothing => Some(hygienic!(#krate::__private::ByNothing)),
        Observe::Errors if cannot_fail(returned) => Some(hygienic!(#krate::__private::ByNothing)),
        Observe::Errors if is_fully_written(returned) && !is_inferred(span) => {
            let kind = deciding_kind(span).map(|kind| hygienic!(, #kind));
            Some(hygienic!(#krate::__private::observer!(#returned #kind)))
        }
        _ => None,
    }
}

/// Whether the type is written completely, without `_`.
fn is_fully_written(ty: &Type) -> bool {
    struct HasInferred(bool);

    impl Visit<'_> for HasInferred {
        fn visit_type_infer(&mut self, _: &TypeInfer) {
            self.0 = true;
        }
    }

    let mut inferred = HasInferred(false);
    inferred.visit_type(ty);
    !inferred.0
}

/// The observer as a closure, which also records the attributes of the result.
///
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
    let kind = deciding_kind(span).map(|kind| hygienic!(, #kind));
    let failure = match &span.observe {
        Observe::Nothing => hygienic!(::core::option::Option::None),
        Observe::Errors if is_inferred(span) => hygienic!(#private::observe!(@inferred #out)),
        Observe::Errors => hygienic!(#private::observe!(#out #kind)),
        Observe::ErrorsIf(predicate) if is_inferred(span) => {
            quote_spanned!(predicate.span()=> #private::observe!(@inferred #out, #predicate))
        }
        Observe::ErrorsIf(predicate) => {
            let place = predicate.span();
            let function = hygienic!(#private::Returns::is_error);
            let (function, out) = (located_at(place, &function), located_at(place, &out));
            let fails = quote_spanned!(place=> #function(#out, #predicate));
            hygienic! {
                if #fails {
                    #private::observe!(#out #kind)
                } else {
                    #private::observe!(@ok #out #kind)
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
        let function = hygienic!(#private::Returns::err);
        let (function, out) = (located_at(place, &function), located_at(place, &out));
        let error = quote_spanned!(place=> #function(#out));
        attributes_of_result(krate, list, &error)
    });
    let failure = match span.on_err.as_ref().is_some_and(sets_error_type) {
        true => hygienic!(#private::Returns::described(#out, #failure)),
        false => failure,
    };
    match (&span.observe, &on_ok, &on_err) {
        (Observe::Nothing, None, None) if span.fail_if.is_none() => hygienic!(|_| #failure),
        (_, None, None) => hygienic!(|#out| #failure),
        _ => hygienic!(|#out| { #on_ok #on_err #failure }),
    }
}

/// Adds `fail_if` to an observation: a value that is no error may still fail the span.
///
/// ```text
/// In:  #[traced(fail_if = |answer| answer.status >= 500)]
/// Out: match observe!(__out) {
///          None => Returns::failed(ok_of!(__out), |answer| answer.status >= 500),
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
    let function = match span.on_ok.as_ref().is_some_and(sets_error_type) {
        true => hygienic!(#private::Returns::failed_and_described),
        false => hygienic!(#private::Returns::failed),
    };
    let place = predicate.span();
    let function = located_at(place, &function);
    let value = hygienic!(#private::ok_of!(#out));
    let failed = quote_spanned!(place=> #function(#value, #predicate));
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

fn sets_error_type(list: &OnResult) -> bool {
    let mut entries = list.entries.iter();
    entries.any(|entry| entry.key.name == "error.type")
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

/// The names in the runtime for the observer of a future, or for that of a stream.
pub(crate) struct Observed {
    /// The arm of `observer!` that finds the observer by the type of the future or the stream.
    observer: &'static str,
    /// The function of `Returns` that turns a closure into an observer.
    called: &'static str,
    /// The function of `Returns` that tells rustc the type of the output or of the items.
    of: &'static str,
}

/// The output of a future is observed.
pub(crate) const FUTURE: Observed = Observed {
    observer: "output",
    called: "called",
    of: "of_output",
};

/// Each item of a stream is observed.
pub(crate) const STREAM: Observed = Observed {
    observer: "items",
    called: "called_items",
    of: "of_items",
};

/// The observer of a future or a stream that a function returns. It is a closure only where an argument looks
/// at the value: the type of a closure mentions the generics of the function, and the future could not
/// outlive them.
///
/// ```text
/// In:  #[traced] fn f() -> impl Future<Output = Result<A, B>>
/// Out: ::traced::__private::observer!(Result<A, B>)
/// ```
///
/// If the type contains `_`, the type of the future decides: `observer!(@output &__future)`. Before it stands
/// `Returns::<Result<_, B>>::of_output(&__future)`, without which rustc would infer the output of an
/// `impl Future` only where the function returns it.
pub(crate) fn observer_of(
    krate: &TokenStream,
    span: &SpanSpec,
    observed: &Observed,
    value: &TokenStream,
    given: Option<&Type>,
) -> TokenStream {
    let Some(given) = given else {
        return observer_of_value(krate, span, observed, value);
    };
    typed_observer(krate, span, given).unwrap_or_else(|| {
        let observer = observer_of_value(krate, span, observed, value);
        let of = Ident::new(observed.of, Span::mixed_site());
        hygienic!({ #krate::__private::Returns::<#given>::#of(&#value); #observer })
    })
}

fn observer_of_value(
    krate: &TokenStream,
    span: &SpanSpec,
    observed: &Observed,
    value: &TokenStream,
) -> TokenStream {
    let private = hygienic!(#krate::__private);
    match &span.observe {
        Observe::Errors | Observe::Nothing if looks_at_value(span) => {}
        Observe::Nothing => return hygienic!(#private::ByNothing),
        Observe::Errors if is_inferred(span) => {
            return hygienic!(#private::observer!(@inferred &#value));
        }
        Observe::Errors => {
            let kind = deciding_kind(span).map(|kind| hygienic!(, #kind));
            let of = Ident::new(observed.observer, Span::mixed_site());
            return hygienic!(#private::observer!(@#of &#value #kind));
        }
        Observe::ErrorsIf(_) => {}
    }
    let closure = observer(krate, span);
    let called = Ident::new(observed.called, Span::mixed_site());
    hygienic!(#private::Returns::#called(&#value, #closure))
}

/// Whether an argument looks at the value, so that the observer has to be a closure.
fn looks_at_value(span: &SpanSpec) -> bool {
    span.on_ok.is_some() || span.on_err.is_some() || span.fail_if.is_some()
}

/// Whether the observer is that of a result whose type rustc has yet to infer: the result of an expression, whose type
/// is written nowhere. The span of a server or a client is excepted, as its result is a response, whose type is known.
fn is_inferred(span: &SpanSpec) -> bool {
    matches!(span.subject, SpanSubject::Expression) && deciding_kind(span).is_none()
}

/// The span's kind, if it decides whether a value is a failure: HTTP 404 fails the span of a client, and
/// not that of a server.
pub(crate) fn deciding_kind(span: &SpanSpec) -> Option<Ident> {
    let decides = matches!(span.kind, SpanKind::Server | SpanKind::Client);
    decides.then(|| Ident::new(span.kind.variant(), Span::mixed_site()))
}
