//! What happens to the spawn sites: of a function, or of one statement in it.

use proc_macro2::{Ident, TokenStream};
use syn::Path;
use syn::ext::IdentExt;

use super::crate_context::{CrateContext, krate};
use super::span_spec::{Name, Parent, SpanSpec, SpanSubject};
use crate::args::Args;
use crate::diagnostics::{self, Errors};
use crate::item::Head;
use crate::lints;

/// What becomes of the units that are spawned.
pub(crate) struct SpawnConfig {
    /// `detached`, `spawn = false`.
    pub(crate) leave: bool,
    /// A span for each of them.
    pub(crate) span: Option<SpanSpec>,
    is_named: bool,
    /// The names of further spawners.
    pub(crate) also: Vec<String>,
    pub(crate) origin: Origin,
    /// The path of `traced`.
    pub(crate) krate: TokenStream,
}

/// The function whose sites these are.
#[derive(Clone)]
pub(crate) struct Origin {
    function: String,
    scope: CrateContext,
}

impl Origin {
    pub(super) fn new(function: &str, scope: CrateContext) -> Self {
        Origin {
            function: function.to_owned(),
            scope,
        }
    }
}

impl SpawnConfig {
    /// SpawnConfig that get the context, or not even that, and nothing else.
    pub(crate) fn plain(leave: bool, origin: Origin, krate: TokenStream) -> Self {
        SpawnConfig {
            leave,
            span: None,
            is_named: false,
            also: Vec::new(),
            origin,
            krate,
        }
    }

    /// Judges the arguments of a `#[traced_spawn]`.
    pub(super) fn build(
        args: Args,
        origin: Origin,
        krate: TokenStream,
        errors: &mut Errors,
    ) -> Self {
        check_detached(&args, errors);
        let wants_span = args.name.is_some()
            || args.kind.is_some()
            || args.attributes.is_some()
            || args.link.is_some();
        SpawnConfig {
            leave: args.detached.is_some(),
            is_named: args.name.is_some(),
            also: args.also.as_ref().map_or_else(Vec::new, |also| {
                also.value.iter().filter_map(last_name).collect()
            }),
            span: wants_span.then(|| span(args, &origin, errors)),
            origin,
            krate,
        }
    }

    /// Of an `impl`, a trait or a module.
    pub(crate) fn of_container(args: Args, scope: CrateContext, errors: &mut Errors) -> Self {
        lints::check_inside(&args, errors);
        let krate = krate(args.krate.as_ref());
        SpawnConfig::build(args, Origin::new("", scope), krate, errors)
    }

    /// What a statement's own attribute says, in a function of these units.
    pub(crate) fn of_statement(&self, args: Args, errors: &mut Errors) -> Self {
        lints::check_inside(&args, errors);
        let krate = match &args.krate {
            Some(path) => krate(Some(path)),
            None => self.krate.clone(),
        };
        let mut units = SpawnConfig::build(args, self.origin.clone(), krate, errors);
        units.also.extend(self.also.iter().cloned());
        units
    }

    /// The name of the function changes from one to the next in a container.
    pub(crate) fn in_function(&mut self, function: &Ident) {
        let function = function.unraw().to_string();
        self.origin = Origin::new(&function, self.origin.scope.clone());
        if let (false, Some(span)) = (self.is_named, &mut self.span) {
            span.name = Name::Fixed(default_name(&self.origin));
        }
    }

    /// Leaves the sites to another of our attributes on the same function, and
    /// those of a `const fn` alone: our calls are not `const`.
    pub(super) fn unless_left_alone(mut self, head: &Head) -> Self {
        let is_ours = |path: &Path| last_name(path).is_some_and(|name| name == "traced_spawn");
        let others = head.attributes.iter();
        let other = others.map(|attribute| attribute.path()).any(is_ours);
        self.leave |= other || head.signature.constness.is_some();
        self
    }
}

fn span(args: Args, origin: &Origin, errors: &mut Errors) -> SpanSpec {
    let is_linked = args.link.is_some();
    let (name, subject) = (default_name(origin), SpanSubject::Expression);
    let mut span = SpanSpec::build(args, name, subject, &origin.scope, errors);
    if is_linked {
        span.parent = Parent::Link;
    }
    span
}

fn default_name(origin: &Origin) -> String {
    format!("{}::spawn", origin.function)
}

fn last_name(path: &Path) -> Option<String> {
    let last = path.segments.last()?;
    Some(last.ident.to_string())
}

/// A site that is left alone has no use for anything else.
fn check_detached(args: &Args, errors: &mut Errors) {
    let Some(detached) = &args.detached else {
        return;
    };
    let why = "a detached site is left as it is";
    for other in [
        args.name.as_ref().map(|arg| &arg.key),
        args.kind.as_ref().map(|arg| &arg.key),
        args.attributes.as_ref().map(|arg| &arg.key),
        args.link.as_ref().map(|arg| &arg.key),
        args.also.as_ref().map(|arg| &arg.key),
    ]
    .into_iter()
    .flatten()
    {
        errors.push(diagnostics::conflicting_arguments(
            &detached.key,
            other,
            why,
        ));
    }
}
