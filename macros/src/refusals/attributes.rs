//! Attributes that OpenTelemetry rejects, or that nobody will find again.

use std::collections::HashSet;

use quote::ToTokens;
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use super::Subject;
use super::local::{only, path_of, segments_of};
use super::names::calls_format;
use crate::args::{Entry, Form, Key};
use crate::diagnostics::{self, Errors};
use crate::semconv::{self, Type};

/// Deprecated keys that are also everyday words: more functions mean a thing of
/// their own by them than the convention of years ago.
const EVERYDAY: &[&str] = &[
    "event.name",
    "message.compressed_size",
    "message.id",
    "message.type",
    "message.uncompressed_size",
    "pool.name",
    "state",
];

/// What describes the process is said once, by the resource, and not by each span.
pub(super) fn resource_attribute(subject: &Subject<'_>, errors: &mut Errors) {
    for entry in subject.entries() {
        if is_of_resource(&entry.key.name) {
            errors.push(diagnostics::resource_attribute(
                &entry.key.tokens,
                &entry.key.name,
            ));
        }
    }
}

fn is_of_resource(key: &str) -> bool {
    const KEYS: &[&str] = &[
        "deployment.environment",
        "deployment.environment.name",
        "service.instance.id",
        "service.name",
        "service.namespace",
        "service.version",
    ];
    const NAMESPACES: &[&str] = &["telemetry.distro.", "telemetry.sdk."];
    KEYS.contains(&key) || NAMESPACES.iter().any(|space| key.starts_with(space))
}

/// A key that the conventions gave up is in no dashboard that follows them.
pub(super) fn deprecated_attribute(subject: &Subject<'_>, errors: &mut Errors) {
    for Entry { key, .. } in subject.entries() {
        if EVERYDAY.contains(&key.name.as_str()) || is_of_resource(&key.name) {
            continue;
        }
        if let Some(instead) = semconv::deprecated(&key.name) {
            errors.push(diagnostics::deprecated_attribute(
                &key.tokens,
                &key.name,
                instead,
            ));
        }
    }
}

/// A backend that indexes a key by the type of the conventions drops another.
pub(super) fn attribute_type(subject: &Subject<'_>, errors: &mut Errors) {
    for entry in subject.entries() {
        let expected = semconv::type_of(&entry.key.name).and_then(Written::expected);
        let (Some(expected), Some(found)) = (expected, Written::by(entry)) else {
            continue;
        };
        if expected != found {
            errors.push(diagnostics::attribute_type(
                &entry.value,
                &entry.key.name,
                (expected.noun(), found.noun()),
                &expected.advice(entry),
            ));
        }
    }
}

/// The type of a value that is certain from how it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    String,
    Int,
    Double,
    Boolean,
    /// Of any element: an array in place of one value, or the reverse.
    Array,
}

impl Written {
    fn expected(ty: Type) -> Option<Self> {
        Some(match ty {
            Type::String => Written::String,
            Type::Int => Written::Int,
            Type::Double => Written::Double,
            Type::Boolean => Written::Boolean,
            Type::Strings | Type::Ints => Written::Array,
            Type::Any | Type::Template => return None,
        })
    }

    fn by(entry: &Entry) -> Option<Self> {
        match entry.form {
            Form::Display | Form::Debug => Some(Written::String),
            Form::Value => Self::as_expr(&entry.value),
        }
    }

    fn as_expr(value: &Expr) -> Option<Self> {
        match value {
            Expr::Lit(ExprLit { lit, .. }) => match lit {
                Lit::Str(_) => Some(Written::String),
                Lit::Int(_) => Some(Written::Int),
                Lit::Float(_) => Some(Written::Double),
                Lit::Bool(_) => Some(Written::Boolean),
                _ => None,
            },
            Expr::Unary(ExprUnary {
                op: UnOp::Neg(_),
                expr,
                ..
            }) => Self::as_expr(expr),
            Expr::Reference(reference) => Self::as_expr(&reference.expr),
            Expr::Paren(inner) => Self::as_expr(&inner.expr),
            Expr::Group(inner) => Self::as_expr(&inner.expr),
            Expr::Array(_) => Some(Written::Array),
            Expr::Cast(cast) => Self::as_number(&cast.ty),
            Expr::Macro(call) => calls_format(&call.mac).then_some(Written::String),
            Expr::Call(call) => match path_of(&call.func).as_slice() {
                [some] if some == "Some" => Self::as_expr(only(&call.args)?),
                [.., owner, from] if owner == "String" && from == "from" => Some(Written::String),
                _ => None,
            },
            Expr::MethodCall(call) if call.args.is_empty() => match &*call.method.to_string() {
                "to_string" => Some(Written::String),
                "to_owned" | "clone" => Self::as_expr(&call.receiver),
                _ => None,
            },
            _ => None,
        }
    }

    /// The type that a value is cast to.
    fn as_number(ty: &syn::Type) -> Option<Self> {
        let name = ty.to_token_stream().to_string();
        match name.trim_start_matches(['i', 'u', 'f']) {
            "8" | "16" | "32" | "64" | "128" | "size" if name.starts_with('f') => {
                Some(Written::Double)
            }
            "8" | "16" | "32" | "64" | "128" | "size" => Some(Written::Int),
            _ => None,
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Written::String => "a string",
            Written::Int => "an integer",
            Written::Double => "a float",
            Written::Boolean => "a boolean",
            Written::Array => "an array",
        }
    }

