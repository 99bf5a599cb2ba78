//! [`Args`] and [`Item`] → [`Model`]: the rules, and every default filled in.
//!
//! After this stage no question is open: [`crate::function`] only writes.

mod expected;
mod parameters;
mod rules;
mod shape;
mod units;

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, ExprLit, Lit, Path};

pub(crate) use self::expected::Expected;
use self::parameters::looked_at;
pub(crate) use self::parameters::{Binding, LookedAt, Rebind, bindings};
pub(crate) use self::shape::{Exit, Output, ReturnedFuture, ReturnedStream, Shape, says_nothing};
use self::units::Origin;
pub(crate) use self::units::Units;
use crate::args::{Arg, Args, Entry, Mode, OnResult};
use crate::diagnostics::{self, Errors};
use crate::item::{Head, Item};
use crate::lints;
use crate::syntax::tokens::names_in;

/// Where a function stands: in which crate, whose name is the default
/// instrumentation scope, and in which annotated container.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub(crate) name: String,
    pub(crate) version: String,
    /// `Type`, of the default name `Type::method`.
    pub(crate) container: Option<String>,
}

impl Surroundings {
    /// Read here and not with `env!` in the user's crate, because a build
    /// without Cargo has no such variable and would not compile.
    pub(crate) fn from_cargo() -> Self {
        let variable = |name| std::env::var(name).unwrap_or_default();
        Surroundings {
            name: variable("CARGO_PKG_NAME"),
            version: variable("CARGO_PKG_VERSION"),
            container: None,
        }
    }

    pub(crate) fn within(&self, container: Option<&str>) -> Self {
        Surroundings {
            container: container.map(ToOwned::to_owned),
            ..self.clone()
        }
    }
}

/// An annotated function with nothing left to decide.
pub(crate) struct Model {
    /// `function`, or `Type::function` in an annotated container.
    pub(crate) function: String,
    pub(crate) krate: TokenStream,
    /// `None` for `#[traced_spawn]`.
    pub(crate) span: Option<Span>,
    pub(crate) units: Units,
    /// The names in the arguments.
    pub(crate) named_in_arguments: HashSet<String>,
    /// The names in `inject = ..`.
    pub(crate) injected: HashSet<String>,
}

/// The span of a function.
pub(crate) struct Span {
    pub(crate) name: Name,
    /// Whose span it is; `None` for the one that it stands in.
    pub(crate) function: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) scope: String,
    pub(crate) version: String,
    pub(crate) parent: Parent,
    pub(crate) attributes: Vec<Entry>,
    pub(crate) lazy: Vec<Entry>,
    pub(crate) inject: Option<Expr>,
    pub(crate) links: Option<Expr>,
    pub(crate) baggage: Vec<Entry>,
    pub(crate) enabled: Option<Expr>,
    /// Whether there is no span but the current one.
    pub(crate) is_current: bool,
    pub(crate) on_ok: Option<OnResult>,
    pub(crate) on_err: Option<OnResult>,
    pub(crate) observe: Observe,
    /// Which values that are no errors fail the span.
    pub(crate) fail_if: Option<Expr>,
    pub(crate) shape: Shape,
    /// The parameters that the arguments name.
    pub(crate) looked_at: Vec<LookedAt>,
}

pub(crate) enum Name {
    Fixed(String),
    Computed { default: String, expr: Expr },
}

pub(crate) enum Parent {
    Current,
    Given(Expr),
    /// In a carrier.
    Extracted(Expr),
    Root,
    /// A new trace, linked to the current span.
    Link,
}

/// What the result is asked.
pub(crate) enum Observe {
    Nothing,
    Errors,
    ErrorsIf(Expr),
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

const KINDS: &[(&str, Kind)] = &[
    ("internal", Kind::Internal),
    ("server", Kind::Server),
    ("client", Kind::Client),
    ("producer", Kind::Producer),
    ("consumer", Kind::Consumer),
];

impl Kind {
    /// The variant of `opentelemetry::trace::SpanKind`.
    pub(crate) fn variant(self) -> &'static str {
        match self {
            Kind::Internal => "Internal",
            Kind::Server => "Server",
            Kind::Client => "Client",
            Kind::Producer => "Producer",
            Kind::Consumer => "Consumer",
        }
    }
}

impl Model {
    /// Judges what was written, and fills in what was not.
    pub(crate) fn build(
        mode: Mode,
        args: Args,
        item: &Item,
        scope: &Surroundings,
        errors: &mut Errors,
    ) -> Self {
        let function = name_of(&item.head, scope);
        let krate = krate(args.krate.as_ref());
        let shape = Shape::of(item, args.returns.as_ref(), errors);
        rules::check(&args, &item.head, &shape, errors);
        let injected = args
            .inject
            .as_ref()
            .map(|carrier| carrier.value.to_token_stream());
        let injected = names_in(injected.unwrap_or_default());
        let named_in_arguments = args.names.clone();
        let looked_at = looked_at(&item.head, &args.names);
        let origin = Origin::new(&function, scope.clone());
        let (units, span) = match mode {
            Mode::SpawnSitesOnly => {
                lints::check_units(&args, item, errors);
                (Units::build(args, origin, krate.clone(), errors), None)
            }
            Mode::Span => {
                let leave = is_switched_off(
                    args.spawn.as_ref(),
                    |found| diagnostics::spawn_takes_false(found),
                    errors,
                );
                let scope = scope.clone();
                let mut span = Span::build(args, function.clone(), shape, scope, errors);
                span.function = Some(function.clone());
                span.looked_at = looked_at;
                (Units::plain(leave, origin, krate.clone()), Some(span))
            }
        };
        let units = units.unless_left_alone(&item.head);
        Model {
            function,
            krate,
            units,
            span,
            named_in_arguments,
            injected,
        }
    }
}

