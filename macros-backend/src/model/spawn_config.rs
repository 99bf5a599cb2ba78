//! The configuration of the spawn sites of a function, or of one statement.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Path;

use super::crate_context::{CrateContext, krate};
use super::span_spec::{SpanSpec, SpanSubject};
use crate::args::{Args, InContainer};
use crate::diagnostics::{self, Errors};
use crate::item::Head;
use crate::lints;
use crate::syntax::expressions::{is_one_of, last_name, mentions_any};

/// What happens at the spawn sites.
pub(crate) struct SpawnConfig {
    /// Whether the spawn sites are not rewritten: `detached`, `spawn = false`.
    pub(crate) leaves_sites: bool,
    /// The span of each spawned task, if it gets one.
    pub(crate) span: Option<SpanSpec>,
    /// The names of the spawners in `also(..)`.
    pub(crate) also: Vec<String>,
    /// Whether the return type (`impl Trait`, `Response`) does not name the type of a stream, so that a
    /// wrapped stream may take its place.
    pub(crate) erases_streams: bool,
    pub(crate) origin: Origin,
    /// The path of `traced`.
    pub(crate) krate: TokenStream,
}

/// The function that the sites are in.
#[derive(Clone)]
pub(crate) struct Origin {
    function: String,
    crate_context: CrateContext,
}

impl Origin {
    pub(super) fn new(function: &str, crate_context: CrateContext) -> Self {
        Origin {
            function: function.to_owned(),
            crate_context,
        }
    }
}

impl SpawnConfig {
    /// The configuration without a span for each task.
    pub(crate) fn without_spans(leaves_sites: bool, origin: Origin, krate: TokenStream) -> Self {
        SpawnConfig {
            leaves_sites,
            span: None,
            also: Vec::new(),
            erases_streams: false,
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
            || args.level.is_some()
            || args.attributes.is_some()
            || args.link.is_some();
        SpawnConfig {
            leaves_sites: args.detached.is_some(),
            also: args.also.as_ref().map_or_else(Vec::new, |also| {
                also.value.iter().filter_map(last_name).collect()
            }),
            span: wants_span.then(|| span(args, &origin, errors)),
            erases_streams: false,
            origin,
            krate,
        }
    }

    /// Checks the arguments of an annotated `impl`, trait or module.
    pub(crate) fn check_container(args: &Args, crate_context: &CrateContext, errors: &mut Errors) {
        lints::check_inside(args, errors);
        let (krate, origin) = (
            krate(args.krate.as_ref()),
            Origin::new("", crate_context.clone()),
        );
        SpawnConfig::build(args.clone(), origin, krate, errors);
    }

    /// The configuration of an annotated statement in a function with this configuration.
    pub(crate) fn of_statement(&self, args: Args, errors: &mut Errors) -> Self {
        lints::check_inside(&args, errors);
        let krate = match &args.krate {
            Some(path) => krate(Some(path)),
            None => self.krate.clone(),
        };
        let mut config = SpawnConfig::build(args, self.origin.clone(), krate, errors);
        config.also.extend(self.also.iter().cloned());
        config.erases_streams = self.erases_streams;
        config
    }

    /// Adds what the head of the function decides. The sites are not rewritten if the function also has a
    /// `#[traced_spawn]`, which rewrites them, or if it is a `const fn`, as generated calls are not `const`.
    pub(super) fn in_function(mut self, head: &Head) -> Self {
        let is_traced_spawn = |path: &Path| is_one_of(path, &["traced_spawn"]);
        let mut paths = head.attributes.iter().map(|attribute| attribute.path());
        self.leaves_sites |= paths.any(is_traced_spawn) || head.signature.constness.is_some();
        let returned = head.signature.output.to_token_stream();
        self.erases_streams = mentions_any(returned, &|word| word == "impl" || word == "Response");
        self
    }
}

fn span(args: Args, origin: &Origin, errors: &mut Errors) -> SpanSpec {
    let (name, subject) = (default_name(origin), SpanSubject::Expression);
    // The location of the macro's call would be that of another attribute if this one is on a statement.
    let place = args.given().map(|(key, _)| key.span()).next();
    SpanSpec {
        place,
        ..SpanSpec::build(args, name, subject, &origin.crate_context, errors)
    }
}

fn default_name(origin: &Origin) -> String {
    format!("{}::spawn", origin.function)
}

/// `detached` excludes the arguments that describe a span.
fn check_detached(args: &Args, errors: &mut Errors) {
    let Some(detached) = &args.detached else {
        return;
    };
    let why = "a detached site is left as it is";
    let others = args
        .given()
        .filter(|(key, row)| *key != &detached.key && row.container != InContainer::Inherited);
    for (other, _) in others {
        errors.push(diagnostics::conflicting_arguments(
            &detached.key,
            other,
            why,
        ));
    }
}
