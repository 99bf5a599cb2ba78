//! Names of spans, and what can have a span at all.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, FnArg, Lifetime, PatIdent, Type};

use super::Subject;
use crate::diagnostics::{self, Errors};

/// A name that changes with every call makes every call a group of its own.
pub(super) fn unbounded_name(subject: &Subject<'_>, errors: &mut Errors) {
    let Some(name) = &subject.args.name else {
        return;
    };
    let Expr::Macro(call) = &name.value else {
        return;
    };
    let is_format = call.mac.path.segments.last();
    if is_format.is_none_or(|last| last.ident != "format") {
        return;
    }
    let parameters = unbounded_parameters(subject);
    if let Some((token, parameter)) = interpolated(&call.mac.tokens, &parameters) {
        errors.push(diagnostics::unbounded_name(&token, &parameter));
    }
}

/// The first token of `format!(..)` that puts one of the names into the text as
/// it is. What is computed from one (`order.kind()`) may well be bounded.
fn interpolated(tokens: &TokenStream, names: &HashSet<String>) -> Option<(TokenTree, String)> {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut arguments = tokens.split(|token| is_punct(token, ','));
    let [text] = arguments.next()? else {
        return None;
    };
    let mut renamed = HashSet::new();
    for argument in arguments {
        let value = match argument {
            [TokenTree::Ident(name), equals, value @ ..] if is_punct(equals, '=') => {
                renamed.insert(name.to_string());
                value
            }
            value => value,
        };
        let value = match value {
            [and, value @ ..] if is_punct(and, '&') => value,
            value => value,
        };
        if let [TokenTree::Ident(name)] = value {
            if names.contains(&name.to_string()) {
                return Some((value[0].clone(), name.to_string()));
            }
        }
    }
    let mut in_text = names_in_braces(text).into_iter();
    let name = in_text.find(|name| names.contains(name) && !renamed.contains(name))?;
    Some((text.clone(), name))
}

fn is_punct(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

/// The parameters, without those of which there are only so many values.
fn unbounded_parameters(subject: &Subject<'_>) -> HashSet<String> {
    let mut names = Names::default();
    let inputs = subject.head.iter().flat_map(|head| &head.signature.inputs);
    for input in inputs {
        match input {
            FnArg::Typed(parameter) if !is_bounded(&parameter.ty) => {
                names.visit_pat(&parameter.pat);
            }
            _ => {}
        }
    }
    names.0
}

#[derive(Default)]
struct Names(HashSet<String>);

impl Visit<'_> for Names {
    fn visit_pat_ident(&mut self, pat: &PatIdent) {
        self.0.insert(pat.ident.to_string());
        visit::visit_pat_ident(self, pat);
    }
}

/// `bool`, and `&'static str`, which comes from the program's own text.
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
fn names_in_braces(text: &TokenTree) -> Vec<String> {
    let text = text.to_string().replace("{{", "");
    let end = |c: char| !(c.is_alphanumeric() || c == '_');
    let pieces = text.split('{').skip(1);
    pieces
        .filter_map(|piece| piece.split(end).next())
        .map(str::to_owned)
        .collect()
}

/// A `const fn` may run in the compiler, where no span can start. What is no
/// function at all does not come this far: see [`crate::item`].
pub(super) fn not_traceable(subject: &Subject<'_>, errors: &mut Errors) {
    let constness = subject.head.and_then(|head| head.signature.constness);
    if let Some(constness) = constness {
        errors.push(diagnostics::not_traceable_const(constness));
    }
}
