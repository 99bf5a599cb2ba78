//! What the names in a body stand for, as far as the body itself says so.
//!
//! Types are not known here. A value counts as a context or a tracer when it is
//! made by a function that makes one, or bears the name and nothing speaks
//! against it; whatever is less certain counts as neither.

use std::collections::HashMap;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Block, Expr, FnArg, Local, Member, Pat, Signature, Type};

use crate::tokens::names_in;

/// What is known of the names of a body.
pub(super) struct Locals<'b> {
    values: HashMap<String, Vec<&'b Expr>>,
    parameters: HashMap<String, &'b Type>,
}

/// A chain of `let`s longer than this is followed no further.
const DEPTH: u8 = 4;

impl<'b> Locals<'b> {
    pub(super) fn of(signature: &'b Signature, body: &'b Block) -> Self {
        let mut locals = Locals {
            values: HashMap::new(),
            parameters: HashMap::new(),
        };
        for input in &signature.inputs {
            if let FnArg::Typed(parameter) = input {
                if let Pat::Ident(name) = &*parameter.pat {
                    let name = name.ident.to_string();
                    locals.parameters.insert(name, &parameter.ty);
                }
            }
        }
        locals.visit_block(body);
        locals
    }

    /// Whether the expression is an OpenTelemetry `Context`.
    pub(super) fn is_context(&self, expr: &Expr) -> bool {
        self.is(expr, &CONTEXT, DEPTH)
    }

    /// Whether the expression is an OpenTelemetry tracer.
    pub(super) fn is_tracer(&self, expr: &Expr) -> bool {
        self.is(expr, &TRACER, DEPTH)
    }

    /// Whether the expression is the context that is current where it is taken.
    pub(super) fn is_current_context(&self, expr: &Expr) -> bool {
        match plain(expr) {
            Expr::Path(_) => local_name(expr).is_some_and(|name| {
                let values = self.values.get(&name.to_string());
                values.is_some_and(|values| values.iter().all(|value| captures_current(value)))
            }),
            other => captures_current(other),
        }
    }

    fn is(&self, expr: &Expr, thing: &Thing, depth: u8) -> bool {
        let expr = plain(expr);
        match expr {
            Expr::Path(_) => {
                let Some(name) = local_name(expr) else {
                    return false;
                };
                let text = name.to_string();
                match (self.values.get(&text), self.parameters.get(&text)) {
                    (Some(values), _) => {
                        depth > 0 && values.iter().all(|value| self.is(value, thing, depth - 1))
                    }
                    (None, Some(ty)) => (thing.is_type)(ty),
                    (None, None) => (thing.is_name)(&text),
                }
            }
            Expr::Field(field) => match &field.member {
                Member::Named(name) => (thing.is_name)(&name.to_string()),
                Member::Unnamed(_) => false,
            },
            Expr::Call(call) => (thing.is_maker)(&path_of(&call.func)),
            Expr::MethodCall(call) => {
                let method = call.method.to_string();
                match method.as_str() {
                    "clone" => self.is(&call.receiver, thing, depth),
                    _ => thing.methods.contains(&method.as_str()),
                }
            }
            _ => false,
        }
    }
}

impl<'b> Visit<'b> for Locals<'b> {
    fn visit_local(&mut self, local: &'b Local) {
        if let (Some(name), Some(init)) = (bound_name(local), &local.init) {
            let values = self.values.entry(name.to_string()).or_default();
            values.push(&init.expr);
        }
        visit::visit_local(self, local);
    }
}

/// How a kind of value is recognised.
struct Thing {
    is_name: fn(&str) -> bool,
    is_type: fn(&Type) -> bool,
    is_maker: fn(&[String]) -> bool,
    methods: &'static [&'static str],
}

const CONTEXT: Thing = Thing {
    is_name: |name| is_called(name, &["cx", "ctx", "context"]),
    is_type: |ty| names_type(ty, &["Context"]),
    is_maker: |path| match path {
        [.., owner, _] => owner == "Context",
        _ => false,
    },
    methods: &[
        "with_span",
        "with_remote_span_context",
        "with_baggage",
        "current_with_baggage",
        "current_with_span",
    ],
};

const TRACER: Thing = Thing {
    is_name: |name| is_called(name, &["tracer"]),
    is_type: |ty| names_type(ty, &["Tracer", "BoxedTracer", "SdkTracer"]),
    is_maker: |path| match path {
        [.., owner, function] => owner == "global" && function.starts_with("tracer"),
        [function] => function == "tracer",
        [] => false,
    },
    methods: &["tracer", "tracer_with_scope"],
};

/// `cx`, `parent_cx`, `_cx`, `CX`.
fn is_called(name: &str, words: &[&str]) -> bool {
    let name = name.to_lowercase();
    let last = name.rsplit('_').next();
    last.is_some_and(|last| words.contains(&last))
}

fn names_type(ty: &Type, names: &[&str]) -> bool {
    let found = names_in(ty.to_token_stream());
    names.iter().any(|name| found.contains(*name))
}

/// `Context::current()`, perhaps cloned.
fn captures_current(expr: &Expr) -> bool {
    match plain(expr) {
        Expr::Call(call) => match path_of(&call.func).as_slice() {
            [.., owner, function] => owner == "Context" && function == "current",
            _ => false,
        },
        Expr::MethodCall(call) => call.method == "clone" && captures_current(&call.receiver),
        _ => false,
    }
}

/// The expression within parentheses and references.
pub(super) fn plain(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => plain(&inner.expr),
        Expr::Group(inner) => plain(&inner.expr),
        Expr::Reference(inner) => plain(&inner.expr),
        other => other,
    }
}

/// The name, if the expression is one.
pub(super) fn local_name(expr: &Expr) -> Option<&Ident> {
    match plain(expr) {
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    }
}

/// The one name that a `let` binds; none for `_` and for a pattern.
pub(super) fn bound_name(local: &Local) -> Option<&Ident> {
    fn name(pat: &Pat) -> Option<&Ident> {
        match pat {
            Pat::Ident(name) if name.subpat.is_none() => Some(&name.ident),
            Pat::Type(typed) => name(&typed.pat),
            _ => None,
        }
    }
    name(&local.pat)
}

/// `["Context", "current"]` for the path of a call.
pub(super) fn path_of(function: &Expr) -> Vec<String> {
    match plain(function) {
        Expr::Path(path) => {
            let segments = path.path.segments.iter();
            segments.map(|segment| segment.ident.to_string()).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether the expression calls a function whose path ends in this name.
pub(super) fn calls(expr: &Expr, function: &str) -> bool {
    match plain(expr) {
        Expr::Call(call) => path_of(&call.func)
            .last()
            .is_some_and(|last| last == function),
        _ => false,
    }
}

/// Whether the name is mentioned, macros included.
pub(super) fn mentions(name: &Ident, node: &impl ToTokens) -> bool {
    names_in(node.to_token_stream()).contains(&name.to_string())
}

/// The only argument of a call.
pub(super) fn only<T, P>(arguments: &Punctuated<T, P>) -> Option<&T> {
    match arguments.len() {
        1 => arguments.first(),
        _ => None,
    }
}
