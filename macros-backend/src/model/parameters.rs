//! The parameters that the closure or `async` block around the body captures.

use std::collections::HashSet;

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, FnArg, Pat, PatIdent, ReceiverKind, Type};

use super::types::{is_plain, may_borrow, may_drop};
use crate::item::{Head, Item};
use crate::syntax::attributes::conditions;
use crate::syntax::tokens::{Words, bare, names_in};

/// The binding of a parameter.
pub(crate) struct Binding {
    pub(crate) ident: Ident,
    /// The `#[cfg(..)]` attributes of the parameter.
    pub(crate) conditions: Vec<Attribute>,
    /// Set if the parameter is bound again inside the closure, because the body may make it borrow from
    /// a local, or because it must be dropped before another such parameter.
    pub(crate) rebind: Option<Rebind>,
    /// Whether its drop may have an effect.
    pub(crate) may_drop: bool,
}

/// The mutability of a parameter that is bound again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rebind {
    Mutable,
    Immutable,
}

/// The parameters that the closure or `async` block must capture, in order of declaration.
///
/// A parameter that the body does not mention is not captured, so that rustc still reports
/// `unused_variables`. A parameter whose name starts with `_` is captured in any case, because it has to be
/// dropped in order with the others and rustc never reports it.
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
        may_borrow: false,
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
                collector.may_borrow = may_borrow(&parameter.ty);
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

/// A parameter that the arguments mention.
pub(crate) struct RecordedParam {
    pub(crate) name: String,
    /// Whether a closure can only capture the parameter as a whole. Of a struct it may capture a single field.
    pub(crate) has_no_parts: bool,
}

/// The parameters that the arguments mention.
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
    /// The names in `inject = ..`: the carrier is written to before the body runs, so it stays `mut`.
    injected: &'a HashSet<String>,
    /// The `#[cfg(..)]` attributes of the current parameter.
    conditions: Vec<Attribute>,
    /// Whether a value of the current parameter's type may borrow.
    may_borrow: bool,
    is_plain: bool,
    may_drop: bool,
    found: Vec<Binding>,
}

impl VisitMut for Collector<'_> {
    fn visit_pat_ident_mut(&mut self, pat: &mut PatIdent) {
        let name = pat.ident.to_string();
        let is_used = self.words.is_used(&name);
        let is_assigned = self.words.is_assigned(&name);
        let is_mutable = pat.mutability.is_some();
        let may_borrow_local = is_mutable
            && pat.by_ref.is_none()
            && (self.may_borrow || is_assigned)
            && !self.is_plain;
        let is_reassigned = may_borrow_local && is_assigned;
        if is_used || is_reassigned || (name.starts_with('_') && self.may_drop) {
            if !is_used && !is_assigned && !self.named_in_arguments.contains(&name) {
                // With our hygiene, because Clippy reports the use of a name that starts with `_`.
                let place = pat.ident.span().resolved_at(Span::mixed_site());
                pat.ident.set_span(place);
            }
            // A parameter that is bound again is dropped with the locals of the body, before the
            // captured parameters.
            let is_dropped_before = pat.by_ref.is_none()
                && self.may_drop
                && self
                    .found
                    .iter()
                    .any(|before| before.may_drop && before.rebind.is_some());
            let rebind = (may_borrow_local || is_dropped_before).then_some(match is_mutable {
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
    /// Gives the `_` of `_: Guard` a name, so that the parameter can be captured and is dropped in order.
    fn name_unnamed(&mut self, pat: &mut Pat) {
        if matches!(pat, Pat::Wild(_)) && self.may_drop {
            let name = format!("_unnamed{}", self.found.len());
            let ident = Ident::new(&name, pat.span().resolved_at(Span::mixed_site()));
            *pat = syn::parse_quote!(#ident);
        }
    }
}
