//! Item tokens → [`Item`]: the signature is parsed, the body stays tokens.
//!
//! While the user types, the body may not parse, and the function must still expand: rust-analyzer would
//! otherwise lose it. The parsed parts are printed as they were read, so that nothing of the item is lost.

mod lenient;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, FnArg, Ident, LitStr, Meta, Pat, Signature, Token, Visibility};

use crate::args::{Entry, Form, Key};
use crate::conditional::Conditional;
use crate::diagnostics::{self, Errors};
use crate::syntax::attributes::conditions;
use crate::syntax::tokens::Words;

/// A function with a body.
pub(crate) struct Item {
    /// Everything before the body.
    pub(crate) head: Head,
    /// Inner attributes (`#![allow(..)]`) at the start of the body.
    pub(crate) inner_attributes: TokenStream,
    /// The body, braces included, inner attributes excluded.
    pub(crate) body: Group,
    /// The words of the body.
    pub(crate) words: Words,
}

/// A function up to its body.
pub(crate) struct Head {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    /// The `default` of a specialization.
    pub(crate) defaultness: Option<Ident>,
    pub(crate) signature: Signature,
}

impl Parse for Head {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Head {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            defaultness: parse_defaultness(input)?,
            signature: signature(input)?,
        })
    }
}

/// The signature. The parts that syn cannot parse stay tokens.
fn signature(input: ParseStream<'_>) -> syn::Result<Signature> {
    let tokens: TokenStream = input.parse()?;
    syn::parse2(tokens.clone()).or_else(|error_of_syn| {
        // The error of syn explains more than that of the lenient parser.
        lenient::signature.parse2(tokens).map_err(|_| error_of_syn)
    })
}

impl Head {
    /// Removes `#[attribute]` and `#[attribute("key")]` from the parameters, and returns them as attributes of the
    /// span.
    pub(crate) fn take_recorded_parameters(&mut self, errors: &mut Errors) -> Vec<Entry> {
        let mut entries = Vec::new();
        for input in &mut self.signature.inputs {
            let FnArg::Typed(parameter) = input else {
                continue;
            };
            let (ours, others) = split_recorded(std::mem::take(&mut parameter.attrs));
            parameter.attrs = others;
            let of_parameter = conditions(&parameter.attrs);
            let mut is_recorded = false;
            for (condition, attribute) in &ours {
                if condition.is_none() && std::mem::replace(&mut is_recorded, true) {
                    errors.push(diagnostics::recorded_twice(attribute));
                    continue;
                }
                let conditions: Vec<_> = of_parameter.iter().chain(condition).cloned().collect();
                let entry = recorded_parameter(attribute, &conditions, &parameter.pat);
                entries.extend(errors.keep(entry));
            }
        }
        entries
    }
}

