//! Reads nodes as typed values, and maps as fields, where an unknown field is an error.

use std::fmt;

use super::error::Wrong;
use super::yaml::{Key, Node, Value};
use crate::telemetry::environment::Shown;

/// A scalar by YAML's core schema.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scalar<'n> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'n str),
}

impl fmt::Display for Scalar<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Null => f.write_str("nothing"),
            Scalar::Bool(value) => write!(f, "`{value}`"),
            Scalar::Int(value) => write!(f, "the number `{value}`"),
            Scalar::Float(value) => write!(f, "the number `{value}`"),
            Scalar::Text(text) => write!(f, "the text {}", Shown(text)),
        }
    }
}

impl Node {
    pub(super) fn wrong(&self, what: impl fmt::Display) -> Wrong {
        Wrong::at(self.place, what)
    }

    pub(super) fn is_null(&self) -> bool {
        self.scalar() == Some(Scalar::Null)
    }

    pub(super) fn scalar(&self) -> Option<Scalar<'_>> {
        match &self.value {
            Value::Scalar { text, is_plain } => Some(match is_plain {
                true => plain(text),
                false => Scalar::Text(text),
            }),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    fn expected(&self, what: &str) -> Wrong {
        match (&self.value, self.scalar()) {
            (Value::List(_), _) => self.wrong(format_args!("expected {what}, found a list")),
            (_, None) => self.wrong(format_args!("expected {what}, found a map")),
            (_, Some(found)) => self.wrong(format_args!("expected {what}, found {found}")),
        }
    }

    pub(super) fn text(&self) -> Result<&str, Wrong> {
        match self.scalar() {
            Some(Scalar::Text(text)) => Ok(text),
            Some(Scalar::Bool(_) | Scalar::Int(_) | Scalar::Float(_)) => {
                Err(self.expected("a text, which may need quotes"))
            }
            _ => Err(self.expected("a text")),
        }
    }

    pub(super) fn boolean(&self) -> Result<bool, Wrong> {
        match self.scalar() {
            Some(Scalar::Bool(value)) => Ok(value),
            _ => Err(self.expected("`true` or `false`")),
        }
    }

    pub(super) fn integer(&self, least: i64) -> Result<i64, Wrong> {
        match self.scalar() {
            Some(Scalar::Int(value)) if value >= least => Ok(value),
            _ => Err(self.expected(&format!("a whole number, {least} or more"))),
        }
    }

    /// A number from 0 to 1.
    pub(super) fn ratio(&self) -> Result<f64, Wrong> {
        let value = match self.scalar() {
            Some(Scalar::Int(value)) => value as f64,
            Some(Scalar::Float(value)) => value,
            _ => f64::NAN,
        };
        match (0.0..=1.0).contains(&value) {
            true => Ok(value),
            false => Err(self.expected("a number from 0 to 1")),
        }
    }

    pub(super) fn items(&self) -> Result<&[Node], Wrong> {
        match &self.value {
            Value::List(items) => Ok(items),
            _ => Err(self.expected("a list")),
        }
    }

    /// The only member of a map, whose key selects one of several kinds.
    pub(super) fn choice(&self, of: &str) -> Result<(&Key, &Node), Wrong> {
        match &self.value {
            Value::Map(members) => match &**members {
                [(key, node)] => Ok((key, node)),
                [_, (second, _), ..] => Err(second.wrong(format_args!(
                    "`{}` stands beside another in `{of}`; one is expected",
                    second.text
                ))),
                [] => Err(self.expected("one name with a colon")),
            },
            _ => Err(self.expected("one name with a colon")),
        }
    }
}

impl Key {
    pub(super) fn wrong(&self, what: impl fmt::Display) -> Wrong {
        Wrong::at(self.place, what)
    }
}

/// The type of a scalar without quotes.
///
/// Specification: *YAML 1.2.2*, "Core Schema".
fn plain(text: &str) -> Scalar<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        _ => {}
    }
    let prefixed = [("0x", 16), ("0o", 8)];
    for (prefix, radix) in prefixed {
        let digits = text.strip_prefix(prefix);
        if let Some(Ok(value)) = digits.map(|digits| i64::from_str_radix(digits, radix)) {
            return Scalar::Int(value);
        }
    }
    if let Ok(value) = text.parse() {
        return Scalar::Int(value);
    }
    // Excludes texts that only Rust parses as numbers: `inf`, `nan`, `infinity`.
    let is_number = text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    match text.parse() {
        Ok(value) if is_number => Scalar::Float(value),
        _ => Scalar::Text(text),
    }
}

