//! The lines below the row of a span: a parent outside the tree, attributes, events, errors and
//! links.

use opentelemetry::trace::{Event, Link, SpanId, Status};
use opentelemetry::{KeyValue, Value};

use super::collect::{TraceBatch, key_of};
use super::style::{Line, Style};
use super::text;
use super::time::{between, human};
use super::tree::Node;

/// Attributes of one span take at most this many lines.
const ATTRIBUTE_LINES: usize = 4;

/// Messages and source chains take at most this many lines each.
const ERROR_LINES: usize = 8;

/// Attributes that are shown as marks beside the name.
const SHOWN_AS_MARKS: [&str; 2] = ["traced.cancelled", "traced.spawned"];

const EXCEPTION: [&str; 3] = [
    "exception.type",
    "exception.message",
    "exception.stacktrace",
];

/// The lines below the row of `node`, for a terminal with `columns` left beside the rails.
pub(super) fn of(node: &Node<'_>, batch: &TraceBatch, columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    lines.extend(function(node));
    lines.extend(parent_elsewhere(node, batch));
    attributes(&node.data.attributes, &SHOWN_AS_MARKS, columns, &mut lines);
    for event in node.data.events.iter() {
        if event.name == "exception" {
            exception(event, node, &mut lines);
        } else {
            lines.push(plain_event(event, node));
        }
    }
    description(node, &mut lines);
    for link in node.data.links.iter() {
        lines.push(link_line(link, batch));
    }
    lines.extend(dropped(node));
    lines
}

/// `fn shop::cart::Store::load`, if several functions have spans of this name.
fn function(node: &Node<'_>) -> Option<Line> {
    let path = text::escape(node.path.as_deref()?);
    Some(Line::new().with(Style::Dim, format!("fn {path}")))
}

/// `↤ parent POST /orders`, for a span whose parent is not in this tree.
fn parent_elsewhere(node: &Node<'_>, batch: &TraceBatch) -> Option<Line> {
    let parent = node.data.parent_span_id;
    if !node.is_root() || parent == SpanId::INVALID {
        return None;
    }
    let shown = match batch.names.get(&(batch.trace, parent)) {
        Some(name) => text::escape(name),
        None if node.data.parent_span_is_remote => format!("{parent} (remote)"),
        None => format!("{parent} (not recorded)"),
    };
    Some(Line::new().with(Style::Dim, format!("↤ parent {shown}")))
}

/// `key=value key=value`, wrapped between pairs.
fn attributes(pairs: &[KeyValue], hidden: &[&str], columns: usize, lines: &mut Vec<Line>) {
    let pairs = shown_pairs(pairs, hidden);
    let mut line = Line::new();
    let mut wrapped = 0;
    for (position, pair) in pairs.iter().enumerate() {
        let pair = text::truncate(pair, columns);
        if !line.is_empty() && line.width() + 1 + text::width(&pair) > columns {
            lines.push(std::mem::take(&mut line));
            wrapped += 1;
            if wrapped == ATTRIBUTE_LINES {
                let more = pairs.len() - position;
                lines.push(Line::new().with(Style::Dim, format!("… {more} more")));
                return;
            }
        }
        if !line.is_empty() {
            line.push(Style::Dim, " ");
        }
        line.push(Style::Dim, pair);
    }
    if !line.is_empty() {
        lines.push(line);
    }
}

/// The pairs as text. A key that was set twice has its last value in its first place.
fn shown_pairs(pairs: &[KeyValue], hidden: &[&str]) -> Vec<String> {
    let mut shown: Vec<&KeyValue> = Vec::with_capacity(pairs.len());
    for pair in pairs {
        if hidden.contains(&pair.key.as_str()) {
            continue;
        }
        match shown.iter_mut().find(|earlier| earlier.key == pair.key) {
            Some(earlier) => *earlier = pair,
            None => shown.push(pair),
        }
    }
    let text = |pair: &&KeyValue| format!("{}={}", text::escape(pair.key.as_str()), value(pair));
    shown.iter().map(text).collect()
}

/// The value on one line, with each run of white space as one space; quoted if its end could not be seen.
fn value(pair: &KeyValue) -> String {
    let is_string = matches!(pair.value, Value::String(_));
    let shown = text::escape(&text::collapse(&pair.value.as_str()));
    if is_string && (shown.is_empty() || shown.contains([' ', '"'])) {
        format!("\"{}\"", shown.replace('"', "\\\""))
    } else {
        shown
    }
}

/// `• cache miss +1.20ms key=value`
fn plain_event(event: &Event, node: &Node<'_>) -> Line {
    let name = text::escape(&event.name);
    let mut shown = format!("• {name} {}", since_start(event, node));
    for pair in shown_pairs(&event.attributes, &[]) {
        shown = shown + " " + &pair;
    }
    Line::new().with(Style::Dim, shown)
}

