//! `#[cfg_attr(condition, traced(..))]` in the body of a function.
//!
//! rustc evaluates the conditions in a body after the macro has seen it. Therefore a statement or expression
//! with such an attribute is written twice, with the attribute and without it, each under its `#[cfg(..)]`.
//! The later stages only see attributes without conditions.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser;
use syn::{Attribute, Expr, Meta};

use crate::syntax::expressions::is_one_of;
use crate::syntax::groups::{is_group, like};
use crate::syntax::statements::length_of_statement;
use crate::syntax::tokens::is_punct;

/// The parts of a `cfg_attr`: its condition, our attributes and the others.
pub(crate) struct Conditional {
    pub(crate) condition: TokenStream,
    pub(crate) ours: Vec<TokenStream>,
    pub(crate) others: Vec<TokenStream>,
}

impl Conditional {
    /// Reads an attribute. The list is empty unless the attribute is a `cfg_attr` that contains one of ours. A
    /// nested `cfg_attr` becomes an entry of its own, under both conditions.
    pub(crate) fn of(meta: &Meta, is_ours: fn(&Meta) -> bool) -> Vec<Self> {
        let list = match meta {
            Meta::List(list) if list.path.is_ident("cfg_attr") => list.tokens.clone(),
            _ => return Vec::new(),
        };
        let mut parts = between_commas(list).into_iter();
        let Some(condition) = parts.next() else {
            return Vec::new();
        };
        let mut found = Vec::new();
        let (mut ours, mut others) = (Vec::new(), Vec::new());
        for part in parts {
            let Ok(meta) = syn::parse2::<Meta>(part.clone()) else {
                others.push(part);
                continue;
            };
            let nested = Conditional::of(&meta, is_ours);
            match nested.is_empty() {
                true if is_ours(&meta) => ours.push(part),
                true => others.push(part),
                false => found.extend(nested.into_iter().map(|nested| {
                    let within = &nested.condition;
                    Conditional {
                        condition: quote!(all(#condition, #within)),
                        ..nested
                    }
                })),
            }
        }
        if !ours.is_empty() || (!found.is_empty() && !others.is_empty()) {
            found.push(Conditional {
                condition,
                ours,
                others,
            });
        }
        found
    }

    /// The `cfg_attr` without our attributes; `None` if no other is left.
    pub(crate) fn rest(&self) -> Option<Attribute> {
        let Conditional {
            condition, others, ..
        } = self;
        let has_others = !others.is_empty();
        has_others.then(|| syn::parse_quote!(#[cfg_attr(#condition, #(#others),*)]))
    }

    /// The attributes to write if the condition holds, and those to write if it does not.
    fn variants(&self) -> [TokenStream; 2] {
        let Conditional {
            condition,
            ours,
            others,
        } = self;
        [
            quote!(#[cfg(#condition)] #(#[#others])* #(#[#ours])*),
            quote!(#[cfg(not(#condition))]),
        ]
    }
}

fn between_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let parts = tokens.split(|token| is_punct(Some(token), ','));
    parts
        .filter(|part| !part.is_empty())
        .map(|part| part.iter().cloned().collect())
        .collect()
}

/// The attributes of an item, a statement or an expression, for a condition that holds and for one that does
/// not; `None` if none of them is a `cfg_attr` with one of our attributes.
pub(crate) fn variants_of(
    attributes: &[Attribute],
    is_ours: fn(&Meta) -> bool,
) -> Option<[TokenStream; 2]> {
    let mut found = attributes.iter().enumerate();
    let (place, conditionals) = found.find_map(|(place, attribute)| {
        let conditionals = Conditional::of(&attribute.meta, is_ours);
        (!conditionals.is_empty()).then_some((place, conditionals))
    })?;
    let (first, more) = conditionals.split_first()?;
    // The nested `cfg_attr`s stay conditional. They are expanded when the result is walked again.
    let more = more.iter().map(|conditional| {
        let Conditional {
            condition,
            ours,
            others,
        } = conditional;
        quote!(#[cfg_attr(#condition, #(#others,)* #(#ours),*)])
    });
    let more: TokenStream = more.collect();
    let (before, after) = (&attributes[..place], &attributes[place + 1..]);
    Some(
        first
            .variants()
            .map(|variant| quote!(#(#before)* #variant #more #(#after)*)),
    )
}

/// Writes each statement, arm and expression with a conditional attribute of ours twice.
///
/// ```text
/// In:  #[cfg_attr(feature = "otel", traced)] let rows = load();
/// Out: #[cfg(feature = "otel")] #[traced] let rows = load();
///      #[cfg(not(feature = "otel"))] let rows = load();
/// ```
pub(crate) fn both_variants(body: &Group, krate: &TokenStream) -> Group {
    like(
        body,
        write_variants(body.stream(), body.delimiter() == Delimiter::Brace, krate),
    )
}

fn write_variants(tokens: TokenStream, is_braced: bool, krate: &TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut written: Vec<TokenTree> = Vec::new();
    let mut rest = tokens.as_slice();
    while let Some((first, after)) = rest.split_first() {
        let place = Place::after(&written, is_braced);
        rest = match Annotated::at_start_of(rest) {
            Some(annotated) => {
                written.extend(annotated.both_variants(place, krate));
                &rest[annotated.length..]
            }
            None => {
                let length = length_of_attributes(rest);
                written.extend(rest[..length].iter().cloned());
                match length {
                    0 => {
                        written.push(inside_group(first, krate));
                        after
                    }
                    length => &rest[length..],
                }
            }
        };
    }
    written.into_iter().collect()
}

fn inside_group(token: &TokenTree, krate: &TokenStream) -> TokenTree {
    match token {
        TokenTree::Group(group) => TokenTree::Group(both_variants(group, krate)),
        other => other.clone(),
    }
}

/// The place of the attributes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the start of a statement or of an arm of a `match`.
    Statement,
    Expression,
}

impl Place {
    fn after(written: &[TokenTree], is_braced: bool) -> Self {
        let is_start = match written.last() {
            None => true,
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
            Some(token) => is_punct(Some(token), ';') || is_punct(Some(token), ','),
        };
        match is_braced && is_start {
            true => Place::Statement,
            false => Place::Expression,
        }
    }
}

/// Attributes with a conditional one of ours, and the statement, arm or expression that they are on.
struct Annotated<'t> {
    variants: [TokenStream; 2],
    content: &'t [TokenTree],
    length: usize,
}

impl<'t> Annotated<'t> {
    fn at_start_of(tokens: &'t [TokenTree]) -> Option<Self> {
        let attributes = length_of_attributes(tokens);
        let (list, after) = tokens.split_at(attributes);
        let list: TokenStream = list.iter().cloned().collect();
        if list.is_empty() {
            return None;
        }
        let list = Attribute::parse_outer.parse2(list).ok()?;
        let variants = variants_of(&list, is_ours)?;
        let content = &after[..length_of_arm(after).or_else(|| length_of_statement(after))?];
        Some(Annotated {
            variants,
            content,
            length: attributes + content.len(),
        })
    }

    fn both_variants(&self, place: Place, krate: &TokenStream) -> TokenStream {
        let content: TokenStream = self.content.iter().cloned().collect();
        let content = write_variants(content, place == Place::Statement, krate);
        let ends_in = |wanted| is_punct(self.content.last(), wanted);
        let is_arm = length_of_arm(self.content).is_some();
        let starts_with_let =
            matches!(self.content.first(), Some(TokenTree::Ident(word)) if word == "let");
        match place {
            Place::Statement if is_arm => {
                let comma = (!ends_in(',')).then(|| quote!(,));
                self.each(krate, |variant| quote!(#variant #content #comma))
            }
            Place::Statement if ends_in(';') || starts_with_let => {
                self.each(krate, |variant| quote!(#variant #content))
            }
            // The tail of a block, or a statement without a semicolon.
            Place::Statement => self.each(krate, |variant| {
                let (condition, others) = split_condition(variant);
                quote!(#condition { #others #content })
            }),
            Place::Expression => {
                let semicolon = ends_in(';').then(|| quote!(;));
                let content: TokenStream = match semicolon {
                    Some(_) => {
                        let count = content.clone().into_iter().count();
                        content.into_iter().take(count - 1).collect()
                    }
                    None => content,
                };
                let chosen = self.chosen(&content, krate);
                quote!(#chosen #semicolon)
            }
        }
    }

    /// Chooses between both variants of an expression by the condition. rustc accepts no `#[cfg(..)]` on an
    /// expression, so the variants are the tail of a block or a field of a struct literal. A closure or an
    /// `async` block stands in a block, through which rustc passes the expected type. Any other expression is a
    /// field, because a field keeps the temporaries of its value alive.
    fn chosen(&self, content: &TokenStream, krate: &TokenStream) -> TokenStream {
        let is_closure_or_async = matches!(
            syn::parse2::<Expr>(content.clone()),
            Ok(Expr::Closure(_) | Expr::Async(_))
        );
        let each = self.each(krate, |variant| {
            let (condition, others) = split_condition(variant);
            match is_closure_or_async {
                true => hygienic!(#condition { #others #content }),
                false => hygienic!(#condition out: #others #content,),
            }
        });
        match is_closure_or_async {
            true => hygienic!({ #each }),
            false => hygienic!(#krate::__private::Allowed { #each }.out),
        }
    }

    /// Writes both variants, each of which may have another conditional attribute.
    fn each(
        &self,
        krate: &TokenStream,
        write: impl Fn(&TokenStream) -> TokenStream,
    ) -> TokenStream {
        let variants = self.variants.iter();
        variants
            .map(|variant| write_variants(write(variant), true, krate))
            .collect()
    }
}

/// The `#[cfg(..)]` of one variant, and its other attributes. rustc accepts them in different places.
fn split_condition(variant: &TokenStream) -> (TokenStream, TokenStream) {
    let is_condition = |attribute: &Attribute| attribute.path().is_ident("cfg");
    let attributes = Attribute::parse_outer.parse2(variant.clone());
    let (conditions, others): (Vec<_>, Vec<_>) = attributes
        .unwrap_or_default()
        .into_iter()
        .partition(is_condition);
    (quote!(#(#conditions)*), quote!(#(#others)*))
}

fn is_ours(meta: &Meta) -> bool {
    is_one_of(meta.path(), &["traced", "traced_spawn"])
}

/// The number of tokens of the outer attributes at the start of `tokens`.
fn length_of_attributes(tokens: &[TokenTree]) -> usize {
    let pairs = tokens.chunks_exact(2);
    let is_attribute = |pair: &&[TokenTree]| {
        is_punct(pair.first(), '#') && is_group(pair.get(1), Delimiter::Bracket)
    };
    2 * pairs.take_while(is_attribute).count()
}

/// The number of tokens of the `match` arm at the start of `tokens`; `None` if there is none.
fn length_of_arm(tokens: &[TokenTree]) -> Option<usize> {
    let is_end = |token: &TokenTree| is_punct(Some(token), ';') || is_punct(Some(token), ',');
    let arrow = tokens.windows(2).position(|pair| {
        is_end(&pair[0]) || (is_punct(Some(&pair[0]), '=') && is_punct(Some(&pair[1]), '>'))
    })?;
    if is_end(&tokens[arrow]) {
        return None;
    }
    let body = arrow + 2;
    let after = match is_group(tokens.get(body), Delimiter::Brace) {
        true => body + 1,
        false => {
            let rest = tokens[body..].iter();
            let end = rest.take_while(|token| !is_punct(Some(token), ',')).count();
            body + end
        }
    };
    Some(after + usize::from(is_punct(tokens.get(after), ',')))
}
