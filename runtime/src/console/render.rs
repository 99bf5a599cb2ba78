//! Renders a tree as lines: a header, and for every span its row and its details.

use std::collections::BTreeSet;

use opentelemetry::Key;
use opentelemetry::trace::SpanKind;
use opentelemetry_sdk::Resource;

use super::collect::{Cause, TraceBatch, TracePart};
use super::details;
use super::style::{Line, Style};
use super::text;
use super::time::{between, human};
use super::tree::{NEAR, Node, Tree};

/// Below this many columns there is no room for bars beside the names.
const WIDTH_FOR_BARS: usize = 48;

/// The columns by which each level is indented.
const RAIL: usize = 3;

/// The greatest length of a bar: longer ones would distract from the names.
const LONGEST_BAR: usize = 72;

/// The scope of the spans that this crate makes itself, such as those of a server's requests.
const OWN_SCOPE: &str = env!("CARGO_PKG_NAME");

/// Name and version of the service. `None` if it has no name, or the one that stands for an unknown service.
///
/// Specification: OpenTelemetry semantic conventions, *Service*, `service.name`.
pub(super) fn service_of(resource: &Resource) -> Option<String> {
    let value = |key| {
        let value = resource.get(&Key::from_static_str(key))?;
        Some(value.to_string()).filter(|text| !text.is_empty())
    };
    let name = value("service.name")?;
    let is_known = name.split(':').next() != Some("unknown_service");
    is_known.then(|| titled(&name, value("service.version").as_deref()))
}

/// The text of a batch, each line at most `columns` wide, followed by an empty line. The service's name stands for the
/// scopes.
pub(super) fn render(
    batch: &TraceBatch,
    service: Option<&str>,
    columns: usize,
    color: bool,
) -> String {
    let tree = Tree::of(batch);
    let mut out = String::new();
    header(batch, &tree, service, columns).write(color, &mut out);
    let layout = Layout::of(&tree, columns);
    for node in &tree.nodes {
        row(node, &tree, &layout).write(color, &mut out);
        for detail in details::of(node, batch, layout.details_width(node)) {
            let mut line = Line::new().with(Style::Dim, layout.rails_below(node));
            line.append(detail);
            line.fit(columns).write(color, &mut out);
        }
    }
    out.push('\n');
    out
}

/// `● POST /orders · 182ms · 7 spans · 1 error · shop 0.1.0 · 4bf92f3577b34da6a3ce929d0e0e4736`
fn header(batch: &TraceBatch, tree: &Tree<'_>, service: Option<&str>, columns: usize) -> Line {
    let trace = batch.trace.to_string();
    let origin = service.map_or_else(|| scopes(tree), str::to_owned);
    // Tries the whole line first, then a short id, then without the service or scope, until the line fits.
    let attempts = [
        (Some(&origin), trace.clone()),
        (Some(&origin), text::short(&trace)),
        (None, text::short(&trace)),
    ];
    let mut line = Line::new();
    for (origin, trace) in attempts {
        line = summary(batch, tree, columns);
        for fact in origin.into_iter().chain([&trace]) {
            line.push(Style::Dim, format!(" · {fact}"));
        }
        if line.width() <= columns {
            break;
        }
    }
    line.fit(columns)
}

fn summary(batch: &TraceBatch, tree: &Tree<'_>, columns: usize) -> Line {
    let failed = tree.nodes.iter().filter(|node| node.failed()).count();
    let running = tree.nodes.iter().filter(|node| node.running).count();
    let (style, glyph) = match (batch.cause, failed, batch.part) {
        (Cause::Unfinished, ..) => (Style::Warning, "… "),
        (Cause::Finished, 1.., _) => (Style::Error, "✗ "),
        (Cause::Finished, 0, TracePart::Late) => (Style::Mark, "↳ "),
        (Cause::Finished, 0, TracePart::First) => (Style::Success, "● "),
    };
    let name = tree.nodes.first().map_or("", |root| &root.data.name);
    let name = text::truncate(&text::escape(name), columns / 2);
    let mut line = Line::new().with(style, glyph).with(Style::Title, name);
    let mut fact = |style, fact: String| {
        line.push(Style::Dim, " · ");
        line.push(style, fact);
    };
    fact(Style::Title, human(tree.axis.length));
    fact(Style::Plain, text::count(tree.nodes.len(), "span"));
    if failed > 0 {
        fact(Style::Error, text::count(failed, "error"));
    }
    if batch.part == TracePart::Late {
        fact(Style::Mark, "late".to_owned());
    }
    match batch.cause {
        Cause::Unfinished => fact(Style::Warning, "… unfinished".to_owned()),
        Cause::Finished if running > 0 => fact(Style::Warning, format!("{running} running")),
        Cause::Finished => {}
    }
    if batch.dropped > 0 {
        let dropped = text::count(batch.dropped, "span");
        fact(Style::Warning, format!("{dropped} dropped"));
    }
    line
}

/// The scope of the root, or the first one that is not ours, and the number of other scopes.
fn scopes(tree: &Tree<'_>) -> String {
    let Some(root) = tree.nodes.first() else {
        return String::new();
    };
    let mut scopes = tree.nodes.iter().map(|n| &n.data.instrumentation_scope);
    let scope = scopes.find(|scope| scope.name() != OWN_SCOPE);
    let scope = scope.unwrap_or(&root.data.instrumentation_scope);
    let mut shown = titled(scope.name(), scope.version());
    let names = tree
        .nodes
        .iter()
        .map(|n| n.data.instrumentation_scope.name());
    let others = names.collect::<BTreeSet<_>>().len() - 1;
    if others > 0 {
        shown = format!("{shown} +{}", text::count(others, "scope"));
    }
    shown
}

