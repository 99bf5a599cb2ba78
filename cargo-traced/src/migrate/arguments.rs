//! The parser of the arguments of `#[tracing::instrument(..)]`.
//!
//! <https://docs.rs/tracing-attributes/latest/tracing_attributes/attr.instrument.html>

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Ident, LitInt, LitStr, Token, parenthesized, token};

use crate::syntax::{mentions, path_of};

/// The arguments in the parentheses.
#[derive(Default)]
pub(super) struct Arguments {
    pub(super) name: Option<Expr>,
    pub(super) level: Option<String>,
    pub(super) target: Option<Expr>,
    pub(super) parent: Option<Expr>,
    pub(super) follows_from: Option<Expr>,
    pub(super) skip: Vec<String>,
    pub(super) skip_all: bool,
    pub(super) fields: Vec<Field>,
    pub(super) err: Option<Vec<String>>,
    pub(super) ret: Option<Vec<String>>,
}

/// `key`, `key = value`, `%key`, `key = ?value`.
pub(super) struct Field {
    pub(super) key: TokenStream,
    /// The key as text, without the dots' spaces; `None` for one that is computed.
    pub(super) name: Option<String>,
    pub(super) form: Form,
    pub(super) value: Option<Expr>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Value,
    Display,
    Debug,
}

impl Form {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Form::Value => "",
            Form::Display => "%",
            Form::Debug => "?",
        }
    }
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut arguments = Arguments::default();
        while !input.is_empty() {
            if input.peek(LitStr) {
                arguments.name = Some(input.parse()?);
            } else {
                arguments.argument(input)?;
            }
            // `tracing` takes arguments without commas between them.
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(arguments)
    }
}

impl Arguments {
    fn argument(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let key = input.call(Ident::parse_any)?;
        match key.to_string().as_str() {
            "name" => self.name = Some(assigned(input)?),
            "target" => self.target = Some(assigned(input)?),
            "parent" => self.parent = Some(assigned(input)?),
            "follows_from" => self.follows_from = Some(assigned(input)?),
            "level" => {
                input.parse::<Token![=]>()?;
                self.level = Some(level(input)?);
            }
            "skip" => self.skip = words(input)?,
            "skip_all" => self.skip_all = true,
            "fields" => {
                let content;
                parenthesized!(content in input);
                let fields = Punctuated::<Field, Token![,]>::parse_terminated(&content)?;
                self.fields = fields.into_iter().collect();
            }
            "err" => self.err = Some(options(input)?),
            "ret" => self.ret = Some(options(input)?),
            other => {
                return Err(syn::Error::new(
                    key.span(),
                    format!("`{other}` is no argument of `#[instrument]` that is known here"),
                ));
            }
        }
        Ok(())
    }
}

fn assigned(input: ParseStream<'_>) -> syn::Result<Expr> {
    input.parse::<Token![=]>()?;
    input.parse()
}

/// `"debug"`, `Level::DEBUG`, `2`.
pub(super) fn level(input: ParseStream<'_>) -> syn::Result<String> {
    if input.peek(LitStr) {
        return Ok(input.parse::<LitStr>()?.value().to_lowercase());
    }
    if input.peek(LitInt) {
        let number: LitInt = input.parse()?;
        let names = ["trace", "debug", "info", "warn", "error"];
        let name = number
            .base10_parse::<usize>()?
            .checked_sub(1)
            .and_then(|index| names.get(index));
        return match name {
            Some(name) => Ok((*name).to_owned()),
            None => Err(syn::Error::new(
                number.span(),
                "levels are numbered from 1 to 5",
            )),
        };
    }
    let path: syn::Path = input.parse()?;
    let last = path
        .segments
        .last()
        .map(|segment| segment.ident.to_string().to_lowercase());
    match last {
        Some(name) if ["trace", "debug", "info", "warn", "error"].contains(&name.as_str()) => {
            Ok(name)
        }
        _ => Err(syn::Error::new_spanned(
            path,
            "the level is a constant whose value is not known here",
        )),
    }
}

