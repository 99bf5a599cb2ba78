//! A description of each spawn site that was found, for reports.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Expr;

use super::SpawnRewriter;
use super::expression::{is_carried_by_hand, literal};
use super::scan::{Call, end_in_dot, is_behind, names_before};
use crate::model::SpawnConfig;
use crate::syntax::tokens::is_punct;

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
        FoundSite {
            span: call.name.span(),
            path: path(before, call.name.to_string()),
            is_method: end_in_dot(before),
            unit: unit_of(unit),
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

/// The kind of an expression that is spawned.
pub(crate) fn unit_of(unit: &Expr) -> FoundUnit {
    match literal(unit) {
        _ if is_carried_by_hand(unit) || attaches(unit.to_token_stream()) => FoundUnit::Carried,
        _ if is_instrumented(unit) => FoundUnit::Instrumented,
        Some(Expr::Async(_)) => FoundUnit::AsyncBlock,
        Some(_) => FoundUnit::Closure,
        None => FoundUnit::Other,
    }
}

/// Whether code of a unit attaches a context of OpenTelemetry, or passes one on: `cx.attach()`, `Context::attach(cx)`,
/// `work().with_context(cx)`, `work().with_current_context()`.
///
/// Other libraries have methods of these names: `mail.attach(file)`, `result.with_context(|| "not sent")`.
fn attaches(code: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = code.into_iter().collect();
    (0..tokens.len()).any(|index| match &tokens[index] {
        TokenTree::Group(group) => attaches(group.stream()),
        _ => {
            let (before, rest) = tokens.split_at(index);
            Call::at_start_of(rest).is_some_and(|call| is_attachment(&call, before))
        }
    })
}

fn is_attachment(call: &Call<'_>, before: &[TokenTree]) -> bool {
    let arguments: Vec<TokenTree> = call.arguments.stream().into_iter().collect();
    if !end_in_dot(before) {
        return call.name == "attach" && is_behind(before, &["Context"]);
    }
    match call.name.to_string().as_str() {
        // The rewriter has written this one, into a site inside the unit.
        "attach" => arguments.is_empty() && !ends_in_captured(before),
        "with_context" => !arguments.is_empty() && !is_closure(&arguments),
        "with_current_context" => arguments.is_empty(),
        _ => false,
    }
}

/// Whether the tokens end in `__captured.`.
fn ends_in_captured(before: &[TokenTree]) -> bool {
    matches!(before, [.., TokenTree::Ident(receiver), _dot] if receiver == "__captured")
}

/// Whether the tokens begin as a closure does.
fn is_closure(tokens: &[TokenTree]) -> bool {
    let is_move = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word == "move");
    let first = tokens.iter().find(|token| !is_move(token));
    is_punct(first, '|')
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
