//! The call that starts a span: its static call site, and the values of the arguments.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr};

use crate::args::{Entry, Form};
use crate::model::{Name, Parent, SpanLevel, SpanSpec, SpanSubject};

/// What the call does: start the span, start it and make it current, or leave the start to the first
/// poll of a future.
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
        // These arguments may mention parameters, which may be gone at the first poll.
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
    let start_arguments = start_arguments(span, begin);
    let method = Ident::new(method(begin, span, &start_arguments), Span::mixed_site());
    let arguments = match start_arguments {
        StartArguments::None => TokenStream::new(),
        StartArguments::Attributes(attributes) => {
            let count = count(span);
            hygienic!(#count, &mut |__attributes| { #attributes })
        }
        StartArguments::Options(options) => hygienic!(&mut |__options| { #options }),
    };
    let call = hygienic!(__TRACED_SITE.#method(#arguments));
    let then = once_started(span, begin);
    let lazy = lazy(span);
    let started = hygienic!(#call #lazy);
    // The calls that are chained come after the `if`, because they also apply without a span.
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

/// An `if`, in parentheses if calls are chained to it.
fn before(then: &TokenStream, either: TokenStream) -> TokenStream {
    match then.is_empty() {
        true => either,
        false => hygienic!((#either)),
    }
}

/// The value if `enabled` is false: the context, as it would be without a provider.
///
/// ```text
/// In:  #[traced(enabled = false, extract = headers, baggage(tenant))]
/// Out: Started::carried(&__TRACED_SITE, &mut |__options| {
///          __options.extract(&(headers));
///          __options.baggage().value("tenant", &(tenant));
///      })
/// ```
fn without_span(krate: &TokenStream, span: &SpanSpec) -> TokenStream {
    let private = hygienic!(#krate::__private);
    if !carries_context(span) {
        return hygienic!(::core::default::Default::default());
    }
    let (parent, of_context) = (parent(span), of_context(span));
    hygienic! {
        #private::Started::carried(&__TRACED_SITE, &mut |__options| { #parent #of_context })
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

/// Whether the context changes even without a provider.
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

/// Tells the call site the path of its function, for filters, if the span has another name.
fn function(span: &SpanSpec) -> TokenStream {
    match &span.subject {
        SpanSubject::Expression => inside(),
        SpanSubject::Method => hygienic!(.within(|| ())),
        SpanSubject::Function(function) if function == fixed_name(span) => TokenStream::new(),
        SpanSubject::Function(function) => hygienic!(.of(#function)),
    }
}

/// Tells the call site of an expression the function around, whose path is part of the type of a closure.
pub(crate) fn inside() -> TokenStream {
    hygienic!(.inside(|| ()))
}

/// The level of the call site, if it is not the default.
pub(crate) fn level(krate: &TokenStream, level: SpanLevel) -> Option<TokenStream> {
    let variant = Ident::new(level.variant()?, Span::mixed_site());
    Some(hygienic!(.at_level(#krate::__private::SpanLevel::#variant)))
}

/// The arguments of the call that starts the span.
enum StartArguments {
    None,
    /// The statements that record the attributes: most spans need no more.
    Attributes(TokenStream),
    /// The statements that fill in the `StartOptions`.
    Options(TokenStream),
}

fn start_arguments(span: &SpanSpec, begin: Begin) -> StartArguments {
    let says_more = matches!(span.name, Name::Computed { .. })
        || !matches!(span.parent, Parent::Current)
        || span.links.is_some()
        || !span.baggage.is_empty()
        || !span.scoped.is_empty();
    match (says_more, span.attributes.is_empty(), begin) {
        (false, true, _) => StartArguments::None,
        (false, false, Begin::Start | Begin::Enter) => StartArguments::Attributes(attributes(span)),
        // A deferred start keeps its options until the first poll.
        _ => StartArguments::Options(options(span)),
    }
}

fn method(begin: Begin, span: &SpanSpec, arguments: &StartArguments) -> &'static str {
    let begin = match begin {
        Begin::Enter if has_more_to_do(span) => Begin::Start,
        begin => begin,
    };
    match (begin, arguments) {
        // The future is awaited at once, so its span may as well start at the first poll.
        (Begin::Start, StartArguments::None) if !has_more_to_do(span) && span.enabled.is_none() => {
            "defer"
        }
        (Begin::Start, StartArguments::None) => "start",
        (Begin::Start, StartArguments::Attributes(_)) => "start_with_attributes",
        (Begin::Start, StartArguments::Options(_)) => "start_with",
        (Begin::Enter, StartArguments::None) => "enter",
        (Begin::Enter, StartArguments::Attributes(_)) => "enter_with_attributes",
        (Begin::Enter, StartArguments::Options(_)) => "enter_with",
        (Begin::Defer, StartArguments::None) => "defer",
        (Begin::Defer, _) => "defer_with",
    }
}

/// The statements that fill in the `StartOptions`.
fn options(span: &SpanSpec) -> TokenStream {
    let options = hygienic!(__options);
    let name = match &span.name {
        Name::Fixed(_) => TokenStream::new(),
        Name::Computed { expr, .. } => quote_spanned!(expr.span()=> #options.name(#expr);),
    };
    let parent = parent(span);
    let links = span.links.as_ref().map(|links| match links {
        Expr::Path(_) | Expr::Field(_) | Expr::Index(_) => {
            quote_spanned!(links.span()=> #options.links_in(&(#links));)
        }
        Expr::Array(list) => {
            let each = list.elems.iter();
            quote_spanned!(links.span()=> #options.links_in(&[#(&(#each)),*]);)
        }
        links => quote_spanned!(links.span()=> #options.links(#links);),
    });
    let of_context = of_context(span);
    let attributes = (!span.attributes.is_empty()).then(|| {
        let (count, attributes) = (count(span), attributes(span));
        hygienic!(let __attributes = __options.attributes(#count); #attributes)
    });
    hygienic!(#name #parent #links #of_context #attributes)
}

fn parent(span: &SpanSpec) -> TokenStream {
    let options = hygienic!(__options);
    match &span.parent {
        Parent::Current => TokenStream::new(),
        Parent::Root => hygienic!(__options.root();),
        Parent::Link => hygienic!(__options.linked_root();),
        Parent::Given(parent) => quote_spanned!(parent.span()=> #options.parent(&(#parent));),
        Parent::Extracted(carrier) => {
            quote_spanned!(carrier.span()=> #options.extract(&(#carrier));)
        }
    }
}

/// The statements that set the baggage and the scoped attributes of the context.
fn of_context(span: &SpanSpec) -> TokenStream {
    let baggage = list(&span.baggage, &hygienic!(__options.baggage()));
    let scoped = list(&span.scoped, &hygienic!(__options.scoped()));
    hygienic!(#baggage #scoped)
}

fn list(entries: &[Entry], into: &TokenStream) -> TokenStream {
    entries.iter().map(|entry| record(entry, into)).collect()
}

/// The number of attributes, so that there is one allocation of the right size.
fn count(span: &SpanSpec) -> Literal {
    Literal::usize_unsuffixed(span.attributes.len())
}

fn attributes(span: &SpanSpec) -> TokenStream {
    let into = hygienic!(__attributes);
    let attributes = span.attributes.iter();
    attributes.map(|entry| record(entry, &into)).collect()
}

/// Whether calls are chained to the start of the span, or to the value that replaces the span.
fn has_more_to_do(span: &SpanSpec) -> bool {
    let carries_without = span.enabled.is_some() && carries_context(span);
    !span.lazy.is_empty() || span.inject.is_some() || carries_without
}

/// The calls that are chained to the started span, or to the value without one.
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
    // If the type is not a carrier, rustc reports the error at the user's expression. The hygiene is
    // ours, so that no lint takes the call for the user's.
    let place = Span::mixed_site().located_at(carrier.span());
    quote_spanned!(place=> .inject((#carrier).__traced_borrow()))
}

/// The import for `inject`. It does not stand in a block around the carrier, which would drop a
/// temporary too early: `inject = &mut Envelope(headers)`.
fn borrowing(krate: &TokenStream, span: &SpanSpec) -> Option<TokenStream> {
    let carrier = span.inject.as_ref()?;
    let place = Span::mixed_site().located_at(carrier.span());
    Some(quote_spanned!(place=> use #krate::__private::BorrowCarrier as _;))
}

/// `key = ?value` → `into.debug("key", &(value));`, on the user's line. A string literal becomes
/// `into.literal("key", "value")`, which does not copy it.
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

/// Moves the `#[cfg(..)]` of a parameter with `#[attribute]` to the statement that records it.
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
