//! The messages of the lints. `docs/lints.md` explains each lint.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::Error;

use super::at;
use crate::semconv::Instead;

// Spans and guards.

pub(crate) fn span_not_entered(span: &Ident) -> Error {
    at(
        span,
        format!(
            "`{span}` is never made current, so spans that start meanwhile are not its children; \
             enter it: `let _guard = mark_span_as_active({span});`, or annotate a function"
        ),
    )
}

pub(crate) fn guard_across_await(found: impl ToTokens, what: &str, guard: &Ident) -> Error {
    at(
        found,
        format!(
            "the guard `{guard}` is alive across this {what}, so other tasks of the thread run in \
             its context; drop it before, or write `future.with_context(cx).await`"
        ),
    )
}

pub(crate) fn guard_dropped_at_once(found: impl ToTokens, call: &TokenStream) -> Error {
    let call = call.to_string().replace(' ', "");
    let advice = match call.len() {
        0..40 => format!("`let _guard = {call};`"),
        _ => "`let _guard = ..;`".to_owned(),
    };
    at(
        found,
        format!(
            "this guard is dropped at once, so the context is current for nothing that follows; \
             bind it: {advice}"
        ),
    )
}

pub(crate) fn status_before_exception(status: &Ident, exception: &Ident) -> Error {
    at(
        status,
        format!(
            "the status is set before the exception is recorded, so a return in between leaves a \
             failed span without its reason; move this below `{exception}`"
        ),
    )
}

pub(crate) fn manual_end(end: &Ident) -> Error {
    at(
        end,
        format!(
            "`{end}` on the current span cuts it short, because it ends by itself when its function \
             returns; remove this call"
        ),
    )
}

pub(crate) fn context_captured_too_early(captured: &Ident, guard: &Ident) -> Error {
    at(
        captured,
        format!(
            "`{captured}` was captured before `{guard}` entered its span, so the spans of this work \
             are siblings of that span and not its children; capture it afterwards, or call it `parent` if this is intended"
        ),
    )
}

// Attributes of the span.

pub(crate) fn resource_attribute(key: impl ToTokens, name: &str) -> Error {
    let instead = match name {
        "service.name" => "set `OTEL_SERVICE_NAME`".to_owned(),
        _ if name.starts_with("telemetry.") => "leave it to the SDK".to_owned(),
        "deployment.environment" => {
            "set `OTEL_RESOURCE_ATTRIBUTES=deployment.environment.name=..`".to_owned()
        }
        _ => format!("set `OTEL_RESOURCE_ATTRIBUTES={name}=..`"),
    };
    at(
        key,
        format!(
            "`{name}` describes the whole process, so it belongs on the resource and not on a span; \
             {instead}"
        ),
    )
}

pub(crate) fn deprecated_attribute(key: impl ToTokens, name: &str, instead: Instead) -> Error {
    let message = match instead {
        Instead::Renamed(new) => {
            format!("`{name}` was renamed in the semantic conventions; use `{new}`")
        }
        Instead::Note(note) => {
            format!("`{name}` is deprecated in the semantic conventions; {note}")
        }
        Instead::Removed | Instead::Moved => format!(
            "`{name}` was removed from the semantic conventions and nothing took its place; leave \
             it out"
        ),
    };
    at(key, message)
}

pub(crate) fn attribute_type(
    value: impl ToTokens,
    name: &str,
    (expected, found): (&str, &str),
    advice: &str,
) -> Error {
    at(
        value,
        format!(
            "expected {expected}, found {found}, because `{name}` is {expected} in the semantic \
             conventions; {advice}"
        ),
    )
}

pub(crate) fn misspelt_attribute(key: impl ToTokens, name: &str, meant: &str) -> Error {
    at(
        key,
        format!(
            "`{name}` is not in the semantic conventions; did you mean `{meant}`? if not, add \
             `allow(misspelt_attribute)`"
        ),
    )
}

pub(crate) fn duplicate_key(key: impl ToTokens, name: &str) -> Error {
    at(
        key,
        format!("attribute `{name}` is given twice, and a span keeps both; keep one of them"),
    )
}

pub(crate) fn duplicate_baggage(key: impl ToTokens, name: &str) -> Error {
    at(
        key,
        format!("baggage `{name}` is given twice, and only the last is carried; keep one of them"),
    )
}

pub(crate) fn empty_baggage_key(key: impl ToTokens) -> Error {
    at(
        key,
        "baggage needs a key, because no header can carry it without one",
    )
}

pub(crate) fn empty_key(key: impl ToTokens) -> Error {
    at(
        key,
        "an attribute needs a key, because OpenTelemetry drops attributes with an empty one",
    )
}

pub(crate) fn mixed_array(element: impl ToTokens, first: &str, found: &str) -> Error {
    at(
        element,
        format!(
            "expected {first}, found {found}, because all values of an array attribute have one \
             type; record two attributes"
        ),
    )
}

pub(crate) fn none_value(value: impl ToTokens, name: &str) -> Error {
    at(
        value,
        format!("`None` records nothing, so the span never has `{name}`; remove it"),
    )
}

// Names and items.

pub(crate) fn unbounded_name(found: impl ToTokens, value: &str, recorded: &str) -> Error {
    at(
        found,
        format!(
            "the name changes with `{value}`, so no two calls are grouped; name what is done and \
             record `attributes({recorded})`, or add `allow(unbounded_name)` if its values are few"
        ),
    )
}

pub(crate) fn endless_span(keyword: Span, name: &Ident) -> Error {
    Error::new(
        keyword,
        format!(
            "this loop never ends, so the span of `{name}` never ends and is never exported; remove \
             the attribute (`#[traced(skip)]` in a container), and put `#[traced(root)]` on the function that does one iteration"
        ),
    )
}

pub(crate) fn spawn_in_endless_span(spawn: Span) -> Error {
    Error::new(
        spawn,
        "this loop never ends, so everything that it spawns is in one trace that never ends; write \
         `#[traced_spawn(link)]` on this statement, or `#[traced_spawn(detached)]` and `#[traced(root)]` \
         on the function that is spawned",
    )
}

pub(crate) fn not_traceable(found: impl ToTokens, what: &str, macro_name: &str) -> Error {
    at(
        found,
        format!("`#[{macro_name}]` belongs on a function, but this is {what}"),
    )
}

pub(crate) fn not_traceable_without_body(found: impl ToTokens, macro_name: &str) -> Error {
    at(
        found,
        format!(
            "this function has no body to trace; put `#[{macro_name}]` on its implementations or \
             give it a default body"
        ),
    )
}

pub(crate) fn not_traceable_const(found: impl ToTokens) -> Error {
    at(
        found,
        "a `const fn` cannot be traced, because it may run at compile time, when there is no \
         provider; remove `const` or the attribute",
    )
}
