//! The parameters that the wrapped body takes over.

use std::collections::HashSet;

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, FnArg, Pat, PatIdent, ReceiverKind, Type};

use super::types::{is_plain, may_drop, refers};
use crate::item::{Head, Item, conditions};
use crate::syntax::tokens::{Words, bare, names_in};

/// A parameter's binding, in the order of declaration.
pub(crate) struct Binding {
    pub(crate) ident: Ident,
    /// Under which conditions there is such a parameter: its `#[cfg(..)]`.
    pub(crate) conditions: Vec<Attribute>,
    /// Bound again inside the body, because the body may make it refer to a local, or because
    /// it is dropped before a parameter that is.
    pub(crate) rebind: Option<Rebind>,
    /// Whether it matters when it is dropped.
    pub(crate) may_drop: bool,
}

/// How a parameter is bound again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rebind {
    Mutable,
    Immutable,
}

/// The bindings that the wrapped body must take over, in order of declaration.
///
/// A name that the body does not mention is left to the function itself, so
/// that rustc still says `unused_variables`; except that a name that begins
/// with `_`, of which it says nothing, is dropped in its turn with the others.
pub(crate) fn bindings(
    item: &mut Item,
    named_in_arguments: &HashSet<String>,
    injected: &HashSet<String>,
) -> Vec<Binding> {
    let collector = Collector {
        words: &item.words,
        named_in_arguments,
        injected,
        conditions: Vec::new(),
        refers: false,
        is_plain: false,
        may_drop: false,
        found: Vec::new(),
    };
    let inputs = item.head.signature.inputs.iter_mut();
    let collector = inputs.fold(collector, |mut collector, input| {
        match input {
            FnArg::Receiver(receiver) => collector.found.push(Binding {
                ident: Ident::new("self", receiver.self_token.span),
                conditions: conditions(&receiver.attrs),
                rebind: None,
                may_drop: !matches!(receiver.kind, ReceiverKind::Reference(..)),
            }),
            FnArg::Typed(parameter) => {
                collector.conditions = conditions(&parameter.attrs);
                collector.refers = refers(&parameter.ty);
                collector.is_plain = is_plain(&parameter.ty);
                collector.may_drop = may_drop(&parameter.ty);
                collector.name_unnamed(&mut parameter.pat);
                collector.visit_pat_mut(&mut parameter.pat);
            }
        }
        collector
    });
    collector.found
}

/// A parameter that the arguments look at.
pub(crate) struct RecordedParam {
    pub(crate) name: String,
    /// Whether a block that captures any of it captures all: of a struct it may be a field.
    pub(crate) has_no_parts: bool,
}

/// The parameters with one of these names.
pub(super) fn recorded_params(
    head: &Head,
    named_in_arguments: &HashSet<String>,
) -> Vec<RecordedParam> {
    let found = head.signature.inputs.iter().flat_map(|input| match input {
        FnArg::Receiver(receiver) => vec![RecordedParam {
            name: "self".to_owned(),
            has_no_parts: matches!(receiver.kind, ReceiverKind::Reference(..)),
        }],
        FnArg::Typed(parameter) => {
            let has_no_parts = match &*parameter.pat {
                Pat::Ident(_) => has_no_parts(&parameter.ty),
                _ => false,
            };
            let names = names_in(parameter.pat.to_token_stream()).into_iter();
            names
                .map(|name| RecordedParam { name, has_no_parts })
                .collect()
        }
    });
    found
        .filter(|parameter| named_in_arguments.contains(&parameter.name))
        .collect()
}

fn has_no_parts(ty: &Type) -> bool {
    is_plain(ty) || matches!(bare(ty), Type::Reference(_))
}

struct Collector<'a> {
    words: &'a Words,
    named_in_arguments: &'a HashSet<String>,
    /// Changed before the body runs, and so left `mut`.
    injected: &'a HashSet<String>,
    /// Of the parameter that is looked at.
    conditions: Vec<Attribute>,
    /// Whether the parameter's type may refer to something that it does not own.
    refers: bool,
    is_plain: bool,
    may_drop: bool,
    found: Vec<Binding>,
}

impl VisitMut for Collector<'_> {
    fn visit_pat_ident_mut(&mut self, pat: &mut PatIdent) {
        let name = pat.ident.to_string();
        let is_named = self.words.use_name(&name);
        let is_mutable = pat.mutability.is_some();
        let may_refer_to_local = is_mutable
            && pat.by_ref.is_none()
            && (self.refers || self.words.assign(&name))
            && !self.is_plain;
        let is_pointed_elsewhere = may_refer_to_local && self.words.assign(&name);
        if is_named || is_pointed_elsewhere || (name.starts_with('_') && self.may_drop) {
            if !is_named && !self.words.assign(&name) && !self.named_in_arguments.contains(&name) {
                // Ours, as Clippy minds the use of such a name by the user.
                let place = pat.ident.span().resolved_at(Span::mixed_site());
                pat.ident.set_span(place);
            }
            // A parameter that is bound again is dropped with the locals of the body, which is
            // before whatever the body merely took over.
            let is_dropped_before = pat.by_ref.is_none()
                && self.may_drop
                && self
                    .found
                    .iter()
                    .any(|before| before.may_drop && before.rebind.is_some());
            let rebind = (may_refer_to_local || is_dropped_before).then_some(match is_mutable {
                true => Rebind::Mutable,
                false => Rebind::Immutable,
            });
            if rebind.is_some() && !self.injected.contains(&name) {
                pat.mutability = None;
            }
            self.found.push(Binding {
                ident: pat.ident.clone(),
                conditions: self.conditions.clone(),
                rebind,
                may_drop: self.may_drop,
            });
        }
        visit_mut::visit_pat_ident_mut(self, pat);
    }
}

impl Collector<'_> {
    /// `_: Guard` is dropped in its turn too, for which it needs a name.
    fn name_unnamed(&mut self, pat: &mut Pat) {
        if matches!(pat, Pat::Wild(_)) && self.may_drop {
            let name = format!("_unnamed{}", self.found.len());
            let ident = Ident::new(&name, pat.span().resolved_at(Span::mixed_site()));
            *pat = syn::parse_quote!(#ident);
        }
    }
}