/// A name and its version.
fn titled(name: &str, version: Option<&str>) -> String {
    let name = text::truncate(&text::escape(name), 32);
    match version {
        Some(version) => format!("{name} {}", text::truncate(&text::escape(version), 16)),
        None => name,
    }
}

/// The columns that all rows of a tree share: names, durations, bars.
struct Layout {
    columns: usize,
    names: usize,
    durations: usize,
    /// Zero if there is no room.
    bars: usize,
}

impl Layout {
    /// Names get the width that they need, as long as a quarter of the line is left for bars;
    /// bars get the rest.
    fn of(tree: &Tree<'_>, columns: usize) -> Self {
        let durations = tree.nodes.iter().map(|node| text::width(&duration(node)));
        let durations = durations.max().unwrap_or(0);
        let shortest = if columns < WIDTH_FOR_BARS {
            0
        } else {
            columns / 4
        };
        let gaps = if shortest == 0 { 1 } else { 3 };
        let mut layout = Layout {
            columns,
            names: columns.saturating_sub(durations + shortest + gaps).max(1),
            durations,
            bars: 0,
        };
        let labels = tree.nodes.iter().map(|node| layout.label(node).width());
        layout.names = labels.max().unwrap_or(0);
        if shortest > 0 {
            let rest = columns.saturating_sub(layout.names + durations + gaps);
            layout.bars = rest.min(LONGEST_BAR);
        }
        layout
    }

    /// Rails, name, kind and marks; the name is shortened if they do not fit.
    fn label(&self, node: &Node<'_>) -> Line {
        let mut line = Line::new().with(Style::Dim, self.rails(node));
        let marks = marks(node);
        let room = self.names.saturating_sub(line.width() + marks.width());
        let style = match (node.failed(), node.is_root()) {
            (true, _) => Style::ErrorName,
            (false, true) => Style::Title,
            (false, false) => Style::Plain,
        };
        let name = text::escape(&node.data.name);
        line.push(style, text::truncate(&name, room.max(4)));
        line.append(marks);
        line.fit(self.names)
    }

    fn rails(&self, node: &Node<'_>) -> String {
        let Some((last, ancestors)) = node.last.split_last() else {
            return String::new();
        };
        let own = if *last { "└─ " } else { "├─ " };
        self.ancestors(node, ancestors, 1) + own
    }

    /// The rails beside the details of a span, two columns right of its name.
    fn rails_below(&self, node: &Node<'_>) -> String {
        let children = if node.has_children { "│ " } else { "  " };
        self.ancestors(node, &node.last, 0) + children
    }

    /// The rails of the nearest ancestors, as many as have room. The caller adds `own` further ones, which count too.
    fn ancestors(&self, node: &Node<'_>, last: &[bool], own: usize) -> String {
        let room = (self.columns / 4 / RAIL).clamp(2, NEAR);
        let hidden = node.depth.saturating_sub(room);
        let shown = node.depth - hidden - own.min(node.depth);
        let near = last.len().saturating_sub(shown);
        let mut rails = String::new();
        if hidden > 0 {
            rails.push_str(&format!("⋯{hidden} "));
        }
        for &last in &last[near..] {
            rails.push_str(if last { "   " } else { "│  " });
        }
        rails
    }

    fn details_width(&self, node: &Node<'_>) -> usize {
        self.columns
            .saturating_sub(text::width(&self.rails_below(node)))
    }
}

/// The line of a span: label, duration, bar.
fn row(node: &Node<'_>, tree: &Tree<'_>, layout: &Layout) -> Line {
    let mut line = layout.label(node);
    line.pad(layout.names + 1);
    let duration = duration(node);
    let blank = layout.durations.saturating_sub(text::width(&duration));
    line.push(Style::Plain, " ".repeat(blank));
    line.push(Style::Plain, duration);
    if layout.bars > 0 {
        let (start, end) = (node.data.start_time, node.end);
        let (blank, bar) = tree.axis.bar(start, end, node.running, layout.bars);
        line.push(Style::Plain, " ".repeat(2 + blank));
        line.push(bar_style(node), bar);
    }
    line.fit(layout.columns)
}

fn duration(node: &Node<'_>) -> String {
    human(between(node.data.start_time, node.end))
}

fn marks(node: &Node<'_>) -> Line {
    let mut line = Line::new();
    if let Some(kind) = kind(node) {
        line.push(kind_style(node), format!(" {kind}"));
    }
    if node.spawned {
        line.push(Style::Mark, " ↗");
    }
    if node.cancelled() {
        line.push(Style::Warning, " cancelled");
    }
    if node.running {
        line.push(Style::Warning, " running");
    }
    if node.failed() {
        line.push(Style::ErrorName, " ✗");
    }
    line
}

fn kind(node: &Node<'_>) -> Option<&'static str> {
    match node.data.span_kind {
        SpanKind::Internal => None,
        SpanKind::Server => Some("server"),
        SpanKind::Client => Some("client"),
        SpanKind::Producer => Some("producer"),
        SpanKind::Consumer => Some("consumer"),
    }
}

fn kind_style(node: &Node<'_>) -> Style {
    match node.data.span_kind {
        SpanKind::Internal => Style::Internal,
        SpanKind::Server => Style::Server,
        SpanKind::Client => Style::Client,
        SpanKind::Producer | SpanKind::Consumer => Style::Messaging,
    }
}

fn bar_style(node: &Node<'_>) -> Style {
    if node.failed() {
        Style::Error
    } else if node.cancelled() {
        Style::Warning
    } else {
        kind_style(node)
    }
}

#[cfg(test)]
mod tests;
