//! The description of a span, from its arguments and the defaults.

use proc_macro2::Span;
use syn::{Expr, Lit};

use super::crate_context::CrateContext;
use super::rules;
use crate::args::{Arg, Args, Entry, OnResult};
use crate::diagnostics::{self, Errors};
use crate::lints;
use crate::syntax::literals::{literal, string};

/// The span of a function, of an expression or of spawned work.
pub(crate) struct SpanSpec {
    pub(crate) name: Name,
    pub(crate) subject: SpanSubject,
    /// The location of the call site, if it differs from that of the attribute.
    pub(crate) place: Option<Span>,
    pub(crate) kind: SpanKind,
    pub(crate) level: SpanLevel,
    pub(crate) scope: String,
    pub(crate) version: String,
    pub(crate) parent: Parent,
    pub(crate) attributes: Vec<Entry>,
    pub(crate) lazy: Vec<Entry>,
    pub(crate) inject: Option<Expr>,
    pub(crate) links: Option<Expr>,
    pub(crate) baggage: Vec<Entry>,
    pub(crate) scoped: Vec<Entry>,
    pub(crate) enabled: Option<Expr>,
    /// Whether everything is recorded on the current span, and no span is started.
    pub(crate) is_current: bool,
    pub(crate) on_ok: Option<OnResult>,
    pub(crate) on_err: Option<OnResult>,
    pub(crate) observe: Observe,
    /// The predicate for values that are no errors and still fail the span.
    pub(crate) fail_if: Option<Expr>,
}

/// The part of the program that a span covers.
pub(crate) enum SpanSubject {
    /// A function with this name.
    Function(String),
    /// A method whose type is not known, because the `impl` has no attribute.
    Method,
    /// An expression or a spawned task. The type of its result is not written anywhere.
    Expression,
}

pub(crate) enum Name {
    Fixed(String),
    Computed { default: String, expr: Box<Expr> },
}

pub(crate) enum Parent {
    Current,
    Given(Expr),
    /// Read from this carrier.
    Extracted(Expr),
    Root,
    /// A new trace, linked to the current span.
    Link,
}

/// Which errors in the result fail the span.
pub(crate) enum Observe {
    Nothing,
    Errors,
    ErrorsIf(Box<Expr>),
}

#[derive(Clone, Copy)]
pub(crate) enum SpanKind {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

const KINDS: &[(&str, SpanKind)] = &[
    ("internal", SpanKind::Internal),
    ("server", SpanKind::Server),
    ("client", SpanKind::Client),
    ("producer", SpanKind::Producer),
    ("consumer", SpanKind::Consumer),
];

impl SpanKind {
    /// The variant of `opentelemetry::trace::SpanKind`.
    pub(crate) fn variant(self) -> &'static str {
        match self {
            SpanKind::Internal => "Internal",
            SpanKind::Server => "Server",
            SpanKind::Client => "Client",
            SpanKind::Producer => "Producer",
            SpanKind::Consumer => "Consumer",
        }
    }
}

/// How detailed a span is, for filters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum SpanLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

const LEVELS: &[(&str, SpanLevel)] = &[
    ("error", SpanLevel::Error),
    ("warn", SpanLevel::Warn),
    ("info", SpanLevel::Info),
    ("debug", SpanLevel::Debug),
    ("trace", SpanLevel::Trace),
];

impl SpanLevel {
    /// The variant of `traced::SpanLevel`; `None` for the default, which a call site has by itself.
    pub(crate) fn variant(self) -> Option<&'static str> {
        match self {
            SpanLevel::Error => Some("Error"),
            SpanLevel::Warn => Some("Warn"),
            SpanLevel::Info => None,
            SpanLevel::Debug => Some("Debug"),
            SpanLevel::Trace => Some("Trace"),
        }
    }

    /// The level that an argument names.
    pub(crate) fn of(arg: Option<&Arg<Expr>>, errors: &mut Errors) -> Self {
        let found = keyword(arg, LEVELS, "debug", diagnostics::unknown_level, errors);
        found.unwrap_or(SpanLevel::Info)
    }
}

impl SpanSpec {
    /// Whether the start of the span may evaluate expressions of the user, which mention parameters.
    pub(crate) fn looks_at_parameters(&self) -> bool {
        !self.attributes.is_empty()
            || !self.lazy.is_empty()
            || self.inject.is_some()
            || self.links.is_some()
            || self.enabled.is_some()
            || !self.baggage.is_empty()
            || !self.scoped.is_empty()
            || matches!(self.name, Name::Computed { .. })
            || matches!(self.parent, Parent::Given(_) | Parent::Extracted(_))
    }

    /// Whether the span may start at the first poll of a future. By then the parameters may be gone,
    /// and with them a carrier that the context is injected into.
    pub(crate) fn may_start_at_first_poll(&self) -> bool {
        self.inject.is_none() && self.enabled.is_none() && !self.is_current
    }

    /// The span of an expression in an annotated function.
    pub(crate) fn inside(
        args: Args,
        name: String,
        place: Span,
        crate_context: &CrateContext,
        errors: &mut Errors,
    ) -> Self {
        rules::check_inside(&args, errors);
        lints::check_inside(&args, errors);
        SpanSpec {
            place: Some(place),
            ..SpanSpec::build(args, name, SpanSubject::Expression, crate_context, errors)
        }
    }

