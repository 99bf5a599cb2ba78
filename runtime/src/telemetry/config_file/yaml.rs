//! Parses YAML into nodes with their positions.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::error::{Place, Wrong};
use super::substitution::substitute;

/// A value in the file, after substitution.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) place: Place,
    pub(super) value: Value,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    /// A scalar. If it is plain (without quotes), it may be of another type than text.
    Scalar {
        text: String,
        is_plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// The key of a member.
#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) place: Place,
    pub(super) text: String,
}

/// The greatest number of nodes, as references to anchors could make a small file arbitrarily large.
const MAX_NODES: usize = 100_000;
const MAX_DEPTH: usize = 64;

/// Parses a text with a single document.
pub(super) fn parse(text: &str, look_up: &dyn Fn(&str) -> Option<String>) -> Result<Node, Wrong> {
    let mut builder = Builder {
        look_up,
        open: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        nodes: 0,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let marker = error.marker();
            let place = Place {
                line: marker.line(),
                column: marker.col() + 1,
            };
            Wrong::at(place, format_args!("is not YAML: {}", error.info()))
        })?;
        builder.take(event, span)?;
    }
    builder
        .root
        .ok_or_else(|| Wrong::whole("the file is empty"))
}

struct Builder<'l> {
    look_up: &'l dyn Fn(&str) -> Option<String>,
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    root: Option<Node>,
    nodes: usize,
}

/// A list or a map that has not ended.
struct Open {
    node: Node,
    /// The key of a map whose value comes next.
    key: Option<Key>,
    anchor: usize,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Wrong> {
        let place = Place {
            line: span.start.line(),
            column: span.start.col() + 1,
        };
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = style == ScalarStyle::Plain && !is_text(tag.as_deref(), place)?;
                if let Some(map) = self.open.last_mut().filter(|open| open.expects_key()) {
                    let text = text.into_owned();
                    return map.set_key(Key { place, text });
                }
                let text =
                    substitute(&text, self.look_up).map_err(|wrong| Wrong::at(place, wrong))?;
                let value = Value::Scalar { text, is_plain };
                self.put(Node { place, value }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.begin(place, anchor, Value::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(place, anchor, Value::Map(Vec::new())),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.put(open.node, open.anchor),
                None => Ok(()),
            },
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => {
                    self.nodes += size(&node);
                    self.put(node, 0)
                }
                None => Err(Wrong::at(place, "an anchor cannot hold itself")),
            },
            Event::DocumentStart(_) if self.root.is_some() => Err(Wrong::at(
                place,
                "expected one document in the file, found another",
            )),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, place: Place, anchor: usize, value: Value) -> Result<(), Wrong> {
        if self.open.len() == MAX_DEPTH {
            return Err(Wrong::at(place, "is nested too deeply"));
        }
        if self.open.last().is_some_and(Open::expects_key) {
            return Err(Wrong::at(place, "expected a name, found a list or a map"));
        }
        self.open.push(Open {
            node: Node { place, value },
            key: None,
            anchor,
        });
        Ok(())
    }

    fn put(&mut self, node: Node, anchor: usize) -> Result<(), Wrong> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(Wrong::at(node.place, "the file has too many values"));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(open) => match (&mut open.node.value, open.key.take()) {
                (Value::Map(members), Some(key)) => members.push((key, node)),
                (Value::List(items), _) => items.push(node),
                _ => return Err(Wrong::at(node.place, "expected a name")),
            },
        }
        Ok(())
    }
}

impl Open {
    fn expects_key(&self) -> bool {
        matches!(self.node.value, Value::Map(_)) && self.key.is_none()
    }

    fn set_key(&mut self, key: Key) -> Result<(), Wrong> {
        if let Value::Map(members) = &self.node.value {
            if members.iter().any(|(other, _)| other.text == key.text) {
                return Err(Wrong::at(
                    key.place,
                    format_args!("`{}` is there twice", key.text),
                ));
            }
        }
        self.key = Some(key);
        Ok(())
    }
}

/// Whether the tag makes a scalar a text.
fn is_text(tag: Option<&Tag>, place: Place) -> Result<bool, Wrong> {
    match tag {
        None => Ok(false),
        Some(tag) if tag.is_yaml_core_schema() && tag.suffix == "str" => Ok(true),
        Some(tag) => Err(Wrong::at(
            place,
            format_args!("the tag `{}{}` is not supported", tag.handle, tag.suffix),
        )),
    }
}

fn size(node: &Node) -> usize {
    1 + match &node.value {
        Value::Scalar { .. } => 0,
        Value::List(items) => items.iter().map(size).sum(),
        Value::Map(members) => members.iter().map(|(_, node)| size(node)).sum(),
    }
}
