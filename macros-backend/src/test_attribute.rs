//! `#[traced::test]`: a test whose spans are captured.
//!
//! ```text
//! In:  #[traced::test]
//!      fn name() { body }
//! Out: #[::core::prelude::v1::test]
//!      fn name() { let __capture = test_capture(); body }
//!
//! In:  #[traced::test]
//!      #[tokio::test]
//!      async fn name() { body }
//! Out: #[tokio::test]
//!      async fn name() { test_future(async move { body }).await }
//! ```

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Path, ReturnType, Token, Type};

use crate::diagnostics::{self, Errors};
use crate::item::Item;
use crate::model::holds_impl_trait;
use crate::syntax::groups::is_group;

const NAME: &str = "traced::test";

/// The expansion of `#[traced::test]`.
pub fn expand(args: TokenStream, tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let krate = errors.keep(krate.parse2(args));
    let Some(item) = Item::parse(tokens.clone(), NAME, &mut errors) else {
        return with(errors, tokens);
    };
    let is_async = item.head.signature.asyncness.is_some();
    let made_by_others = item.head.attributes.iter().any(makes_a_test);
    if is_async && !made_by_others {
        errors.push(diagnostics::test_without_runtime(
            &item.head.signature.ident,
        ));
    }
    let Some(krate) = krate.filter(|_| !errors.any()) else {
        return with(errors, tokens);
    };
    if is_async {
        return of_async(item, &krate);
    }
    match in_runtime(&krate, &item) {
        // An attribute such as `#[tokio::test]` stands above and was expanded first. It wrote `#[test]` and this
        // body, which contains the user's body.
        Some(body) => item.with_body(body),
        None => of_sync(item, &krate, made_by_others),
    }
}

/// The expansion where the feature `testing` is off: an error, and the function.
pub fn without_testing(tokens: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    errors.push(diagnostics::test_without_feature());
    with(errors, tokens)
}

fn with(errors: Errors, item: TokenStream) -> TokenStream {
    let errors = errors.into_tokens();
    quote!(#errors #item)
}

/// `crate = path`, or nothing.
fn krate(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    if input.is_empty() {
        return Ok(quote!(::traced));
    }
    let written: TokenStream = input.fork().parse()?;
    let path = |input: ParseStream<'_>| {
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        input.call(Path::parse_mod_style)
    };
    let path = path(input).ok().filter(|_| input.is_empty());
    let rest: TokenStream = input.parse()?;
    drop(rest);
    path.map(|path| path.to_token_stream())
        .ok_or_else(|| diagnostics::argument_of_test(written))
}

/// Whether another attribute makes the function a test: `#[test]`, `#[tokio::test]`, `#[rstest]`,
/// `#[test_case(..)]`, `#[wasm_bindgen_test]`.
fn makes_a_test(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|last| last.ident.to_string().contains("test"))
}

/// Whether this is `#[::core::prelude::v1::test]`, which nobody writes by hand.
fn is_written_by_a_macro(attribute: &Attribute) -> bool {
    let path = attribute.path().to_token_stream().to_string();
    path.replace(' ', "") == "::core::prelude::v1::test"
}

fn of_sync(item: Item, krate: &TokenStream, made_by_others: bool) -> TokenStream {
    let test = (!made_by_others).then(|| quote!(#[::core::prelude::v1::test]));
    let body = item.body.stream();
    let item = item.with_body(hygienic!(
        let __capture = #krate::__private::test_capture();
        #body
    ));
    quote!(#test #item)
}

fn of_async(item: Item, krate: &TokenStream) -> TokenStream {
    let body = item.body.stream();
    // Without the type of the output, a `?` in the block would be an error.
    let typed = nameable(&item.head.signature.output).map(
        |output| hygienic!(if false { return #krate::__private::Returns::<#output>::never(); }),
    );
    item.with_body(hygienic!(
        #krate::__private::test_future(async move { #typed #body }).await
    ))
}

/// The return type of a function, if it can be written in the body.
fn nameable(output: &ReturnType) -> Option<&Type> {
    match output {
        ReturnType::Type(_, output) if !holds_impl_trait(output) => Some(output),
        _ => None,
    }
}

/// Captures the future in `let body = async { .. };`, the first statement of the bodies that the attributes of
/// tokio write. To capture the thread would capture too much: the runtime also polls tasks there to which no
/// context was carried.
fn in_runtime(krate: &TokenStream, item: &Item) -> Option<TokenStream> {
    let tokens: Vec<TokenTree> = item.body.stream().into_iter().collect();
    let is_word = |place: usize, word: &str| matches!(tokens.get(place), Some(TokenTree::Ident(ident)) if ident == word);
    let is_future = is_word(0, "let") && is_word(1, "body") && is_word(3, "async");
    let block = tokens
        .iter()
        .position(|token| is_group(Some(token), Delimiter::Brace))?;
    if !is_future || block > 5 || !item.head.attributes.iter().any(is_written_by_a_macro) {
        return None;
    }
    let (before, future) = (&tokens[..3], &tokens[3..=block]);
    let (before, future): (TokenStream, TokenStream) = (
        before.iter().cloned().collect(),
        future.iter().cloned().collect(),
    );
    let after: TokenStream = tokens[block + 1..].iter().cloned().collect();
    Some(hygienic!(#before #krate::__private::test_future(#future) #after))
}