/// The fields of a map. [`end`](Self::end) reports those that were not read as unknown.
#[derive(Debug)]
pub(super) struct Fields<'n> {
    what: String,
    node: &'n Node,
    members: &'n [(Key, Node)],
    known: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// The fields of a map; an empty value counts as an empty map.
    pub(super) fn of(node: &'n Node, what: &str) -> Result<Self, Wrong> {
        let members: &[(Key, Node)] = match &node.value {
            Value::Map(members) => members,
            _ if node.is_null() => &[],
            _ => return Err(node.expected(&format!("the settings of `{what}`"))),
        };
        Ok(Fields {
            what: what.to_owned(),
            node,
            members,
            known: Vec::new(),
        })
    }

    /// The value of a key; `None` if it is missing or null.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'n Node> {
        self.known.push(key);
        let member = self.members.iter().find(|(name, _)| name.text == key);
        member.map(|(_, node)| node).filter(|node| !node.is_null())
    }

    pub(super) fn required(&mut self, key: &'static str) -> Result<&'n Node, Wrong> {
        self.get(key).ok_or_else(|| {
            self.node
                .wrong(format_args!("`{}` needs `{key}`", self.what))
        })
    }

    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<&'n str>, Wrong> {
        self.get(key).map(Node::text).transpose()
    }

    pub(super) fn count(&mut self, key: &'static str, least: i64) -> Result<Option<usize>, Wrong> {
        let value = self.get(key).map(|node| node.integer(least)).transpose()?;
        Ok(value.map(|value| usize::try_from(value).unwrap_or(usize::MAX)))
    }

    /// The items of a list; none if the list is missing. An empty list is an error.
    pub(super) fn list(&mut self, key: &'static str) -> Result<&'n [Node], Wrong> {
        let Some(node) = self.get(key) else {
            return Ok(&[]);
        };
        match node.items()? {
            [] => Err(node.wrong(format_args!(
                "expected something in `{key}`, found an empty list"
            ))),
            items => Ok(items),
        }
    }

    /// Reports a key of the schema that is not supported, unless its value is null.
    pub(super) fn refuse(&mut self, key: &'static str, why: &str) -> Result<(), Wrong> {
        match self.get(key) {
            Some(node) => {
                let place = self.members.iter().find(|(name, _)| name.text == key);
                let place = place.map_or(node.place, |(name, _)| name.place);
                Err(Wrong::at(
                    place,
                    format_args!("`{key}` is not supported, {why}"),
                ))
            }
            None => Ok(()),
        }
    }

    /// Reports the remaining fields as unknown.
    pub(super) fn end(self) -> Result<(), Wrong> {
        let mut members = self.members.iter();
        let Some((key, _)) = members.find(|(key, _)| !self.known.contains(&&*key.text)) else {
            return Ok(());
        };
        let known: Vec<String> = self.known.iter().map(|key| format!("`{key}`")).collect();
        Err(key.wrong(match known.is_empty() {
            true => format!(
                "`{}` is not known: `{}` has no settings",
                key.text, self.what
            ),
            false => format!(
                "`{}` is not known in {}; expected one of {}",
                key.text,
                match self.what.contains(' ') {
                    true => self.what.clone(),
                    false => format!("`{}`", self.what),
                },
                known.join(", ")
            ),
        }))
    }

    /// As [`end`](Self::end), for a map of limits.
    pub(super) fn end_of_limits(mut self) -> Result<(), Wrong> {
        self.refuse(
            "attribute_value_depth_limit",
            "as values of attributes do not nest here",
        )?;
        self.end()
    }
}