/// The `#[attribute]`s of a parameter and its other attributes. An `#[attribute]` inside a `cfg_attr` comes
/// with the condition, as a `#[cfg(..)]`.
fn split_recorded(
    attributes: Vec<Attribute>,
) -> (Vec<(Option<Attribute>, Attribute)>, Vec<Attribute>) {
    let is_ours = |meta: &Meta| meta.path().is_ident("attribute");
    let (mut ours, mut others) = (Vec::new(), Vec::new());
    for attribute in attributes {
        let conditionals = Conditional::of(&attribute.meta, is_ours);
        if is_ours(&attribute.meta) {
            ours.push((None, attribute));
        } else if conditionals.is_empty() {
            others.push(attribute);
        }
        for conditional in conditionals {
            let condition = &conditional.condition;
            let condition: Attribute = syn::parse_quote!(#[cfg(#condition)]);
            let recorded = conditional.ours.iter();
            let recorded = recorded.map(|ours| syn::parse_quote!(#[#ours]));
            ours.extend(recorded.map(|recorded| (Some(condition.clone()), recorded)));
            others.extend(conditional.rest());
        }
    }
    (ours, others)
}

fn recorded_parameter(
    attribute: &Attribute,
    conditions: &[Attribute],
    pat: &Pat,
) -> syn::Result<Entry> {
    let Pat::Ident(name) = pat else {
        return Err(diagnostics::recorded_pattern(pat));
    };
    let ident = &name.ident;
    let (name, tokens) = match &attribute.meta {
        Meta::Path(_) => (ident.unraw().to_string(), ident.to_token_stream()),
        Meta::List(list) => {
            let key: LitStr = list
                .parse_args()
                .map_err(|_| diagnostics::malformed_parameter_attribute(attribute))?;
            (key.value(), key.to_token_stream())
        }
        Meta::NameValue(_) => return Err(diagnostics::malformed_parameter_attribute(attribute)),
    };
    Ok(Entry {
        key: Key { name, tokens },
        form: Form::Value,
        value: syn::parse_quote!(#(#conditions)* #ident),
    })
}

/// `default`, unless it is the name of a macro.
fn parse_defaultness(input: ParseStream<'_>) -> syn::Result<Option<Ident>> {
    let ahead = input.fork();
    let is_default = ahead.parse::<Ident>().is_ok_and(|word| word == "default");
    if is_default && !ahead.peek(Token![!]) {
        return input.parse().map(Some);
    }
    Ok(None)
}

impl Item {
    /// Reads a function. Any other item, or a function without a body, is an error.
    pub(crate) fn parse(
        tokens: TokenStream,
        macro_name: &str,
        errors: &mut Errors,
    ) -> Option<Self> {
        let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let Some(last) = tokens.pop() else {
            errors.push(diagnostics::nothing_follows(macro_name));
            return None;
        };
        let head: TokenStream = tokens.into_iter().collect();
        if let Some((word, what)) = other_item(&head, &last) {
            errors.push(match is_file(&word, &last) {
                true => diagnostics::not_traceable_file(word, macro_name),
                false => diagnostics::not_traceable(word, what, macro_name),
            });
            return None;
        }
        let head = errors.keep(syn::parse2::<Head>(head))?;
        let TokenTree::Group(body) = last else {
            errors.push(diagnostics::not_traceable_without_body(
                &head.signature.ident,
                macro_name,
            ));
            return None;
        };
        let (inner_attributes, body) = split_inner_attributes(without_invisible_braces(body));
        Some(Item {
            head,
            inner_attributes,
            words: Words::of(body.stream()),
            body,
        })
    }
}

/// Whether the item is `mod name;`, whose content is in a file.
fn is_file(word: &TokenTree, last: &TokenTree) -> bool {
    let ends = matches!(last, TokenTree::Punct(punct) if punct.as_char() == ';');
    ends && word.to_string() == "mod"
}

/// The keyword of an item that is not a function, and a noun for the item.
fn other_item(head: &TokenStream, last: &TokenTree) -> Option<(TokenTree, &'static str)> {
    let mut tokens = head.clone().into_iter().chain([last.clone()]).peekable();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Ident(word) => match word.to_string().as_str() {
                "fn" => return None,
                "const" if tokens.peek().is_some_and(is_name) => {
                    return Some((token, "a constant"));
                }
                "crate" => return Some((token, "an `extern crate` declaration")),
                "struct" => return Some((token, "a struct")),
                "enum" => return Some((token, "an enum")),
                "union" => return Some((token, "a union")),
                "type" => return Some((token, "a type alias")),
                "static" => return Some((token, "a static")),
                "use" => return Some((token, "a `use` declaration")),
                "trait" => return Some((token, "a trait")),
                "impl" => return Some((token, "an `impl` block")),
                "mod" => return Some((token, "a module")),
                "macro_rules" => return Some((token, "a macro")),
                "let" => return Some((token, "a statement")),
                _ => {}
            },
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                return Some((token, "something else"));
            }
            _ => {}
        }
    }
    None
}

/// Whether the token after `const` is the name of a constant.
fn is_name(token: &TokenTree) -> bool {
    const KEYWORDS: &[&str] = &["async", "extern", "fn", "impl", "trait", "unsafe"];
    match token {
        TokenTree::Ident(word) => KEYWORDS.iter().all(|keyword| word != keyword),
        _ => false,
    }
}

/// Unwraps the invisible group around a body that comes from a `$body:block` of a `macro_rules!`.
fn without_invisible_braces(body: Group) -> Group {
    if body.delimiter() == Delimiter::None {
        if let Some(TokenTree::Group(inner)) = body.stream().into_iter().next() {
            return without_invisible_braces(inner);
        }
    }
    body
}

fn split_inner_attributes(body: Group) -> (TokenStream, Group) {
    let mut first = body.stream().into_iter();
    let mut is_next =
        |wanted| matches!(first.next(), Some(TokenTree::Punct(punct)) if punct.as_char() == wanted);
    if !(is_next('#') && is_next('!')) {
        return (TokenStream::new(), body);
    }
    let parser = |input: ParseStream<'_>| {
        let attributes = input.call(Attribute::parse_inner)?;
        Ok((attributes, input.parse::<TokenStream>()?))
    };
    let Ok((attributes, rest)) = parser.parse2(body.stream()) else {
        return (TokenStream::new(), body);
    };
    let mut inner = Group::new(Delimiter::Brace, rest);
    inner.set_span(body.span());
    (quote::quote!(#(#attributes)*), inner)
}
