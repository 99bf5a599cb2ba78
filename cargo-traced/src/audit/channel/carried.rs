//! Whether a message has a context with it: in an `Envelope`, in a field of its own, or in those of what it holds.

use std::collections::HashSet;

use super::kinds::{RECEIVERS, SENDERS};
use super::scopes::{Meaning, Scope};
use super::tree::{Kind, Ty};
use super::types::Types;

/// The types that are a context or have one, where they are not of this package.
const CONTEXTS: &[&str] = &["Context", "Envelope", "SpanContext"];

/// Types of other crates that can carry one: headers, what has headers, and spans.
const CARRIERS: &[&str] = &[
    "BorrowedMessage",
    "Delivery",
    "FieldTable",
    "HeaderMap",
    "Headers",
    "MetadataMap",
    "OwnedHeaders",
    "OwnedMessage",
    "Request",
    "Span",
];

/// Words in the names of fields that hold a context in another form: `trace_id: String`.
const WORDS: &[&str] = &[
    "baggage",
    "carrier",
    "context",
    "ctx",
    "headers",
    "metadata",
    "otel",
    "span",
    "trace",
    "traceparent",
    "tracestate",
];

/// Plain types of other crates.
const PLAIN: &[&str] = &[
    "Bytes", "BytesMut", "Duration", "Instant", "PathBuf", "Url", "Uuid", "Value",
];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Carried {
    No,
    /// It has headers, or is declared in another crate.
    Perhaps,
    Yes,
}

/// What a message carries.
pub(super) fn carried(types: &Types<'_>, message: &Ty) -> Carried {
    // `#[traced]` carries the context into a job that is boxed in the call of `send`.
    if is_work(message) {
        return Carried::Yes;
    }
    let by_itself = match is_of_elsewhere(message) {
        true => Carried::Perhaps,
        false => Carried::No,
    };
    let mut search = Search {
        types,
        seen: HashSet::new(),
    };
    by_itself.max(search.part(message))
}

/// Whether the messages of a type may need a context: those of a generic parameter have one if its argument has, signals
/// and numbers mean nothing by themselves, and others may have one with them.
pub(super) fn is_message(types: &Types<'_>, message: &Ty) -> bool {
    let is_signal = match &message.kind {
        Kind::Parameter => true,
        Kind::Tuple(parts) => parts.is_empty(),
        Kind::Other => message.is_inferred(),
        _ => matches!(
            message.name_elsewhere(),
            Some("bool" | "usize" | "u64" | "u32" | "i64" | "i32")
        ),
    };
    !is_signal && carried(types, message) != Carried::Yes
}

/// A closure or a future, in a box.
fn is_work(message: &Ty) -> bool {
    match message.name_elsewhere() {
        Some("BoxFuture" | "LocalBoxFuture") => true,
        Some("Arc" | "Box" | "Pin") => message.first_argument().is_some_and(is_work),
        _ => matches!(message.kind, Kind::Work),
    }
}

/// Whether nobody can see here what a message of this type holds.
fn is_of_elsewhere(message: &Ty) -> bool {
    match &message.kind {
        Kind::Reference(same) => is_of_elsewhere(same),
        Kind::Named {
            meaning: Meaning::Foreign(path),
            name,
            arguments,
        } => {
            let is_plain = path.len() == 1
                || matches!(path[0].as_str(), "std" | "core" | "alloc" | "::")
                || PLAIN.contains(&name.as_str());
            !is_plain || arguments.iter().any(is_of_elsewhere)
        }
        _ => false,
    }
}

/// A search through what a message holds.
struct Search<'t> {
    types: &'t Types<'t>,
    /// The types of the package that were looked into: they may hold one another.
    seen: HashSet<(Scope, String)>,
}

impl Search<'_> {
    fn part(&mut self, part: &Ty) -> Carried {
        match &part.kind {
            Kind::Reference(same) => self.part(same),
            Kind::Tuple(parts) => self.parts(parts),
            // It may be a job, or what answers.
            Kind::Work => Carried::Perhaps,
            Kind::Parameter | Kind::Other => Carried::No,
            Kind::Named {
                meaning: Meaning::Declared(scope, name),
                arguments,
                ..
            } => {
                let in_fields = match self.seen.insert((*scope, name.clone())) {
                    true => self.fields(part),
                    false => Carried::No,
                };
                in_fields.max(self.parts(arguments))
            }
            Kind::Named {
                meaning,
                name,
                arguments,
            } => match of_name(meaning, name) {
                Carried::No if is_end(name) => Carried::No,
                Carried::No => self.parts(arguments),
                carried => carried,
            },
        }
    }

    fn parts(&mut self, parts: &[Ty]) -> Carried {
        let carried = parts.iter().map(|part| self.part(part));
        carried.max().unwrap_or(Carried::No)
    }

    fn fields(&mut self, ty: &Ty) -> Carried {
        let fields = self.types.fields(ty).into_iter();
        let carried = fields.map(|(name, ty)| {
            let mut words = name.split('_');
            let by_name = match words.any(|word| WORDS.contains(&word)) {
                true => Carried::Perhaps,
                false => Carried::No,
            };
            by_name.max(self.part(&ty))
        });
        carried.max().unwrap_or(Carried::No)
    }
}

/// What the name of a type of another crate says.
fn of_name(meaning: &Meaning, name: &str) -> Carried {
    let is_of_ours = match meaning {
        Meaning::Foreign(path) => {
            path[0].starts_with("opentelemetry") || path[0].contains("traced") || path.len() == 1
        }
        _ => true,
    };
    match (CONTEXTS.contains(&name), is_of_ours) {
        (true, true) => Carried::Yes,
        (true, false) => Carried::Perhaps,
        (false, _) if CARRIERS.contains(&name) => Carried::Perhaps,
        _ => Carried::No,
    }
}

/// The end of another channel, which brings an answer back.
fn is_end(name: &str) -> bool {
    SENDERS.contains(&name) || RECEIVERS.contains(&name)
}