    /// What to write instead, if it follows from what was written.
    fn advice(self, entry: &Entry) -> String {
        if entry.form != Form::Value && self != Written::String {
            let sign = match entry.form {
                Form::Display => '%',
                _ => '?',
            };
            return format!("record the value itself, without the `{sign}`");
        }
        let literal = literal_in(&entry.value);
        let written = match literal {
            Some(Lit::Str(text)) => text.value(),
            Some(Lit::Int(number)) => number.base10_digits().to_owned(),
            Some(Lit::Float(number)) => number.base10_digits().to_owned(),
            Some(Lit::Bool(value)) => value.value.to_string(),
            _ => String::new(),
        };
        let instead = match self {
            Written::String if !written.is_empty() => Some(format!("\"{written}\"")),
            Written::Int => written.parse::<i64>().ok().map(|number| number.to_string()),
            Written::Double => written.parse::<f64>().ok().map(|n| format!("{n:?}")),
            Written::Boolean => written.parse::<bool>().ok().map(|b| b.to_string()),
            Written::Array => match literal {
                Some(Lit::Str(_)) => Some(format!("[\"{written}\"]")),
                _ => None,
            },
            _ => None,
        };
        match instead {
            Some(instead) => format!("write `{instead}`"),
            None => format!("give it {}", self.noun()),
        }
    }
}

/// The literal that a value is made of.
fn literal_in(value: &Expr) -> Option<&Lit> {
    match value {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        Expr::Call(call) => literal_in(only(&call.args)?),
        Expr::Cast(cast) => literal_in(&cast.expr),
        Expr::Group(inner) => literal_in(&inner.expr),
        Expr::MethodCall(call) => literal_in(&call.receiver),
        Expr::Paren(inner) => literal_in(&inner.expr),
        Expr::Reference(reference) => literal_in(&reference.expr),
        _ => None,
    }
}

/// A slip in a key of the conventions makes a key of its own.
pub(super) fn misspelt_attribute(subject: &Subject<'_>, errors: &mut Errors) {
    for Entry { key, .. } in subject.entries() {
        if let Some(meant) = semconv::meant(&key.name) {
            errors.push(diagnostics::misspelt_attribute(
                &key.tokens,
                &key.name,
                meant,
            ));
        }
    }
}

/// OpenTelemetry exports a key that is given twice twice.
pub(super) fn duplicate_key(subject: &Subject<'_>, errors: &mut Errors) {
    let mut seen = HashSet::new();
    for key in repeated(subject.given(), &mut seen) {
        errors.push(diagnostics::duplicate_key(&key.tokens, &key.name));
    }
    for of_result in subject.of_results() {
        for key in repeated(of_result, &mut seen.clone()) {
            errors.push(diagnostics::duplicate_key(&key.tokens, &key.name));
        }
    }
    for key in repeated(subject.baggage().iter(), &mut HashSet::new()) {
        errors.push(diagnostics::duplicate_baggage(&key.tokens, &key.name));
    }
}

/// The keys that were seen before.
fn repeated<'e>(
    entries: impl Iterator<Item = &'e Entry>,
    seen: &mut HashSet<&'e str>,
) -> Vec<&'e Key> {
    let keys = entries.map(|entry| &entry.key);
    keys.filter(|key| !key.name.is_empty() && !seen.insert(&key.name))
        .collect()
}

/// OpenTelemetry drops an attribute without a key.
pub(super) fn empty_key(subject: &Subject<'_>, errors: &mut Errors) {
    let is_empty = |entry: &&Entry| entry.key.name.is_empty();
    for Entry { key, .. } in subject.entries().filter(is_empty) {
        errors.push(diagnostics::empty_key(&key.tokens));
    }
    for Entry { key, .. } in subject.baggage().iter().filter(is_empty) {
        errors.push(diagnostics::empty_baggage_key(&key.tokens));
    }
}

/// The arrays of OpenTelemetry hold values of one type.
pub(super) fn mixed_array(subject: &Subject<'_>, errors: &mut Errors) {
    for entry in subject.entries() {
        let Some(array) = array_in(&entry.value) else {
            continue;
        };
        let mut literals = array
            .elems
            .iter()
            .filter_map(|element| Some((element, Written::as_expr(element)?)));
        let Some((_, first)) = literals.next() else {
            continue;
        };
        if let Some((odd, found)) = literals.find(|(_, found)| *found != first) {
            errors.push(diagnostics::mixed_array(odd, first.noun(), found.noun()));
        }
    }
}

fn array_in(value: &Expr) -> Option<&syn::ExprArray> {
    match value {
        Expr::Array(array) => Some(array),
        Expr::Reference(reference) => array_in(&reference.expr),
        Expr::Paren(inner) => array_in(&inner.expr),
        Expr::Group(inner) => array_in(&inner.expr),
        _ => None,
    }
}

/// `None` records nothing, so an attribute that is always `None` is never there.
pub(super) fn none_value(subject: &Subject<'_>, errors: &mut Errors) {
    for Entry { key, form, value } in subject.entries() {
        if *form == Form::Value && is_none(value) {
            errors.push(diagnostics::none_value(value, &key.name));
        }
    }
}

/// `None` and `Option::None`: another type may have a `None` of its own.
fn is_none(value: &Expr) -> bool {
    match value {
        Expr::Path(path) => match segments_of(&path.path).as_slice() {
            [none] => none == "None",
            [.., owner, none] => owner == "Option" && none == "None",
            [] => false,
        },
        Expr::Paren(inner) => is_none(&inner.expr),
        Expr::Group(inner) => is_none(&inner.expr),
        _ => false,
    }
}
