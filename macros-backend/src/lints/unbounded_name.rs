//! `unbounded_name`: a span name that is made from a parameter.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprLit, ExprMethodCall, FnArg, Lifetime, Lit, Macro, Member, PatIdent, Stmt,
    StmtMacro, Token, Type, UnOp,
};

use super::LintContext;
use crate::diagnostics::{self, Errors};
use crate::syntax::expressions::{calls_format, local_name, only, path_of};

/// Backends group spans by name, so a name that changes with every call makes a group for each call.
pub(super) fn check(cx: &LintContext<'_>, errors: &mut Errors) {
    let Some(name) = &cx.args.name else {
        return;
    };
    let parameters = Parameters::of(cx);
    each_formatted(&name.value, &mut |call| {
        if let Some(varying) = interpolated(call, &parameters) {
            errors.push(diagnostics::unbounded_name(
                &varying.tokens,
                &varying.value,
                &varying.recorded,
            ));
        }
    });
}

/// Calls `found` for each `format!` whose text may be the name, perhaps converted to another type of string.
fn each_formatted(name: &Expr, found: &mut dyn FnMut(&Macro)) {
    match name {
        Expr::Block(block) => each_formatted_tail(&block.block, found),
        Expr::Call(call) => match path_of(&call.func).as_slice() {
            [.., owner, from] if owner == "Cow" && (from == "from" || from == "Owned") => {
                if let Some(text) = only(&call.args) {
                    each_formatted(text, found);
                }
            }
            _ => {}
        },
        Expr::Group(inner) => each_formatted(&inner.expr, found),
        Expr::If(choice) => {
            each_formatted_tail(&choice.then_branch, found);
            if let Some((_, otherwise)) = &choice.else_branch {
                each_formatted(otherwise, found);
            }
        }
        Expr::Macro(call) if calls_format(&call.mac) => found(&call.mac),
        Expr::Match(choice) => {
            for arm in &choice.arms {
                each_formatted(&arm.body, found);
            }
        }
        Expr::MethodCall(call) => each_formatted(&call.receiver, found),
        Expr::Paren(inner) => each_formatted(&inner.expr, found),
        _ => {}
    }
}

fn each_formatted_tail(block: &Block, found: &mut dyn FnMut(&Macro)) {
    match block.stmts.last() {
        Some(Stmt::Expr(tail, None)) => each_formatted(tail, found),
        Some(Stmt::Macro(StmtMacro {
            mac,
            semi_token: None,
            ..
        })) if calls_format(mac) => found(mac),
        _ => {}
    }
}

/// The value that makes a name differ from call to call.
struct Varying {
    tokens: TokenStream,
    value: String,
    /// The entry of `attributes(..)` that records the value instead.
    recorded: String,
}

/// The first value in `format!(..)` that likely differs in each call. A computed value (`order.kind()`) does
/// not count, because it may be one of a few.
fn interpolated(format: &Macro, parameters: &Parameters) -> Option<Varying> {
    let arguments = format.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated);
    let arguments = arguments.ok()?;
    let mut arguments = arguments.iter();
    let text = arguments.next()?;
    let Expr::Lit(ExprLit {
        lit: Lit::Str(literal),
        ..
    }) = text
    else {
        return None;
    };
    let mut renamed = HashSet::new();
    for argument in arguments {
        let value = match argument {
            Expr::Assign(named) => {
                renamed.extend(local_name(&named.left).map(ToString::to_string));
                &named.right
            }
            value => value,
        };
        let varying = parameters.varying(value);
        if varying.is_some() {
            return varying;
        }
    }
    let mut in_text = names_in_braces(&literal.value()).into_iter();
    let name = in_text.find(|name| parameters.varies(name) && !renamed.contains(name))?;
    Some(Varying {
        tokens: text.to_token_stream(),
        recorded: name.clone(),
        value: name,
    })
}

/// The parameters of the function whose span has the name.
struct Parameters {
    unbounded: HashSet<String>,
    /// The parameters whose type has few values.
    bounded: HashSet<String>,
}

impl Parameters {
    fn of(cx: &LintContext<'_>) -> Self {
        let (mut unbounded, mut bounded) = (Names::default(), Names::default());
        let inputs = cx.head.iter().flat_map(|head| &head.signature.inputs);
        for input in inputs {
            match input {
                FnArg::Typed(parameter) if is_bounded(&parameter.ty) => {
                    bounded.visit_pat(&parameter.pat);
                }
                FnArg::Typed(parameter) => unbounded.visit_pat(&parameter.pat),
                FnArg::Receiver(_) => {}
            }
        }
        Parameters {
            unbounded: unbounded.0,
            bounded: bounded.0,
        }
    }

    /// Whether a variable likely differs in each call: it is a parameter, or is named like an identifier.
    fn varies(&self, name: &str) -> bool {
        self.unbounded.contains(name) || (is_identifier(name) && !self.bounded.contains(name))
    }

    fn varying(&self, value: &Expr) -> Option<Varying> {
        match value {
            Expr::Field(field) => match &field.member {
                Member::Named(name) if is_identifier(&name.to_string()) => {
                    let text = value.to_token_stream().to_string().replace(' ', "");
                    Some(Varying {
                        tokens: value.to_token_stream(),
                        recorded: format!("{name} = {text}"),
                        value: text,
                    })
                }
                _ => None,
            },
            Expr::Group(inner) => self.varying(&inner.expr),
            Expr::MethodCall(call) if is_same_text(call) => self.varying(&call.receiver),
            Expr::Paren(inner) => self.varying(&inner.expr),
            Expr::Path(_) => {
                let name = local_name(value).filter(|name| self.varies(&name.to_string()))?;
                Some(Varying {
                    tokens: name.to_token_stream(),
                    value: name.to_string(),
                    recorded: name.to_string(),
                })
            }
            Expr::Reference(reference) => self.varying(&reference.expr),
            Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => self.varying(&unary.expr),
            _ => None,
        }
    }
}

/// Whether the name is that of an identifier: `id`, `order_id`, `uuid`.
fn is_identifier(name: &str) -> bool {
    let last = name.rsplit('_').next();
    last.is_some_and(|last| ["guid", "id", "uuid"].contains(&last))
}

/// Whether the method returns its receiver, perhaps as another type: `id.to_string()`.
fn is_same_text(call: &ExprMethodCall) -> bool {
    const METHODS: &[&str] = &["as_ref", "as_str", "clone", "to_owned", "to_string"];
    METHODS.iter().any(|method| call.method == method)
}

#[derive(Default)]
struct Names(HashSet<String>);

impl Visit<'_> for Names {
    fn visit_pat_ident(&mut self, pat: &PatIdent) {
        self.0.insert(pat.ident.to_string());
        visit::visit_pat_ident(self, pat);
    }
}

/// Whether the type has few values: `bool`, and `&'static str`, which is a literal of the program.
fn is_bounded(ty: &Type) -> bool {
    let is = |ty: &Type, name: &str| ty.to_token_stream().to_string() == name;
    match ty {
        Type::Reference(reference) => {
            let is_static = |lifetime: &Lifetime| lifetime.ident == "static";
            reference.lifetime.as_ref().is_some_and(is_static) && is(&reference.elem, "str")
        }
        _ => is(ty, "bool"),
    }
}

/// The names in the braces of a format string; `{{id}}` has none.
fn names_in_braces(text: &str) -> Vec<String> {
    let text = text.replace("{{", "");
    let end = |c: char| !(c.is_alphanumeric() || c == '_');
    let pieces = text.split('{').skip(1);
    pieces
        .filter_map(|piece| piece.split(end).next())
        .map(str::to_owned)
        .collect()
}
