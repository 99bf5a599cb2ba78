//! The closure that is asked what the result says of the span.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use crate::model::{Observe, Span};

/// ```text
/// In:  #[traced]
/// Out: |__out| ::traced::__private::observe!(__out)
/// ```
pub(super) fn observer(krate: &TokenStream, span: &Span) -> TokenStream {
    let private = hygienic!(#krate::__private);
    match &span.observe {
        Observe::Nothing => hygienic!(|_| ::core::option::Option::None),
        Observe::Errors => hygienic!(|__out| #private::observe!(__out)),
        Observe::ErrorsIf(predicate) => {
            let out = hygienic!(__out);
            let fails = quote_spanned!(predicate.span()=> #private::is_error(#out, #predicate));
            hygienic! {
                |__out| if #fails {
                    #private::observe!(__out)
                } else {
                    ::core::option::Option::None
                }
            }
        }
    }
}

/// The observer of a future that leaves the function, which must name nothing
/// of it: a closure would make it live no longer than the function's generics.
///
/// ```text
/// In:  #[traced]
/// Out: ::traced::__private::observer_of!(&__future)
/// ```
pub(super) fn observer_of(krate: &TokenStream, span: &Span, future: &TokenStream) -> TokenStream {
    let private = hygienic!(#krate::__private);
    match &span.observe {
        Observe::Nothing => hygienic!(#private::ByNothing),
        Observe::Errors => hygienic!(#private::observer_of!(&#future)),
        Observe::ErrorsIf(_) => {
            let closure = observer(krate, span);
            hygienic!(#private::called(&#future, #closure))
        }
    }
}
