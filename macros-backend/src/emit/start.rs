//! The call that starts the span: its static call site, and what the arguments
//! say of it.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr};

use crate::args::{Entry, Form};
use crate::model::{Name, Parent, SpanLevel, SpanSpec, SpanSubject};

/// What is done with the span at once: `start` leaves it to a future.
#[derive(Clone, Copy)]
pub(crate) enum Begin {
    Start,
    Enter,
    Defer,
}

/// ```text
/// In:  #[traced(kind = "client", attributes(id))]
/// Out: {
///          static __TRACED_SITE: CallSite = CallSite::new(
///              "fetch", SpanKind::Client, "shop", "1.2.0", ::core::module_path!(),
///          );
///          __TRACED_SITE.enter_with_attributes(1, &mut |__attributes| {
///              __attributes.value("id", &(id));
///          })
///      }
/// ```
pub(crate) fn begin(krate: &TokenStream, span: &SpanSpec, begin: Begin) -> TokenStream {
    let begin = match begin {
        // At its first poll, what they look at may be gone.
        Begin::Defer if has_more_to_do(span) || span.enabled.is_some() => Begin::Start,
        begin => begin,
    };
    let private = hygienic!(#krate::__private);
    let (name, kind) = (
        fixed_name(span),
        Ident::new(span.kind.variant(), Span::mixed_site()),
    );
    let (scope, version) = (&span.scope, &span.version);
    if span.is_current {
        return current(krate, span, begin);
    }
    let words = words(span, begin);
    let method = Ident::new(method(begin, span, &words), Span::mixed_site());
    let arguments = match words {
        Words::None => TokenStream::new(),
        Words::Attributes(attributes) => {
            let count = count(span);
            hygienic!(#count, &mut |__attributes| { #attributes })
        }
        Words::Draft(draft) => hygienic!(&mut |__draft| { #draft }),
    };
    let call = hygienic!(__TRACED_SITE.#method(#arguments));
    let then = once_started(span, begin);
    let lazy = lazy(span);
    let started = hygienic!(#call #lazy);
    // Before what is chained to it, where that is of use without a span too.
    let (started, condition) = match &span.enabled {
        Some(condition) if has_more_to_do(span) => {
            let otherwise = without_span(krate, span);
            let either = hygienic!(if #condition { #started } else { #otherwise });
            (before(&then, either), None)
        }
        condition => (started, condition.as_ref()),
    };
    let borrowing = borrowing(krate, span);
    let function = function(span);
    let carrying = carries_context(span).then(|| hygienic!(.keeping_context()));
    let level = level(krate, span.level);
    let here = span.place.map(|place| quote_spanned!(place=> .here()));
    let site = hygienic! {{
        static __TRACED_SITE: #private::CallSite =
            #private::CallSite::new(
                #name,
                #private::SpanKind::#kind,
                #scope,
                #version,
                ::core::module_path!(),
            )#function #level #carrying #here;
        #borrowing
        #started #then
    }};
    match condition {
        Some(condition) => hygienic! {
            if #condition { #site } else { ::core::default::Default::default() }
        },
        None => site,
    }
}

/// An `if` to which something is chained.
fn before(then: &TokenStream, either: TokenStream) -> TokenStream {
    match then.is_empty() {
        true => either,
        false => hygienic!((#either)),
    }
}

/// What there is where `enabled` is false: the context that would go on without a provider.
///
/// ```text
/// In:  #[traced(enabled = false, extract = headers, baggage(tenant))]
/// Out: Started::carried(&__TRACED_SITE, &mut |__draft| {
///          __draft.extract(&(headers));
///          __draft.baggage().value("tenant", &(tenant));
///      })
/// ```
fn without_span(krate: &TokenStream, span: &SpanSpec) -> TokenStream {
    let private = hygienic!(#krate::__private);
    if !carries_context(span) {
        return hygienic!(::core::default::Default::default());
    }
    let (parent, of_context) = (parent(span), of_context(span));
    hygienic! {
        #private::Started::carried(&__TRACED_SITE, &mut |__draft| { #parent #of_context })
    }
}

/// ```text
/// In:  #[traced(current, attributes(id), baggage(tenant))]
/// Out: Started::current(&mut |__attributes| { __attributes.value("id", &(id)); })
///          .baggage(&mut |__baggage| { __baggage.value("tenant", &(tenant)); })
///          .enter()
/// ```
fn current(krate: &TokenStream, span: &SpanSpec, begin: Begin) -> TokenStream {
    let attributes = hygienic!(__attributes);
    let recorded = span.attributes.iter().chain(&span.lazy);
    let recorded = recorded.map(|entry| record(entry, &attributes));
    let baggage = (!span.baggage.is_empty()).then(|| {
        let baggage = list(&span.baggage, &hygienic!(__baggage));
        hygienic!(.baggage(&mut |__baggage| { #baggage }))
    });
    let scoped = (!span.scoped.is_empty()).then(|| {
        let scoped = list(&span.scoped, &attributes);
        hygienic!(.scoped(&mut |#attributes| { #scoped }))
    });
    let inject = inject(span);
    let enter = matches!(begin, Begin::Enter).then(|| hygienic!(.enter()));
    let then = hygienic!(#baggage #scoped #inject #enter);
    let started = hygienic! {
        #krate::__private::Started::current(&mut |#attributes| { #(#recorded)* })
    };
    let started = match &span.enabled {
        Some(condition) => {
            let otherwise = hygienic!(::core::default::Default::default());
            let either = hygienic!(if #condition { #started } else { #otherwise });
            before(&then, either)
        }
        None => started,
    };
    let started = hygienic!(#started #then);
    match &span.inject {
        Some(_) => {
            let borrowing = borrowing(krate, span);
            hygienic!({ #borrowing #started })
        }
        None => started,
    }
}

/// Whether the context has something to carry even without a provider.
fn carries_context(span: &SpanSpec) -> bool {
    !span.baggage.is_empty()
        || !span.scoped.is_empty()
        || matches!(span.parent, Parent::Extracted(_))
}

fn fixed_name(span: &SpanSpec) -> &str {
    match &span.name {
        Name::Fixed(name) => name,
        Name::Computed { default, .. } => default,
    }
}

/// Which function a filter finds the call site under, if not under the span's name.
fn function(span: &SpanSpec) -> TokenStream {
    match &span.subject {
        SpanSubject::Expression | SpanSubject::Method => within(),
        SpanSubject::Function(function) if function == fixed_name(span) => TokenStream::new(),
        SpanSubject::Function(function) => hygienic!(.of(#function)),
    }
}

/// The function is the one around: the type of a closure knows its name.
pub(crate) fn within() -> TokenStream {
    hygienic!(.within(|| ()))
}

/// The level of the call site, if it is not the default.
pub(crate) fn level(krate: &TokenStream, level: SpanLevel) -> Option<TokenStream> {
    let variant = Ident::new(level.variant()?, Span::mixed_site());
    Some(hygienic!(.at_level(#krate::__private::SpanLevel::#variant)))
}

/// What is said of the span where it starts, beyond what its call site says.
enum Words {
    None,
    /// The statements that record the attributes, which is all that most say.
    Attributes(TokenStream),
    /// The statements that fill in a draft.
    Draft(TokenStream),
}

fn words(span: &SpanSpec, begin: Begin) -> Words {
    let says_more = matches!(span.name, Name::Computed { .. })
        || !matches!(span.parent, Parent::Current)
        || span.links.is_some()
        || !span.baggage.is_empty()
        || !span.scoped.is_empty();
    match (says_more, span.attributes.is_empty(), begin) {
        (false, true, _) => Words::None,
        (false, false, Begin::Start | Begin::Enter) => Words::Attributes(attributes(span)),
        // What is deferred is kept, and a draft is what can be.
        _ => Words::Draft(draft(span)),
    }
}

fn method(begin: Begin, span: &SpanSpec, words: &Words) -> &'static str {
    let begin = match begin {
        Begin::Enter if has_more_to_do(span) => Begin::Start,
        begin => begin,
    };
    match (begin, words) {
        // The future is polled at once: its span may as well start where it is kept.
        (Begin::Start, Words::None) if !has_more_to_do(span) && span.enabled.is_none() => "defer",
        (Begin::Start, Words::None) => "start",
        (Begin::Start, Words::Attributes(_)) => "start_with_attributes",
        (Begin::Start, Words::Draft(_)) => "start_with",
        (Begin::Enter, Words::None) => "enter",
        (Begin::Enter, Words::Attributes(_)) => "enter_with_attributes",
        (Begin::Enter, Words::Draft(_)) => "enter_with",
        (Begin::Defer, Words::None) => "defer",
        (Begin::Defer, _) => "defer_with",
    }
}

/// The statements that fill in a draft.
fn draft(span: &SpanSpec) -> TokenStream {
    let draft = hygienic!(__draft);
    let name = match &span.name {
        Name::Fixed(_) => TokenStream::new(),
        Name::Computed { expr, .. } => quote_spanned!(expr.span()=> #draft.name(#expr);),
    };
    let parent = parent(span);
    let links = span.links.as_ref().map(|links| match links {
        Expr::Path(_) | Expr::Field(_) | Expr::Index(_) => {
            quote_spanned!(links.span()=> #draft.links_in(&(#links));)
        }
        Expr::Array(list) => {
            let each = list.elems.iter();
            quote_spanned!(links.span()=> #draft.links_in(&[#(&(#each)),*]);)
        }
        links => quote_spanned!(links.span()=> #draft.links(#links);),
    });
    let of_context = of_context(span);
    let attributes = (!span.attributes.is_empty()).then(|| {
        let (count, attributes) = (count(span), attributes(span));
        hygienic!(let __attributes = __draft.attributes(#count); #attributes)
    });
    hygienic!(#name #parent #links #of_context #attributes)
}

fn parent(span: &SpanSpec) -> TokenStream {
    let draft = hygienic!(__draft);
    match &span.parent {
        Parent::Current => TokenStream::new(),
        Parent::Root => hygienic!(__draft.root();),
        Parent::Link => hygienic!(__draft.linked_root();),
        Parent::Given(parent) => quote_spanned!(parent.span()=> #draft.parent(&(#parent));),
        Parent::Extracted(carrier) => quote_spanned!(carrier.span()=> #draft.extract(&(#carrier));),
    }
}

/// What the context has besides the span: baggage, and attributes that are scoped to it.
fn of_context(span: &SpanSpec) -> TokenStream {
    let baggage = list(&span.baggage, &hygienic!(__draft.baggage()));
    let scoped = list(&span.scoped, &hygienic!(__draft.scoped()));
    hygienic!(#baggage #scoped)
}

fn list(entries: &[Entry], into: &TokenStream) -> TokenStream {
    entries.iter().map(|entry| record(entry, into)).collect()
}

/// How many attributes there may be, told beforehand: one allocation, and of the right size.
fn count(span: &SpanSpec) -> Literal {
    Literal::usize_unsuffixed(span.attributes.len())
}

fn attributes(span: &SpanSpec) -> TokenStream {
    let into = hygienic!(__attributes);
    let attributes = span.attributes.iter();
    attributes.map(|entry| record(entry, &into)).collect()
}

/// Whether something comes between the start of the span and the body, or may come instead of
/// a span.
fn has_more_to_do(span: &SpanSpec) -> bool {
    let carries_without = span.enabled.is_some() && carries_context(span);
    !span.lazy.is_empty() || span.inject.is_some() || carries_without
}

/// What is chained to the span that started, or to what there is instead.
fn once_started(span: &SpanSpec, begin: Begin) -> TokenStream {
    let enter = match begin {
        Begin::Enter if has_more_to_do(span) => hygienic!(.enter()),
        _ => TokenStream::new(),
    };
    let inject = inject(span);
    hygienic!(#inject #enter)
}

fn lazy(span: &SpanSpec) -> TokenStream {
    if span.lazy.is_empty() {
        return TokenStream::new();
    }
    let into = hygienic!(__attributes);
    let attributes = span.lazy.iter().map(|entry| record(entry, &into));
    hygienic!(.lazy(&mut |__attributes| { #(#attributes)* }))
}

fn inject(span: &SpanSpec) -> TokenStream {
    let Some(carrier) = &span.inject else {
        return TokenStream::new();
    };
    // At the place of the carrier, where a type that is none is then refused, but not in the
    // user's name: no lint should find fault with our call.
    let place = Span::mixed_site().located_at(carrier.span());
    quote_spanned!(place=> .inject((#carrier).__traced_borrow()))
}

/// Not in a block around the carrier, which would end the life of a temporary:
/// `inject = &mut Envelope(headers)`.
fn borrowing(krate: &TokenStream, span: &SpanSpec) -> Option<TokenStream> {
    let carrier = span.inject.as_ref()?;
    let place = Span::mixed_site().located_at(carrier.span());
    Some(quote_spanned!(place=> use #krate::__private::BorrowCarrier as _;))
}

/// `key = ?value` → `into.debug("key", &(value));`, on the user's line; a literal string is
/// passed as it is, `into.literal("key", "value")`, so that it need not be copied.
pub(crate) fn record(entry: &Entry, into: &TokenStream) -> TokenStream {
    let Entry { key, form, value } = entry;
    let key = &key.name;
    let (conditions, value) = &split_conditions(value);
    let place = value.span();
    if let (Form::Value, Some(text)) = (form, literal_str(value)) {
        return quote_spanned!(place=> #into.literal(#key, #text););
    }
    let method = match form {
        Form::Value => Ident::new("value", place),
        Form::Display => Ident::new("display", place),
        Form::Debug => Ident::new("debug", place),
    };
    quote_spanned!(place=> #(#conditions)* #into.#method(#key, &(#value));)
}

/// The `#[cfg(..)]` of a parameter that is recorded where it stands: the statement's.
fn split_conditions(value: &Expr) -> (Vec<Attribute>, Expr) {
    match value.clone() {
        Expr::Path(mut path) => (std::mem::take(&mut path.attrs), Expr::Path(path)),
        value => (Vec::new(), value),
    }
}

fn literal_str(value: &Expr) -> Option<&LitStr> {
    match value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text),
        _ => None,
    }
}
