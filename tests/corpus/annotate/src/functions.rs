//! Finds the functions of a source text and the positions of their attributes.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Attribute, FnModifiers, ImplItemFn, ItemFn, ItemImpl, Macro, Signature, TraitItemFn, Visibility,
};

use crate::counts::Counts;

/// Byte offsets of every function that can carry the attribute, in the order of the text.
pub(crate) fn starts(code: &str, counts: &mut Counts) -> syn::Result<Vec<usize>> {
    let file = syn::parse_str::<syn::File>(code)?;
    let mut functions = Functions {
        starts: Vec::new(),
        inside_allocator: false,
        counts,
    };
    functions.visit_file(&file);
    functions.starts.sort_unstable();
    Ok(functions.starts)
}

struct Functions<'c> {
    starts: Vec<usize>,
    inside_allocator: bool,
    counts: &'c mut Counts,
}

impl Functions<'_> {
    fn consider(
        &mut self,
        attributes: &[Attribute],
        visibility: Option<&Visibility>,
        modifiers: &FnModifiers,
        signature: &Signature,
    ) {
        if let Some(reason) = self.reason_to_skip(attributes, signature) {
            self.counts.skip(reason);
            return;
        }
        let mut tokens = visibility.to_token_stream();
        modifiers.defaultness.to_tokens(&mut tokens);
        signature.to_tokens(&mut tokens);
        if let Some(first) = tokens.into_iter().next() {
            self.starts.push(first.span().byte_range().start);
            self.counts.annotate(signature);
        }
    }

    fn reason_to_skip(
        &self,
        attributes: &[Attribute],
        signature: &Signature,
    ) -> Option<&'static str> {
        if signature.constness.is_some() {
            return Some("const fn");
        }
        // A span may allocate, which would recurse without end inside an allocator.
        if self.inside_allocator {
            return Some("global allocator");
        }
        attributes.iter().find_map(reason_in_attribute)
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.consider(&item.attrs, Some(&item.vis), &item.modifiers, &item.sig);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.consider(&item.attrs, Some(&item.vis), &item.modifiers, &item.sig);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if item.default.is_some() {
            self.consider(&item.attrs, None, &item.modifiers, &item.sig);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let outside = self.inside_allocator;
        self.inside_allocator |= is_global_allocator(item);
        visit::visit_item_impl(self, item);
        self.inside_allocator = outside;
    }

    /// The tokens of a macro call may have any meaning, so nothing is inserted into them.
    fn visit_macro(&mut self, invocation: &'ast Macro) {
        let reason = if invocation.path.is_ident("macro_rules") {
            "in a macro_rules! body"
        } else {
            "in a macro invocation"
        };
        let functions = count_functions(invocation.tokens.clone());
        self.counts.skip_many(reason, functions);
    }
}

fn is_global_allocator(item: &ItemImpl) -> bool {
    let implemented = item
        .trait_
        .as_ref()
        .and_then(|(path, _)| path.segments.last());
    implemented.is_some_and(|name| name.ident == "GlobalAlloc")
}

/// Looks at all identifiers of the attribute, because `unsafe(..)` and `cfg_attr(..)` wrap the
/// decisive one.
fn reason_in_attribute(attribute: &Attribute) -> Option<&'static str> {
    if attribute.path().is_ident("doc") {
        return None;
    }
    words(attribute.meta.to_token_stream())
        .into_iter()
        .find_map(|word| match word.as_str() {
            "naked" => Some("naked function"),
            "panic_handler" => Some("panic handler"),
            "proc_macro" | "proc_macro_attribute" | "proc_macro_derive" => {
                Some("entry of a procedural macro")
            }
            _ => None,
        })
}

fn words(tokens: TokenStream) -> Vec<String> {
    let mut words = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(word) => words.push(word.to_string()),
            TokenTree::Group(group) => words.extend(self::words(group.stream())),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    words
}

/// `fn` before a name, or before the `$` of a macro variable; a function pointer has neither.
fn count_functions(tokens: TokenStream) -> usize {
    let mut functions = 0;
    let mut after_fn = false;
    for token in tokens {
        functions += match &token {
            TokenTree::Ident(_) => usize::from(after_fn),
            TokenTree::Punct(punct) => usize::from(after_fn && punct.as_char() == '$'),
            TokenTree::Group(group) => count_functions(group.stream()),
            TokenTree::Literal(_) => 0,
        };
        after_fn = matches!(&token, TokenTree::Ident(word) if word == "fn");
    }
    functions
}
