//! The call that starts a span: its static call site, and the values of the arguments.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr};

use crate::args::{Entry, Form};
use crate::model::{Name, Parent, SpanLevel, SpanSpec, SpanSubject};

/// How the span begins.
#[derive(Clone, Copy)]
pub(crate) enum Begin {
    /// It starts, and each poll of a future makes it current.
    Start,
    /// It starts and becomes current.
    Enter,
    /// It starts at the first poll of a future.
    Defer,
}

/// The block that declares the call site and starts the span.
///
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
        // The arguments of these calls may mention parameters, which may be gone at the first poll.
        Begin::Defer if has_chained_calls(span) || span.enabled.is_some() => Begin::Start,
        begin => begin,
    };
    if span.is_current {
        return current(krate, span, begin);
    }
    let (call_site, borrowing) = (call_site(krate, span), borrowing(krate, span));
    let (started, then) = (start(span, begin), chained_calls(span, begin));
    match &span.enabled {
        None => hygienic!({ #call_site #borrowing #started #then }),
        // The chained calls stand after the `if`, because they are made without a span too.
        Some(condition) if has_chained_calls(span) => {
            let otherwise = without_span(krate, span);
            let either = hygienic!(if #condition { #started } else { #otherwise });
            let either = as_receiver(&then, either);
            hygienic!({ #call_site #borrowing #either #then })
        }
        Some(condition) => hygienic! {
            if #condition {
                { #call_site #borrowing #started #then }
            } else {
                ::core::default::Default::default()
            }
        },
    }
}

/// The declaration of the call site.
fn call_site(krate: &TokenStream, span: &SpanSpec) -> TokenStream {
    let private = hygienic!(#krate::__private);
    let (name, kind) = (
        fixed_name(span),
        Ident::new(span.kind.variant(), Span::mixed_site()),
    );
    let (scope, version) = (&span.scope, &span.version);
    let function = function_path(span);
    let carrying = carries_context(span).then(|| hygienic!(.keeping_context()));
    let level = level(krate, span.level);
    let here = span.place.map(|place| quote_spanned!(place=> .here()));
    hygienic! {
        static __TRACED_SITE: #private::CallSite =
            #private::CallSite::new(
                #name,
                #private::SpanKind::#kind,
                #scope,
                #version,
                ::core::module_path!(),
            )#function #level #carrying #here;
    }
}

/// The call that starts the span, and `.lazy(..)`, which is only called if there is one.
fn start(span: &SpanSpec, begin: Begin) -> TokenStream {
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
    let lazy = lazy(span);
    hygienic!(__TRACED_SITE.#method(#arguments) #lazy)
}

/// An `if`, in parentheses if calls are chained to it.
fn as_receiver(then: &TokenStream, either: TokenStream) -> TokenStream {
    match then.is_empty() {
        true => either,
        false => hygienic!((#either)),
    }
}

/// The value that replaces the span if `enabled` is false. It holds the same context as without a provider.
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
    let (parent, context_options) = (parent(span), context_options(span));
    hygienic! {
        #private::Started::carried(&__TRACED_SITE, &mut |__options| { #parent #context_options })
    }
}

/// Records on the current span instead of starting one. An argument with `OfSpan::Any` that acts at the start must
/// be written here as well as in `start` or `options`: no test fails if it has no effect with `current`.
///
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
            as_receiver(&then, either)
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

/// The call that tells the call site the path of its function, by which filters know it, if the span has
/// another name.
fn function_path(span: &SpanSpec) -> TokenStream {
    match &span.subject {
        SpanSubject::Expression => enclosing_function(),
        SpanSubject::Method => hygienic!(.within(|| ())),
        SpanSubject::Function(function) if function == fixed_name(span) => TokenStream::new(),
        SpanSubject::Function(function) => hygienic!(.of(#function)),
    }
}

/// The call that tells the call site of an expression which function it is in: the type of the closure contains
/// the path of the function.
pub(crate) fn enclosing_function() -> TokenStream {
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

/// Chooses what the start is given. An argument that `options` writes must be in `needs_options` too: without that, it
/// has no effect where it stands alone.
fn start_arguments(span: &SpanSpec, begin: Begin) -> StartArguments {
    let needs_options = matches!(span.name, Name::Computed { .. })
        || !matches!(span.parent, Parent::Current)
        || span.links.is_some()
        || !span.baggage.is_empty()
        || !span.scoped.is_empty();
    match (needs_options, span.attributes.is_empty(), begin) {
        (false, true, _) => StartArguments::None,
        (false, false, Begin::Start | Begin::Enter) => StartArguments::Attributes(attributes(span)),
        // A deferred start keeps its options until the first poll.
        _ => StartArguments::Options(options(span)),
    }
}

/// The method of the call site that starts the span. It depends on more than `begin`: if calls are chained to the start,
/// `.enter()` is the last of them, and a start without arguments is left to the first poll.
fn method(begin: Begin, span: &SpanSpec, arguments: &StartArguments) -> &'static str {
    let begin = match begin {
        Begin::Enter if has_chained_calls(span) => Begin::Start,
        begin => begin,
    };
    match (begin, arguments) {
        // The function awaits the future at once, so the first poll is the start.
        (Begin::Start, StartArguments::None)
            if !has_chained_calls(span) && span.enabled.is_none() =>
        {
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
    let context_options = context_options(span);
    let attributes = (!span.attributes.is_empty()).then(|| {
        let (count, attributes) = (count(span), attributes(span));
        hygienic!(let __attributes = __options.attributes(#count); #attributes)
    });
    hygienic!(#name #parent #links #context_options #attributes)
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
fn context_options(span: &SpanSpec) -> TokenStream {
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

/// Whether calls are chained to the start of the span, or to the value that replaces the span. Then the span starts
/// with `start`, and `.enter()` is the last of these calls.
fn has_chained_calls(span: &SpanSpec) -> bool {
    let carries_without_span = span.enabled.is_some() && carries_context(span);
    !span.lazy.is_empty() || span.inject.is_some() || carries_without_span
}

/// The calls that are chained to the start of the span after `.lazy(..)`, or to the value that replaces the span.
fn chained_calls(span: &SpanSpec, begin: Begin) -> TokenStream {
    let enter = match begin {
        Begin::Enter if has_chained_calls(span) => hygienic!(.enter()),
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
    // If the type is not a carrier, rustc reports the error at the user's expression. With our hygiene, no lint
    // takes the call for the user's.
    let place = Span::mixed_site().located_at(carrier.span());
    quote_spanned!(place=> .injecting().inject((#carrier).__traced_borrow()))
}

/// The import for `inject`. It stands beside the call, because a block around the carrier would drop a
/// temporary, such as that of `inject = &mut Envelope(headers)`, before the span starts.
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

/// Splits off the `#[cfg(..)]` that a parameter with `#[attribute]` has, for the statement that records it.
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