    /// Fills in the defaults.
    pub(super) fn build(
        args: Args,
        default_name: String,
        subject: SpanSubject,
        crate_context: &CrateContext,
        errors: &mut Errors,
    ) -> Self {
        // Without `..`, so that a new argument must be named here.
        let Args {
            names: _,
            name,
            kind,
            level,
            attributes,
            lazy,
            on_ok,
            on_err,
            error_if,
            fail_if,
            errors: errors_off,
            parent,
            extract,
            inject,
            links,
            baggage,
            scoped,
            enabled,
            current,
            root,
            scope,
            link,
            // These do not describe the span.
            skip: _,
            returns: _,
            spawn: _,
            allow: _,
            detached: _,
            also: _,
            krate: _,
        } = args;
        let (scope, version) = match scope_literal(scope, errors) {
            Some(scope) => (scope, String::new()),
            None => (crate_context.name.clone(), crate_context.version.clone()),
        };
        SpanSpec {
            name: span_name(name, default_name, errors),
            subject,
            place: None,
            kind: span_kind(kind.as_ref(), errors),
            level: SpanLevel::of(level.as_ref(), errors),
            scope,
            version,
            parent: span_parent(root, link, parent, extract),
            attributes: list(attributes),
            lazy: list(lazy),
            inject: value(inject),
            links: value(links),
            baggage: list(baggage),
            scoped: list(scoped),
            enabled: value(enabled),
            is_current: current.is_some(),
            on_ok: value(on_ok),
            on_err: value(on_err),
            observe: observe(error_if, errors_off, errors),
            fail_if: value(fail_if),
        }
    }
}

fn value<T>(arg: Option<Arg<T>>) -> Option<T> {
    arg.map(|arg| arg.value)
}

fn list(arg: Option<Arg<Vec<Entry>>>) -> Vec<Entry> {
    value(arg).unwrap_or_default()
}

fn span_name(arg: Option<Arg<Expr>>, function: String, errors: &mut Errors) -> Name {
    let Some(arg) = arg else {
        return Name::Fixed(function);
    };
    match string(&arg.value) {
        Some(name) => {
            if name.is_empty() {
                errors.push(diagnostics::empty_string(&arg.value, &arg.key));
            }
            Name::Fixed(name)
        }
        None => Name::Computed {
            default: function,
            expr: Box::new(without_into(arg.value)),
        },
    }
}

/// `format!(..).into()` without `.into()`: the name is converted by generated code, so rustc could
/// not infer the target of another conversion.
fn without_into(expr: Expr) -> Expr {
    match expr {
        Expr::MethodCall(call)
            if call.method == "into" && call.args.is_empty() && call.turbofish.is_none() =>
        {
            *call.receiver
        }
        other => other,
    }
}

fn span_parent(
    root: Option<Arg<()>>,
    link: Option<Arg<()>>,
    parent: Option<Arg<Expr>>,
    extract: Option<Arg<Expr>>,
) -> Parent {
    match (root, link, parent, extract) {
        (Some(_), ..) => Parent::Root,
        (_, Some(_), ..) => Parent::Link,
        (.., Some(parent), _) => Parent::Given(parent.value),
        (.., Some(carrier)) => Parent::Extracted(carrier.value),
        (None, None, None, None) => Parent::Current,
    }
}

fn span_kind(arg: Option<&Arg<Expr>>, errors: &mut Errors) -> SpanKind {
    let found = keyword(arg, KINDS, "client", diagnostics::unknown_kind, errors);
    found.unwrap_or(SpanKind::Internal)
}

/// The value of an argument that takes one of a few strings.
fn keyword<T: Copy>(
    arg: Option<&Arg<Expr>>,
    words: &[(&str, T)],
    example: &str,
    unknown: fn(&Expr, &str, &[&str]) -> syn::Error,
    errors: &mut Errors,
) -> Option<T> {
    let arg = arg?;
    let Some(written) = string(&arg.value) else {
        errors.push(diagnostics::expected_string(&arg.value, &arg.key, example));
        return None;
    };
    let found = words.iter().find(|(word, _)| *word == written);
    if found.is_none() {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        errors.push(unknown(&arg.value, &written, &known));
    }
    found.map(|(_, value)| *value)
}

fn scope_literal(arg: Option<Arg<Expr>>, errors: &mut Errors) -> Option<String> {
    let arg = arg?;
    let scope = string(&arg.value);
    match scope.as_deref() {
        None => errors.push(diagnostics::expected_string(
            &arg.value,
            &arg.key,
            "my.library",
        )),
        Some("") => errors.push(diagnostics::empty_string(&arg.value, &arg.key)),
        Some(_) => {}
    }
    scope
}

fn observe(error_if: Option<Arg<Expr>>, off: Option<Arg<Expr>>, errors: &mut Errors) -> Observe {
    if is_switched_off(
        off.as_ref(),
        |found| diagnostics::errors_takes_false(found),
        errors,
    ) {
        return Observe::Nothing;
    }
    match error_if {
        Some(predicate) => Observe::ErrorsIf(Box::new(predicate.value)),
        None => Observe::Errors,
    }
}

/// Whether an argument that only takes `false` is given. Another value is a mistake.
pub(super) fn is_switched_off(
    arg: Option<&Arg<Expr>>,
    mistake: fn(&Expr) -> syn::Error,
    errors: &mut Errors,
) -> bool {
    let Some(arg) = arg else { return false };
    let is_false = matches!(literal(&arg.value), Some(Lit::Bool(value)) if !value.value);
    if !is_false {
        errors.push(mistake(&arg.value));
    }
    is_false
}
