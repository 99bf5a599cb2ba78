//! Recognises the contexts, tracers and spans among the names in a body.
//!
//! A macro does not know types. A value counts as a context or a tracer if it comes from a function that
//! makes one, or if its type is written. A tracer is also recognised by its name.

use std::collections::HashMap;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprAssign, ExprCall, ExprClosure, ExprMethodCall, FnArg, Local, Member, Pat,
    PatIdent, PathArguments, Signature, Type,
};

use crate::syntax::expressions::{local_name, only, path_of, plain, segments_of};
use crate::syntax::tokens::names_in;

/// The bindings of the names in a body. A name that is bound or assigned to more than once counts as a context
/// or a tracer only if it is one each time.
pub(super) struct Locals<'b> {
    bindings: HashMap<String, Vec<Binding<'b>>>,
}

/// The value and the type that a name is bound to. A name that is part of a pattern has neither.
#[derive(Clone, Copy, Default)]
struct Binding<'b> {
    value: Option<&'b Expr>,
    ty: Option<&'b Type>,
}

/// The number of `let`s through which a value is followed. A limit ends the search in `let a = a;`.
const DEPTH: u8 = 4;

impl<'b> Locals<'b> {
    pub(super) fn of(signature: &'b Signature, body: &'b Block) -> Self {
        let mut locals = Locals {
            bindings: HashMap::new(),
        };
        for input in &signature.inputs {
            if let FnArg::Typed(parameter) = input {
                let ty = Some(&*parameter.ty);
                locals.bind(&parameter.pat, Binding { value: None, ty });
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
        self.is_current(expr, DEPTH)
    }

    fn is_current(&self, expr: &Expr, depth: u8) -> bool {
        self.satisfies(expr, depth, &|value, depth| match value {
            Expr::Call(call) => is_of_context(&call.func, &["current"]),
            Expr::MethodCall(call) => {
                call.method == "clone" && self.is_current(&call.receiver, depth)
            }
            _ => false,
        })
    }

    /// Whether the expression is the span that is current where it is taken.
    pub(super) fn is_current_span(&self, expr: &Expr) -> bool {
        self.satisfies(expr, DEPTH, &|value, depth| match value {
            Expr::MethodCall(call) => {
                call.method == "span"
                    && call.args.is_empty()
                    && self.is_current(&call.receiver, depth)
            }
            _ => false,
        })
    }

    /// Whether the expression is a span builder: `..span_builder("x")`, perhaps with setters.
    pub(super) fn is_builder(&self, expr: &Expr) -> bool {
        self.builds(expr, DEPTH)
    }

    fn builds(&self, expr: &Expr, depth: u8) -> bool {
        self.satisfies(expr, depth, &|value, depth| match value {
            Expr::MethodCall(call) => {
                call.method == "span_builder" || self.builds(&call.receiver, depth)
            }
            Expr::Call(call) => match path_of(&call.func).as_slice() {
                [.., owner, _] => owner == "SpanBuilder",
                _ => false,
            },
            _ => false,
        })
    }

    /// Whether `is_such` holds for the expression; for a name, whether it holds for each of its values.
    fn satisfies(&self, expr: &Expr, depth: u8, is_such: &dyn Fn(&Expr, u8) -> bool) -> bool {
        let Some(name) = local_name(expr) else {
            return is_such(plain(expr), depth);
        };
        self.all(name, |binding| {
            let value = binding.value.filter(|_| depth > 0);
            value.is_some_and(|value| self.satisfies(value, depth - 1, is_such))
        })
    }

    /// Whether any value of the name, or the expression itself, mentions the word.
    pub(super) fn mention(&self, expr: &Expr, word: &str) -> bool {
        let is_mentioned = |expr: &Expr| names_in(expr.to_token_stream()).contains(word);
        let names = names_in(expr.to_token_stream());
        let mut bindings = names
            .iter()
            .filter_map(|name| self.bindings.get(name))
            .flatten();
        is_mentioned(expr) || bindings.any(|binding| binding.value.is_some_and(is_mentioned))
    }

    fn all(&self, name: &Ident, holds: impl Fn(Binding<'b>) -> bool) -> bool {
        let bindings = self.bindings.get(&name.to_string());
        bindings.is_some_and(|bindings| bindings.iter().all(|binding| holds(*binding)))
    }

    fn is(&self, expr: &Expr, kind: &ValueKind, depth: u8) -> bool {
        let expr = plain(expr);
        match expr {
            Expr::Path(_) => {
                let Some(name) = local_name(expr) else {
                    return false;
                };
                let text = name.to_string();
                match self.bindings.contains_key(&text) {
                    false => (kind.is_name)(&text),
                    true => self.all(name, |Binding { value, ty }| match (value, ty) {
                        (None, None) => (kind.is_name)(&text),
                        (_, Some(ty)) if (kind.is_type)(ty) => true,
                        (Some(value), _) => depth > 0 && self.is(value, kind, depth - 1),
                        (None, Some(_)) => false,
                    }),
                }
            }
            Expr::Field(field) => match &field.member {
                Member::Named(name) => (kind.is_name)(&name.to_string()),
                Member::Unnamed(_) => false,
            },
            Expr::Call(call) => (kind.is_maker)(call),
            Expr::MethodCall(call) => {
                let method = call.method.to_string();
                let is_method = |methods: &[&str]| methods.contains(&method.as_str());
                is_method(kind.methods)
                    || (kind.is_making)(call)
                    || ((method == "clone" || is_method(kind.methods_of_itself))
                        && self.is(&call.receiver, kind, depth))
            }
            _ => false,
        }
    }

    /// Binds the name in a pattern, or each of its names.
    fn bind(&mut self, pat: &'b Pat, binding: Binding<'b>) {
        match pat {
            Pat::Ident(name) if name.subpat.is_none() => self.add(&name.ident, binding),
            Pat::Type(typed) => {
                let ty = Some(&*typed.ty);
                self.bind(&typed.pat, Binding { ty, ..binding });
            }
            other => self.visit_pat(other),
        }
    }

    fn add(&mut self, name: &Ident, binding: Binding<'b>) {
        let known = self.bindings.entry(name.to_string()).or_default();
        known.push(binding);
    }
}

impl<'b> Visit<'b> for Locals<'b> {
    fn visit_local(&mut self, local: &'b Local) {
        let value = local.init.as_ref().map(|init| &*init.expr);
        self.bind(&local.pat, Binding { value, ty: None });
        if let Some(init) = &local.init {
            visit::visit_local_init(self, init);
        }
    }

    fn visit_expr_closure(&mut self, closure: &'b ExprClosure) {
        for input in &closure.inputs {
            self.bind(input, Binding::default());
        }
        self.visit_expr(&closure.body);
    }

    fn visit_expr_assign(&mut self, assign: &'b ExprAssign) {
        if let Some(name) = local_name(&assign.left) {
            let value = Some(&*assign.right);
            self.add(name, Binding { value, ty: None });
        }
        visit::visit_expr_assign(self, assign);
    }

    fn visit_pat_ident(&mut self, pat: &'b PatIdent) {
        self.add(&pat.ident, Binding::default());
        visit::visit_pat_ident(self, pat);
    }
}

/// How one kind of value, a context or a tracer, is recognised.
struct ValueKind {
    is_name: fn(&str) -> bool,
    is_type: fn(&Type) -> bool,
    is_maker: fn(&ExprCall) -> bool,
    /// Whether a method call makes such a value, by its receiver.
    is_making: fn(&ExprMethodCall) -> bool,
    /// Methods that return such a value, on any receiver.
    methods: &'static [&'static str],
    /// Methods that return such a value if their receiver is one.
    methods_of_itself: &'static [&'static str],
}

