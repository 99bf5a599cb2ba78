//! A description of each spawn site that was found, for reports.

use proc_macro2::{Group, Span, TokenTree};
use quote::ToTokens;
use syn::Expr;

use super::SpawnRewriter;
use super::expression::{is_carried_by_hand, literal};
use super::scan::{Call, end_in_dot, names_before};
use crate::model::SpawnConfig;
use crate::syntax::expressions::mentions_any;

/// A place that hands work to a task, a thread or a pool.
#[derive(Clone, Debug)]
pub struct FoundSite {
    /// The name of the spawner: `spawn` of `tokio::spawn(work())`.
    pub span: Span,
    /// The path of the spawner, with its name: `["tokio", "spawn"]`, `["spawn"]`.
    pub path: Vec<String>,
    /// Whether the spawner is a method. The type of its receiver is not known.
    pub is_method: bool,
    /// The kind of the spawned work.
    pub unit: FoundUnit,
}

/// The kind of work that is spawned at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoundUnit {
    /// An `async` block, boxed or not.
    AsyncBlock,
    /// A closure, boxed or not.
    Closure,
    /// The context is carried by hand: `traced::carry(..)`, `future.with_context(..)`, or `attach` inside.
    Carried,
    /// Another library puts the future into a span: `future.instrument(span)`, `future.in_span(span)`.
    Instrumented,
    /// Any other expression, whose type is not known.
    Other,
    /// A parallel iterator, or an iterator of futures, whose items are the work.
    Iterator,
}

/// The sites in a body, in the order in which they were found.
pub(crate) fn find(
    body: &Group,
    config: &SpawnConfig,
    statements: &[SpawnConfig],
) -> Vec<FoundSite> {
    let rewriter = SpawnRewriter::new(config, statements);
    rewriter.carry_into(body.stream());
    rewriter.found.into_inner()
}

impl SpawnRewriter<'_> {
    pub(super) fn add_found(&self, site: FoundSite) {
        self.found.borrow_mut().push(site);
    }
}

impl FoundSite {
    pub(super) fn call(call: &Call<'_>, before: &[TokenTree], unit: &Expr) -> Self {
        let unit = match literal(unit) {
            _ if is_carried_by_hand(unit) || attaches(unit) => FoundUnit::Carried,
            _ if is_instrumented(unit) => FoundUnit::Instrumented,
            Some(Expr::Async(_)) => FoundUnit::AsyncBlock,
            Some(_) => FoundUnit::Closure,
            None => FoundUnit::Other,
        };
        FoundSite {
            span: call.name.span(),
            path: path(before, call.name.to_string()),
            is_method: end_in_dot(before),
            unit,
        }
    }

    /// `units.map(tokio::spawn)`.
    pub(super) fn by_path(path_of_spawner: &[TokenTree]) -> Option<Self> {
        let (name, before) = path_of_spawner.split_last()?;
        Some(FoundSite {
            span: name.span(),
            path: path(before, name.to_string()),
            is_method: false,
            unit: FoundUnit::Other,
        })
    }

    /// `units.collect::<JoinSet<_>>()`.
    pub(super) fn collected(call: &Call<'_>) -> Self {
        FoundSite {
            span: call.name.span(),
            path: vec!["JoinSet".to_owned(), call.name.to_string()],
            is_method: false,
            unit: FoundUnit::Iterator,
        }
    }

    /// `ids.par_iter()`.
    pub(super) fn parallel(call: &Call<'_>, before: &[TokenTree]) -> Self {
        FoundSite {
            span: call.name.span(),
            path: path(before, call.name.to_string()),
            is_method: end_in_dot(before),
            unit: FoundUnit::Iterator,
        }
    }
}

/// Whether the unit contains code that attaches a context of OpenTelemetry, or passes one on.
fn attaches(unit: &Expr) -> bool {
    const NAMES: &[&str] = &["attach", "with_context", "with_current_context"];
    mentions_any(unit.to_token_stream(), &|word| NAMES.contains(&word))
}

/// Whether the unit is a call of a method of `tracing` or `fastrace` that puts a future into a span.
fn is_instrumented(unit: &Expr) -> bool {
    const NAMES: &[&str] = &["in_current_span", "in_span", "instrument", "or_current"];
    matches!(unit, Expr::MethodCall(call) if NAMES.iter().any(|name| call.method == name))
}

/// The names before `::` at the end of the tokens, and `last`.
fn path(before: &[TokenTree], last: String) -> Vec<String> {
    let mut segments = names_before(before);
    segments.push(last);
    segments
}