impl Span {
    /// Whether the start of the span looks at the parameters.
    pub(crate) fn looks_at_parameters(&self) -> bool {
        !self.attributes.is_empty()
            || !self.lazy.is_empty()
            || self.inject.is_some()
            || self.links.is_some()
            || self.enabled.is_some()
            || !self.baggage.is_empty()
            || matches!(self.name, Name::Computed { .. })
            || matches!(self.parent, Parent::Given(_) | Parent::Extracted(_))
    }

    /// Whether the span may start at the first poll of a future, when the
    /// parameters are gone: a carrier to write into would be too.
    pub(crate) fn can_wait(&self) -> bool {
        self.inject.is_none() && self.enabled.is_none() && !self.is_current
    }

    /// The span of an expression in an annotated function.
    pub(crate) fn inside(
        args: Args,
        name: String,
        surroundings: &Surroundings,
        errors: &mut Errors,
    ) -> Self {
        rules::check_inside(&args, errors);
        lints::check_inside(&args, errors);
        Span::build(args, name, Shape::Guarded, surroundings.clone(), errors)
    }

    fn build(
        args: Args,
        function: String,
        shape: Shape,
        scope: Surroundings,
        errors: &mut Errors,
    ) -> Self {
        let observe = observe(args.error_if, args.errors, errors);
        let (scope, version) = match scope_literal(args.scope, errors) {
            Some(scope) => (scope, String::new()),
            None => (scope.name, scope.version),
        };
        Span {
            name: name(args.name, function, errors),
            function: None,
            kind: kind(args.kind, errors),
            scope,
            version,
            parent: parent(args.root, args.parent, args.extract),
            attributes: args.attributes.map_or_else(Vec::new, |list| list.value),
            lazy: args.lazy.map_or_else(Vec::new, |list| list.value),
            inject: args.inject.map(|carrier| carrier.value),
            links: args.links.map(|links| links.value),
            baggage: args.baggage.map_or_else(Vec::new, |list| list.value),
            enabled: args.enabled.map(|condition| condition.value),
            is_current: args.current.is_some(),
            on_ok: args.on_ok.map(|list| list.value),
            on_err: args.on_err.map(|list| list.value),
            observe,
            fail_if: args.fail_if.map(|predicate| predicate.value),
            shape,
            looked_at: Vec::new(),
        }
    }
}

// The defaults.

/// `function`, or `Type::function` in an annotated container.
fn name_of(head: &Head, surroundings: &Surroundings) -> String {
    let function = head.signature.ident.unraw();
    match &surroundings.container {
        Some(container) => format!("{container}::{function}"),
        None => function.to_string(),
    }
}

pub(crate) fn krate(path: Option<&Arg<Path>>) -> TokenStream {
    match path {
        Some(path) => path.value.to_token_stream(),
        None => quote::quote!(::traced),
    }
}

fn string(expr: &Expr) -> Option<String> {
    match literal(expr)? {
        Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

/// The literal, perhaps from a `$kind:literal` of a macro, which is in a group of its own.
fn literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        Expr::Group(inner) => literal(&inner.expr),
        _ => None,
    }
}

fn name(arg: Option<Arg<Expr>>, function: String, errors: &mut Errors) -> Name {
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
            expr: without_into(arg.value),
        },
    }
}

/// `format!(..).into()` is made into a name by us, and into what else rustc could not tell.
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

fn parent(root: Option<Arg<()>>, parent: Option<Arg<Expr>>, extract: Option<Arg<Expr>>) -> Parent {
    match (root, parent, extract) {
        (Some(_), ..) => Parent::Root,
        (None, Some(parent), _) => Parent::Given(parent.value),
        (None, None, Some(carrier)) => Parent::Extracted(carrier.value),
        (None, None, None) => Parent::Current,
    }
}

fn kind(arg: Option<Arg<Expr>>, errors: &mut Errors) -> Kind {
    let Some(arg) = arg else {
        return Kind::Internal;
    };
    let Some(written) = string(&arg.value) else {
        errors.push(diagnostics::expected_string(&arg.value, &arg.key, "client"));
        return Kind::Internal;
    };
    match KINDS.iter().find(|(name, _)| *name == written) {
        Some((_, kind)) => *kind,
        None => {
            let known: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
            errors.push(diagnostics::unknown_kind(&arg.value, &written, &known));
            Kind::Internal
        }
    }
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
        Some(predicate) => Observe::ErrorsIf(predicate.value),
        None => Observe::Errors,
    }
}

/// `key = false`; anything else is a mistake.
fn is_switched_off(
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