const CONTEXT: ValueKind = ValueKind {
    // `ctx` may be the context of anything: of a GPU, of a request, of a parser.
    is_name: |_| false,
    is_type: is_context_type,
    is_maker: makes_context,
    is_making: is_extracted,
    methods: &["with_remote_span_context"],
    methods_of_itself: &["with_baggage", "with_span", "with_value"],
};

const MAKERS_OF_CONTEXTS: &[&str] = &[
    "current",
    "current_with_baggage",
    "current_with_span",
    "current_with_value",
    "new",
];

/// Whether the call makes a context, such as `Context::current()`, or extracts one from headers.
fn makes_context(call: &ExprCall) -> bool {
    let extracts = |closure: &Expr| match closure {
        Expr::Closure(closure) => match plain(&closure.body) {
            Expr::MethodCall(call) => call.method.to_string().starts_with("extract"),
            _ => false,
        },
        _ => false,
    };
    match path_of(&call.func).as_slice() {
        [.., krate, extract] if krate == "traced" && extract == "extract" => true,
        [.., last] if last == "get_text_map_propagator" => only(&call.args).is_some_and(extracts),
        _ => is_of_context(&call.func, MAKERS_OF_CONTEXTS),
    }
}

/// `propagator.extract(&headers)`: other things have a method of this name too.
fn is_extracted(call: &ExprMethodCall) -> bool {
    let extracts = call.method == "extract" || call.method == "extract_with_context";
    extracts
        && names_in(call.receiver.to_token_stream())
            .iter()
            .any(|name| name.to_lowercase().ends_with("propagator"))
}

