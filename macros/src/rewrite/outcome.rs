//! The closure that is asked what the result says of the span.

use proc_macro2::{Ident, Span as Place, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::span::record;
use crate::args::OnResult;
use crate::model::{Kind, Observe, Span};

/// ```text
/// In:  #[traced(on_ok(|rows| count = rows.len()))]
/// Out: |__out| {
///          if let Some(rows) = ok_of!(__out) {
///              record(&mut |__attributes| __attributes.value("count", &(rows.len())));
///          }
///          ::traced::__private::observe!(__out)
///      }
/// ```
pub(crate) fn observer(krate: &TokenStream, span: &Span) -> TokenStream {
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
        (Observe::Nothing, None, None) => hygienic!(|_| #failure),
        (_, None, None) => hygienic!(|#out| #failure),
        _ => hygienic!(|#out| { #on_ok #on_err #failure }),
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
fn located_at(place: Place, ours: &TokenStream) -> TokenStream {
    let moved = ours.clone().into_iter().map(|mut token| {
        token.set_span(token.span().located_at(place));
        token
    });
    moved.collect()
}

/// The observer of a future that leaves the function, which must name nothing
/// of it: a closure would make it live no longer than the function's generics.
///
/// ```text
/// In:  #[traced]
/// Out: ::traced::__private::observer_of!(&__future)
/// ```
pub(crate) fn observer_of(krate: &TokenStream, span: &Span, future: &TokenStream) -> TokenStream {
    let private = hygienic!(#krate::__private);
    match &span.observe {
        _ if span.on_ok.is_some() || span.on_err.is_some() => {
            let closure = observer(krate, span);
            hygienic!(#private::called(&#future, #closure))
        }
        Observe::Nothing => hygienic!(#private::ByNothing),
        Observe::Errors if is_inferred(span) => {
            hygienic!(#private::observer_inferred!(OutputOf(&#future)))
        }
        Observe::Errors => {
            let kind = kind_that_tells(span).map(|kind| hygienic!(, #kind));
            hygienic!(#private::observer_of!(&#future #kind))
        }
        Observe::ErrorsIf(_) => {
            let closure = observer(krate, span);
            hygienic!(#private::called(&#future, #closure))
        }
    }
}

/// Whether nobody wrote the type of what is observed: it is no function's result, but that of an
/// expression in it, and nothing says that it is an answer.
fn is_inferred(span: &Span) -> bool {
    span.function.is_none() && kind_that_tells(span).is_none()
}

/// The span's kind, where the same answer is a failure of one and not of the other: on a
/// server that gave it and on the client that got it.
pub(super) fn kind_that_tells(span: &Span) -> Option<Ident> {
    let tells = matches!(span.kind, Kind::Server | Kind::Client);
    tells.then(|| Ident::new(span.kind.variant(), Place::mixed_site()))
}