fn since_start(event: &Event, node: &Node<'_>) -> String {
    format!("+{}", human(between(node.data.start_time, event.timestamp)))
}

/// `✗ PaymentError: card declined +81.0ms`, then the rest of the message and the chain.
fn exception(event: &Event, node: &Node<'_>, lines: &mut Vec<Line>) {
    let [kind, message, stacktrace] = EXCEPTION.map(|key| string(&event.attributes, key));
    let title = title(&kind, &message);
    let mut shown = title.lines();
    let mut line = Line::new().with(Style::ErrorName, "✗ ");
    line.push(
        Style::ErrorName,
        text::escape(shown.next().unwrap_or("error")),
    );
    line.push(Style::Dim, format!(" {}", since_start(event, node)));
    for pair in shown_pairs(&event.attributes, &EXCEPTION) {
        line.push(Style::Dim, format!(" {pair}"));
    }
    lines.push(line);
    error_lines(shown.collect(), lines);
    let printed: Vec<&str> = message
        .lines()
        .chain(title.lines())
        .map(str::trim)
        .collect();
    let chain = stacktrace.lines().filter(|l| !printed.contains(&l.trim()));
    error_lines(chain.collect(), lines);
}

fn title(kind: &str, message: &str) -> String {
    match (kind, message) {
        (kind, "") => kind.to_owned(),
        ("", message) => message.to_owned(),
        (kind, message) => format!("{kind}: {message}"),
    }
}

fn error_lines(texts: Vec<&str>, lines: &mut Vec<Line>) {
    let texts: Vec<_> = texts.into_iter().filter(|t| !t.trim().is_empty()).collect();
    for text in texts.iter().take(ERROR_LINES) {
        let indented = format!("  {}", text::escape(&text.replace('\t', "  ")));
        lines.push(Line::new().with(Style::Error, indented));
    }
    if texts.len() > ERROR_LINES {
        let more = texts.len() - ERROR_LINES;
        lines.push(Line::new().with(Style::Dim, format!("  … {more} more")));
    }
}

/// The description of a failed span, unless one of its exceptions has the same message.
fn description(node: &Node<'_>, lines: &mut Vec<Line>) {
    let Status::Error { description } = &node.data.status else {
        return;
    };
    let exceptions = node.data.events.iter().filter(|e| e.name == "exception");
    let messages = exceptions.map(|event| string(&event.attributes, "exception.message"));
    if description.is_empty() || messages.into_iter().any(|m| m == *description) {
        return;
    }
    let kind = string(&node.data.attributes, "error.type");
    let title = title(&kind, description);
    let mut shown = title.lines();
    let first = format!("✗ {}", text::escape(shown.next().unwrap_or_default()));
    lines.push(Line::new().with(Style::Error, first));
    error_lines(shown.collect(), lines);
}

/// `⇢ link 4bf92f35:00f067aa enqueue_email key=value`
fn link_line(link: &Link, batch: &TraceBatch) -> Line {
    let key = key_of(&link.span_context);
    let target = format!("⇢ link {}:{}", text::short(key.0), text::short(key.1));
    let mut line = Line::new().with(Style::Mark, target);
    let inside = batch.spans.iter().map(|seen| &seen.data);
    let inside = inside.filter(|data| key_of(&data.span_context) == key);
    let name = inside.map(|data| &data.name).next();
    if let Some(name) = name.or_else(|| batch.names.get(&key)) {
        line.push(Style::Plain, format!(" {}", text::escape(name)));
    }
    for pair in shown_pairs(&link.attributes, &[]) {
        line.push(Style::Dim, format!(" {pair}"));
    }
    line
}

/// The counts of what limits dropped.
fn dropped(node: &Node<'_>) -> Option<Line> {
    let counts = [
        (node.data.dropped_attributes_count, "attribute"),
        (node.data.events.dropped_count, "event"),
        (node.data.links.dropped_count, "link"),
    ];
    let lost = counts.into_iter().filter(|(number, _)| *number > 0);
    let lost: Vec<_> = lost
        .map(|(n, noun)| text::count(n as usize, noun))
        .collect();
    let shown = || format!("… {} dropped", lost.join(", "));
    (!lost.is_empty()).then(|| Line::new().with(Style::Warning, shown()))
}

fn string(pairs: &[KeyValue], key: &str) -> String {
    let mut newest_first = pairs.iter().rev();
    let found = newest_first.find(|pair| pair.key.as_str() == key);
    found.map_or_else(String::new, |pair| pair.value.to_string())
}
