//! [`Args`] and [`Item`] → [`FunctionModel`]: the rules, and every default filled in.
//!
//! The later stages neither decide anything nor report errors.

mod crate_context;
mod expected;
mod parameters;
mod return_type;
mod rules;
mod shape;
mod span_spec;
mod spawn_config;
mod types;

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;

pub use self::crate_context::CrateContext;
pub(crate) use self::crate_context::krate;
pub(crate) use self::expected::Expected;
use self::parameters::recorded_params;
pub(crate) use self::parameters::{Binding, Rebind, RecordedParam, bindings};
pub(crate) use self::shape::{Exit, Output, ReturnedFuture, ReturnedStream, Shape};
use self::span_spec::is_switched_off;
pub(crate) use self::span_spec::{
    Name, Observe, Parent, SpanKind, SpanLevel, SpanSpec, SpanSubject,
};
use self::spawn_config::Origin;
pub(crate) use self::spawn_config::SpawnConfig;
pub(crate) use self::types::{cannot_fail, holds_impl_trait};
use crate::args::{Args, Mode};
use crate::diagnostics::{self, Errors};
use crate::item::{Head, Item};
use crate::lints;
use crate::syntax::tokens::names_in;

/// A judged function: every default is filled in.
pub(crate) struct FunctionModel {
    /// `function`, or `Type::function` in an annotated container.
    pub(crate) function: String,
    pub(crate) krate: TokenStream,
    /// `None` for `#[traced_spawn]`.
    pub(crate) span: Option<FunctionSpan>,
    pub(crate) spawn_config: SpawnConfig,
    /// Every name that the arguments mention.
    pub(crate) named_in_arguments: HashSet<String>,
    /// Every name that the value of `inject` mentions.
    pub(crate) injected: HashSet<String>,
}

/// The span of a function.
pub(crate) struct FunctionSpan {
    pub(crate) spec: SpanSpec,
    pub(crate) shape: Shape,
    /// The parameters that the arguments mention.
    pub(crate) recorded_params: Vec<RecordedParam>,
}

impl FunctionModel {
    /// Checks the arguments against the function, and fills in the defaults.
    pub(crate) fn build(
        mode: Mode,
        args: Args,
        item: &Item,
        crate_context: &CrateContext,
        errors: &mut Errors,
    ) -> Self {
        let function = name_of(&item.head, crate_context);
        let krate = krate(args.krate.as_ref());
        let shape = Shape::of(item, args.returns.as_ref(), errors);
        rules::check(&args, &item.head, &shape, errors);
        let injected = args
            .inject
            .as_ref()
            .map(|carrier| carrier.value.to_token_stream());
        let injected = names_in(injected.unwrap_or_default());
        let named_in_arguments = args.names.clone();
        let recorded_params = recorded_params(&item.head, &args.names);
        let origin = Origin::new(&function, crate_context.clone());
        let (spawn_config, span) = match mode {
            Mode::SpawnSitesOnly => {
                lints::check_spawn_sites(&args, item, errors);
                (
                    SpawnConfig::build(args, origin, krate.clone(), errors),
                    None,
                )
            }
            Mode::Span => {
                let leaves_sites = is_switched_off(
                    args.spawn.as_ref(),
                    |found| diagnostics::spawn_takes_false(found),
                    errors,
                );
                let spec = span_spec(args, &function, &item.head, crate_context, errors);
                let span = FunctionSpan {
                    spec,
                    shape,
                    recorded_params,
                };
                (
                    SpawnConfig::without_spans(leaves_sites, origin, krate.clone()),
                    Some(span),
                )
            }
        };
        let spawn_config = spawn_config.in_function(&item.head);
        FunctionModel {
            function,
            krate,
            spawn_config,
            span,
            named_in_arguments,
            injected,
        }
    }
}

/// The span of a whole function.
fn span_spec(
    args: Args,
    function: &str,
    head: &Head,
    crate_context: &CrateContext,
    errors: &mut Errors,
) -> SpanSpec {
    let subject = match crate_context.container.is_none() && is_method(head) {
        true => SpanSubject::Method,
        false => SpanSubject::Function(function.to_owned()),
    };
    let name = &head.signature.ident;
    SpanSpec {
        place: crate_context.is_in_container.then(|| name.span()),
        ..SpanSpec::build(args, function.to_owned(), subject, crate_context, errors)
    }
}

/// Whether the signature shows that the function belongs to a type.
fn is_method(head: &Head) -> bool {
    let signature = &head.signature;
    signature.receiver().is_some() || names_in(signature.to_token_stream()).contains("Self")
}

/// `function`, or `Type::function` in an annotated container.
fn name_of(head: &Head, crate_context: &CrateContext) -> String {
    let function = head.signature.ident.unraw();
    match &crate_context.container {
        Some(container) => format!("{container}::{function}"),
        None => function.to_string(),
    }
}
