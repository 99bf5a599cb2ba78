//! Parses the text of an expected tree.

use opentelemetry::trace::{SpanKind, Status};

use super::span::{Span, on_one_line};
use super::wildcard::matches;

/// The expected children of a span, or the expected roots.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Siblings {
    pub(super) nodes: Vec<Node>,
    /// Whether they may have started in any order.
    pub(super) in_any_order: bool,
}

/// A line, and the lines indented below it.
#[derive(Debug, PartialEq)]
pub(super) enum Node {
    /// `..`: any number of spans with everything below them.
    Rest,
    Span(Box<Pattern>, Siblings),
}

/// The parts of a span that a line names.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Pattern {
    /// The line as it was written.
    pub(super) text: String,
    name: String,
    kind: Option<SpanKind>,
    /// Keys and values; `None` means that the attribute must be missing.
    attributes: Vec<(String, Option<String>)>,
    status: Option<Expected>,
}

/// The status that a line names.
#[derive(Debug, PartialEq)]
enum Expected {
    Unset,
    Ok,
    /// An error with this description.
    Error(String),
}

const ANY_ORDER: &str = "(any order)";

/// Parses a tree; the error is a sentence about the mistake.
pub(super) fn parse(text: &str) -> Result<Siblings, String> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let lines: Vec<Line<'_>> = lines.map(Line::of).collect::<Result<_, _>>()?;
    let indent = lines.first().map_or(0, |line| line.indent);
    let mut rest = &lines[..];
    let siblings = siblings(&mut rest, indent)?;
    match rest.first() {
        None => Ok(siblings),
        Some(line) => Err(format!(
            "`{}` is indented less than the first line",
            line.text
        )),
    }
}

struct Line<'t> {
    indent: usize,
    text: &'t str,
}

impl<'t> Line<'t> {
    fn of(line: &'t str) -> Result<Self, String> {
        let text = line.trim();
        let indent = &line[..line.len() - line.trim_start().len()];
        match indent.chars().all(|space| space == ' ') {
            true => Ok(Line {
                indent: indent.len(),
                text,
            }),
            false => Err(format!("`{text}` is not indented with spaces alone")),
        }
    }
}