fn words(input: ParseStream<'_>) -> syn::Result<Vec<String>> {
    let content;
    parenthesized!(content in input);
    let words = Punctuated::<Ident, Token![,]>::parse_terminated_with(&content, Ident::parse_any)?;
    Ok(words.iter().map(|word| word.unraw().to_string()).collect())
}

/// The words in the parentheses of `err(Debug, level = "info")`, without the level.
fn options(input: ParseStream<'_>) -> syn::Result<Vec<String>> {
    if !input.peek(token::Paren) {
        return Ok(Vec::new());
    }
    let content;
    parenthesized!(content in input);
    let mut options = Vec::new();
    while !content.is_empty() {
        let word = content.call(Ident::parse_any)?.to_string();
        if content.peek(Token![=]) {
            content.parse::<Token![=]>()?;
            level(&content)?;
        }
        options.push(word);
        if content.peek(Token![,]) {
            content.parse::<Token![,]>()?;
        }
    }
    Ok(options)
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let form = form(input)?;
        let (key, name) = if input.peek(LitStr) {
            let text: LitStr = input.parse()?;
            (quote::quote!(#text), Some(text.value()))
        } else if input.peek(token::Brace) {
            (
                input
                    .parse::<proc_macro2::Group>()
                    .map(|group| quote::quote!(#group))?,
                None,
            )
        } else {
            let parts = Punctuated::<Ident, Token![.]>::parse_separated_nonempty_with(
                input,
                Ident::parse_any,
            )?;
            let names: Vec<String> = parts.iter().map(|part| part.unraw().to_string()).collect();
            (quote::quote!(#parts), Some(names.join(".")))
        };
        if !input.peek(Token![=]) {
            return Ok(Field {
                key,
                name,
                form,
                value: None,
            });
        }
        input.parse::<Token![=]>()?;
        // `%key = value` is `key = %value`.
        let form = match self::form(input)? {
            Form::Value => form,
            of_value => of_value,
        };
        let value = Some(input.parse()?);
        Ok(Field {
            key,
            name,
            form,
            value,
        })
    }
}

fn form(input: ParseStream<'_>) -> syn::Result<Form> {
    if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
        return Ok(Form::Display);
    }
    if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
        return Ok(Form::Debug);
    }
    Ok(Form::Value)
}

/// `field::display(x)` and `&debug(x)`, which the macros of `tracing` bring into scope, are `%x` and `?x`.
pub(super) fn formatted(form: Form, value: &Expr) -> (&'static str, &Expr) {
    // It cannot be kept as a value, only shown.
    if let (Form::Value, Expr::Macro(text)) = (form, value)
        && text
            .mac
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "format_args")
    {
        return ("%", value);
    }
    if form != Form::Value {
        return (form.sign(), value);
    }
    if is_error(value) {
        return ("%", value);
    }
    if let Expr::Call(call) = without_references(value) {
        let path = path_of(&call.func);
        let sign = match path.as_slice() {
            _ if !is_of_field(&path) => None,
            [.., name] if name == "display" => Some("%"),
            [.., name] if name == "debug" => Some("?"),
            _ => None,
        };
        if let (Some(sign), Some(inner)) = (sign, call.args.first()) {
            return (sign, inner);
        }
    }
    (form.sign(), value)
}

/// `tracing` takes a value by reference too: `&display(x)`.
pub(super) fn without_references(value: &Expr) -> &Expr {
    match value {
        Expr::Reference(reference) => without_references(&reference.expr),
        Expr::Paren(inner) => without_references(&inner.expr),
        value => value,
    }
}

/// `&error as &dyn Error`, which `tracing` records by `Display`.
fn is_error(value: &Expr) -> bool {
    match value {
        Expr::Cast(cast) => {
            mentions(&cast.ty, &|word| word == "dyn") && mentions(&cast.ty, &|word| word == "Error")
        }
        _ => false,
    }
}

/// Whether a function may be one of `tracing::field`: by its module, or by its name alone.
fn is_of_field(path: &[String]) -> bool {
    match path {
        [_] => true,
        [.., owner, _] => owner == "field",
        [] => false,
    }
}
