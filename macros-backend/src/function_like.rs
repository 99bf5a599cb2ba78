//! `event!`, `set_attributes!` and `span!`, which take a list of attributes.
//!
//! A `macro_rules!` of the crate `traced` passes its `$crate` as the first tokens, so that the expansion finds
//! the crate under whatever name the user has for it.

use proc_macro2::{Literal, TokenStream, TokenTree};
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Token};

use crate::args::{Args, Entry};
use crate::diagnostics::{self, Errors};
use crate::emit::{enclosing_function, level, record};
use crate::lints;
use crate::model::{CrateContext, SpanLevel};
use crate::wrap::InSpan;

/// The expansion of `event!`.
///
/// ```text
/// In:  event!("retry", attempt, delay = 5)
/// Out: event("retry", &mut |__attributes| {
///          __attributes.value("attempt", &(attempt));
///          __attributes.value("delay", &(5));
///      })
/// ```
pub fn event(tokens: TokenStream) -> TokenStream {
    expand(tokens, |krate, input| {
        let name = name(input, "event!(\"name\", key = value, ..)")?;
        let args = checked(Args::listed(input)?, lints::check_event)?;
        let recorded = recorded(&args);
        Ok(hygienic!(#krate::__private::event(#name, &mut |__attributes| { #recorded })))
    })
}

/// The expansion of `set_attributes!`.
///
/// ```text
/// In:  set_attributes!(rows = 3)
/// Out: record(&mut |__attributes| { __attributes.value("rows", &(3)); })
/// ```
pub fn set_attributes(tokens: TokenStream) -> TokenStream {
    expand(tokens, |krate, input| {
        let args = checked(Args::listed(input)?, lints::check_inside)?;
        let recorded = recorded(&args);
        Ok(hygienic!(#krate::__private::record(&mut |__attributes| { #recorded })))
    })
}

/// The expansion of `span!`.
///
/// ```text
/// In:  span!("parse", bytes = 120, { body })
/// Out: in_guard(
///          PhantomData,
///          { static __TRACED_SITE: .. }.start_with(..).enter().until_dropped(),
///          { body },
///          |__out| observe!(@inferred __out),
///      )
/// ```
pub fn span(tokens: TokenStream, crate_context: &CrateContext) -> TokenStream {
    expand(tokens, |krate, input| {
        let form = "span!(\"name\", key = value, .., { block })";
        let (mut args, name) = named(input, form)?;
        while !is_block(input) {
            if input.is_empty() {
                return Err(diagnostics::span_without_block(&name));
            }
            args.read_listed(input)?;
            comma(input)?;
        }
        let block: Expr = input.parse()?;
        let _trailing: Option<Token![,]> = input.parse()?;
        let args = checked(args, lints::check_inside)?;
        let mut errors = Errors::default();
        let level = SpanLevel::of(args.level.as_ref(), &mut errors);
        errors.into_combined().map_or(Ok(()), Err)?;
        let count = Literal::usize_unsuffixed(listed(&args).len());
        let recorded = recorded(&args);
        let site = site(krate, level, crate_context);
        let start = hygienic! {
            #site.start_with(&mut |__options| {
                __options.name(#name);
                let __attributes = __options.attributes(#count);
                #recorded
            })
        };
        Ok(in_span(krate, &start, &block))
    })
}

fn in_span(krate: &TokenStream, start: &TokenStream, block: &Expr) -> TokenStream {
    let span = InSpan {
        krate,
        started: start.clone(),
        entered: hygienic!(#start.enter()),
        observer: hygienic!(|__out| #krate::__private::observe!(@inferred __out)),
    };
    match block {
        Expr::Async(_) => {
            let observer = &span.observer;
            hygienic!(#krate::__private::future_with(#start, #block, #observer))
        }
        _ => span.around(block),
    }
}

fn is_block(input: ParseStream<'_>) -> bool {
    input.peek(syn::token::Brace) || input.peek(Token![async])
}

fn site(krate: &TokenStream, span_level: SpanLevel, crate_context: &CrateContext) -> TokenStream {
    let CrateContext { name, version, .. } = crate_context;
    let (inside, level) = (enclosing_function(), level(krate, span_level));
    hygienic! {{
        static __TRACED_SITE: #krate::__private::CallSite = #krate::__private::CallSite::new(
            "span",
            #krate::__private::SpanKind::Internal,
            #name,
            #version,
            ::core::module_path!(),
        )#inside #level;
        &__TRACED_SITE
    }}
}

/// The name, and the comma after it if there are attributes.
fn name(input: ParseStream<'_>, form: &str) -> syn::Result<Expr> {
    expect_more(input, form)?;
    let name = input.parse()?;
    comma(input)?;
    Ok(name)
}

/// The arguments of `span!` up to its name, and the name.
fn named(input: ParseStream<'_>, form: &str) -> syn::Result<(Args, Expr)> {
    expect_more(input, form)?;
    let (args, name) = Args::named(input)?;
    comma(input)?;
    Ok((args, name))
}

fn expect_more(input: ParseStream<'_>, form: &str) -> syn::Result<()> {
    match input.is_empty() {
        true => Err(input.error(format!("expected `{form}`"))),
        false => Ok(()),
    }
}

fn comma(input: ParseStream<'_>) -> syn::Result<()> {
    if !input.is_empty() {
        input.parse::<Token![,]>()?;
    }
    Ok(())
}

fn checked(args: Args, check: fn(&Args, &mut Errors)) -> syn::Result<Args> {
    let mut errors = Errors::default();
    check(&args, &mut errors);
    errors.into_combined().map_or(Ok(args), Err)
}

fn listed(args: &Args) -> &[Entry] {
    args.attributes.as_ref().map_or(&[], |list| &list.value)
}

fn recorded(args: &Args) -> TokenStream {
    let attributes = hygienic!(__attributes);
    listed(args)
        .iter()
        .map(|entry| record(entry, &attributes))
        .collect()
}

/// Reads the path of the crate, and passes it and the rest to `write`. The expansion of an error is
/// `compile_error!`.
fn expand(
    tokens: TokenStream,
    write: impl FnOnce(&TokenStream, ParseStream<'_>) -> syn::Result<TokenStream>,
) -> TokenStream {
    let parser = |input: ParseStream<'_>| {
        let mut krate = TokenStream::new();
        while !input.peek(Token![;]) {
            krate.extend([input.parse::<TokenTree>()?]);
        }
        input.parse::<Token![;]>()?;
        write(&krate, input)
    };
    parser
        .parse2(tokens)
        .unwrap_or_else(|error| error.to_compile_error())
}