fn siblings(lines: &mut &[Line<'_>], indent: usize) -> Result<Siblings, String> {
    let mut siblings = Siblings::default();
    while let Some((line, rest)) = lines.split_first() {
        if line.indent < indent {
            break;
        }
        if line.indent > indent {
            return Err(format!(
                "`{}` is indented between its siblings and their children",
                line.text
            ));
        }
        *lines = rest;
        if line.text == ANY_ORDER {
            siblings.in_any_order = true;
            continue;
        }
        let children = match rest.first() {
            Some(next) if next.indent > indent => self::siblings(lines, next.indent)?,
            _ => Siblings::default(),
        };
        siblings.nodes.push(match line.text {
            ".." if !children.nodes.is_empty() => {
                return Err("`..` has no children: it stands for whole spans".to_owned());
            }
            ".." => Node::Rest,
            text => Node::Span(Box::new(Pattern::parse(text)), children),
        });
    }
    Ok(siblings)
}

impl Node {
    /// The number of spans that it names.
    pub(super) fn size(&self) -> usize {
        match self {
            Node::Rest => 0,
            Node::Span(_, children) => 1 + children.nodes.iter().map(Node::size).sum::<usize>(),
        }
    }
}

/// A word of a line that is not part of the name.
enum Word {
    Kind(SpanKind),
    Attribute(String, Option<String>),
    Status(Expected),
}

impl Pattern {
    /// The name ends at the first word that is a kind, an attribute or a status; a value ends at the next such word.
    fn parse(text: &str) -> Self {
        let mut pattern = Pattern {
            text: text.to_owned(),
            ..Pattern::default()
        };
        let mut rest = text;
        if let Some((name, after)) = quoted(text) {
            pattern.name = name.to_owned();
            rest = after;
        }
        let mut is_first = rest.len() == text.len();
        while !rest.is_empty() {
            let (word, after) = next_word(rest);
            let gap = &rest[..rest.len() - rest.trim_start().len()];
            // A description extends to the end of its line.
            if let Some(description) = rest.trim_start().strip_prefix("error: ") {
                if !is_first {
                    pattern.status = Some(Expected::Error(description.to_owned()));
                    break;
                }
            }
            match Word::of(word) {
                Some(word) if !is_first => pattern.take(word),
                _ => {
                    let target = match pattern.attributes.last_mut() {
                        Some((_, Some(value))) => value,
                        _ => &mut pattern.name,
                    };
                    target.push_str(gap);
                    target.push_str(word);
                }
            }
            is_first = false;
            rest = after;
        }
        pattern
    }

    fn take(&mut self, word: Word) {
        match word {
            Word::Kind(kind) => self.kind = Some(kind),
            Word::Attribute(key, value) => self.attributes.push((key, value)),
            Word::Status(status) => self.status = Some(status),
        }
    }

    /// Whether the name matches.
    pub(super) fn fits_name(&self, span: &Span) -> bool {
        matches(&self.name, &on_one_line(span.name()))
    }

    /// Whether everything in the line matches.
    pub(super) fn fits(&self, span: &Span) -> bool {
        self.fits_name(span) && self.differences(span).is_empty()
    }

    /// The properties, except the name, in which the span differs from the line.
    pub(super) fn differences(&self, span: &Span) -> Vec<String> {
        let kind = self.kind.as_ref().filter(|kind| *kind != span.kind());
        let kind = kind.map(|_| format!("the kind is {:?}", span.kind()).to_lowercase());
        let attributes = self.attributes.iter().filter_map(|(key, expected)| {
            match (expected, span.attribute(key)) {
                (None, None) => None,
                (Some(_), None) => Some(format!("there is no {key}")),
                (expected, Some(found)) => {
                    let found = found.to_string();
                    let found = on_one_line(&found);
                    let fits = expected
                        .as_ref()
                        .is_some_and(|known| matches(known, &found));
                    (!fits).then(|| format!("{key} is {found}"))
                }
            }
        });
        let status = self.status.as_ref().filter(|status| !status.fits(span));
        let status = status.map(|_| match span.status() {
            Status::Unset => "the status is unset".to_owned(),
            Status::Ok => "the status is ok".to_owned(),
            Status::Error { description } => {
                format!("the status is error: {}", on_one_line(description))
            }
        });
        kind.into_iter().chain(attributes).chain(status).collect()
    }
}

impl Expected {
    fn fits(&self, span: &Span) -> bool {
        match (self, span.status()) {
            (Expected::Unset, Status::Unset) | (Expected::Ok, Status::Ok) => true,
            (Expected::Error(expected), Status::Error { description }) => {
                matches(expected, &on_one_line(description))
            }
            _ => false,
        }
    }
}

impl Word {
    fn of(word: &str) -> Option<Self> {
        if let Some(kind) = word
            .strip_prefix('[')
            .and_then(|word| word.strip_suffix(']'))
        {
            return kind_named(kind).map(Word::Kind);
        }
        if let Some(key) = word.strip_prefix('!').filter(|key| is_key(key)) {
            return Some(Word::Attribute(key.to_owned(), None));
        }
        if let Some((key, value)) = word.split_once('=').filter(|(key, _)| is_key(key)) {
            let value = quoted(value).map_or(value, |(value, _)| value);
            return Some(Word::Attribute(key.to_owned(), Some(value.to_owned())));
        }
        let status = match word {
            "unset" => Expected::Unset,
            "ok" => Expected::Ok,
            "error" => Expected::Error("*".to_owned()),
            // An empty description, as `tree` prints it.
            "error:" => Expected::Error(String::new()),
            _ => return None,
        };
        Some(Word::Status(status))
    }
}

fn kind_named(name: &str) -> Option<SpanKind> {
    Some(match name {
        "internal" => SpanKind::Internal,
        "server" => SpanKind::Server,
        "client" => SpanKind::Client,
        "producer" => SpanKind::Producer,
        "consumer" => SpanKind::Consumer,
        _ => return None,
    })
}

fn is_key(word: &str) -> bool {
    let is_letter = |letter: char| letter.is_alphanumeric() || "._-".contains(letter);
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && word.chars().all(is_letter)
}

/// `"text" rest`.
fn quoted(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('"')?.split_once('"')
}

/// The next word, in which quotes may enclose blanks, and the rest of the text.
fn next_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let mut is_quoted = false;
    let end = text.find(|letter: char| {
        is_quoted ^= letter == '"';
        letter == ' ' && !is_quoted
    });
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text)
    }

    #[test]
    fn a_line_of_a_printed_tree_is_parsed() {
        let read = pattern(
            "GET /users/* [server] http.route=/users/{id} db.query.text=SELECT 1 FROM t error: not found: 7",
        );
        assert_eq!(read.name, "GET /users/*");
        assert_eq!(read.kind, Some(SpanKind::Server));
        let attribute = |key: &str, value: &str| (key.to_owned(), Some(value.to_owned()));
        assert_eq!(
            read.attributes,
            [
                attribute("http.route", "/users/{id}"),
                attribute("db.query.text", "SELECT 1 FROM t"),
            ]
        );
        assert_eq!(read.status, Some(Expected::Error("not found: 7".into())));
    }

    #[test]
    fn quoted_words_are_part_of_a_name_or_a_value() {
        let read = pattern(r#""handle error" sql="a = 1 and b=2" !row ok"#);
        assert_eq!(read.name, "handle error");
        assert_eq!(
            read.attributes,
            [
                ("sql".to_owned(), Some("a = 1 and b=2".to_owned())),
                ("row".to_owned(), None),
            ]
        );
        assert_eq!(read.status, Some(Expected::Ok));
    }

    #[test]
    fn the_first_word_is_always_part_of_the_name() {
        for name in ["error", "ok", "a=b", "[server]", "!x"] {
            let read = pattern(name);
            assert_eq!((read.name.as_str(), read.status), (name, None));
        }
        assert_eq!(pattern("load [quick]").name, "load [quick]");
        assert_eq!(
            pattern("load error").status,
            Some(Expected::Error("*".into()))
        );
        assert_eq!(pattern("load unset").status, Some(Expected::Unset));
    }

    #[test]
    fn indentation_is_relative_to_the_first_line() {
        let tree = "
            handle
              load
                ..
              store
            ";
        let read = parse(tree).unwrap();
        assert_eq!(read.nodes.len(), 1);
        let Node::Span(handle, children) = &read.nodes[0] else {
            panic!("{read:?}")
        };
        assert_eq!((handle.name.as_str(), children.nodes.len()), ("handle", 2));
        assert_eq!(read.nodes[0].size(), 3);
    }

    #[test]
    fn a_malformed_tree_is_an_error() {
        for (tree, message) in [
            ("  a\nb", "`b` is indented less than the first line"),
            (
                "a\n    b\n  c",
                "`c` is indented between its siblings and their children",
            ),
            ("..\n  a", "`..` has no children: it stands for whole spans"),
            ("a\n\tb", "`b` is not indented with spaces alone"),
        ] {
            assert_eq!(parse(tree).unwrap_err(), message);
        }
    }
}