const TRACER: ValueKind = ValueKind {
    is_name: |name| is_called(name, &["tracer"]),
    is_type: |ty| names_type(ty, &["Tracer", "BoxedTracer", "SdkTracer"]),
    is_maker: |call| match path_of(&call.func).as_slice() {
        [.., owner, function] if owner == "global" => function.starts_with("tracer"),
        [.., function] => function == "tracer" || function == "get_tracer",
        [] => false,
    },
    is_making: |_| false,
    methods: &["tracer", "tracer_with_scope"],
    methods_of_itself: &[],
};

/// Whether the path is OpenTelemetry's `Context`: a `gpu::Context` is not, nor is a type with generic
/// arguments.
fn is_context_path(path: &[String]) -> bool {
    match path {
        // The second is what many call it beside another `Context`.
        [context] => context == "Context" || context == "OtelContext",
        [.., of, context] => {
            context == "Context" && (of == "opentelemetry" || of == "context" || of == "otel")
        }
        [] => false,
    }
}

/// `Context` and `&Context`.
fn is_context_type(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => is_context_type(&reference.elem),
        Type::Paren(inner) => is_context_type(&inner.elem),
        Type::Group(inner) => is_context_type(&inner.elem),
        Type::Path(path) => {
            let mut segments = path.path.segments.iter();
            path.qself.is_none()
                && segments.all(|segment| matches!(segment.arguments, PathArguments::None))
                && is_context_path(&segments_of(&path.path))
        }
        _ => false,
    }
}

/// Whether the path is `Context::name`, with one of the names.
pub(super) fn is_of_context(function: &Expr, names: &[&str]) -> bool {
    match path_of(function).as_slice() {
        [owner @ .., function] => names.contains(&function.as_str()) && is_context_path(owner),
        [] => false,
    }
}

/// Whether the last word of the name is one of `words`: `tracer`, `app_tracer`, `TRACER`.
fn is_called(name: &str, words: &[&str]) -> bool {
    let name = name.to_lowercase();
    let last = name.rsplit('_').next();
    last.is_some_and(|last| words.contains(&last))
}

fn names_type(ty: &Type, names: &[&str]) -> bool {
    let found = names_in(ty.to_token_stream());
    names.iter().any(|name| found.contains(*name))
}
