//! `#[fastrace::trace(..)]`, and the same attribute of `minitrace`, the older name of `fastrace`.
//!
//! <https://docs.rs/fastrace/latest/fastrace/attr.trace.html>

use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Ident, LitBool, LitStr, Meta, Token, braced};

use super::Translated;
use crate::functions::Function;

/// Returns the arguments of `#[traced]` with the same meaning. The error is the reason why there are none.
pub(super) fn translated(_: &Function<'_>, meta: &Meta) -> Result<Translated, String> {
    let Meta::List(list) = meta else {
        return Ok(Translated {
            args: Vec::new(),
            notes: vec![
                "the span's name was the path of the function and is its identifier now".to_owned(),
            ],
            fields: Vec::new(),
        });
    };
    let arguments = Punctuated::<Argument, Token![,]>::parse_terminated
        .parse2(list.tokens.clone())
        .map_err(|error| error.to_string())?;
    let mut translated = Translated {
        args: Vec::new(),
        notes: Vec::new(),
        fields: Vec::new(),
    };
    let mut is_named = false;
    for argument in arguments {
        match argument {
            Argument::Name(name) => {
                is_named = true;
                translated
                    .args
                    .insert(0, format!("name = {:?}", name.value()));
            }
            Argument::ShortName(short) => is_named |= short,
            Argument::EnterOnPoll(true) => {
                translated.notes.push(
                    "`enter_on_poll` made a span for each poll; there is one for the call now"
                        .to_owned(),
                );
            }
            Argument::EnterOnPoll(false) => {}
            Argument::Properties(properties) => {
                let entries = properties.into_iter().map(|(key, value)| {
                    let (key, value) = (key.value(), value.value());
                    match value.contains(['{', '}']) {
                        true => format!("{key:?} = format!({value:?})"),
                        false => format!("{key:?} = {value:?}"),
                    }
                });
                let entries: Vec<String> = entries.collect();
                translated
                    .args
                    .push(format!("attributes({})", entries.join(", ")));
            }
        }
    }
    if !is_named {
        translated.notes.push(
            "the span's name was the path of the function and is its identifier now".to_owned(),
        );
    }
    Ok(translated)
}

enum Argument {
    Name(LitStr),
    ShortName(bool),
    EnterOnPoll(bool),
    Properties(Vec<(LitStr, LitStr)>),
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key: Ident = input.parse()?;
        input.parse::<Token![=]>()?;
        match key.to_string().as_str() {
            "name" => input.parse().map(Argument::Name),
            "short_name" => Ok(Argument::ShortName(input.parse::<LitBool>()?.value)),
            "enter_on_poll" => Ok(Argument::EnterOnPoll(input.parse::<LitBool>()?.value)),
            "properties" => {
                let content;
                braced!(content in input);
                let pair = |input: ParseStream<'_>| {
                    let key = input.parse()?;
                    input.parse::<Token![:]>()?;
                    Ok((key, input.parse()?))
                };
                let pairs = Punctuated::<(LitStr, LitStr), Token![,]>::parse_terminated_with(
                    &content, pair,
                )?;
                Ok(Argument::Properties(pairs.into_iter().collect()))
            }
            other => Err(syn::Error::new(
                key.span(),
                format!("`{other}` has no equivalent"),
            )),
        }
    }
}
