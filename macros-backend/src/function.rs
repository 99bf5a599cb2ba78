//! The pipeline of one annotated function. Everything is judged before anything is written.

use proc_macro2::TokenStream;
use quote::quote;

use crate::args::{Args, Mode};
use crate::conditional;
use crate::diagnostics::Errors;
use crate::item::{Head, Item};
use crate::lints;
use crate::model::{CrateContext, FunctionModel, bindings};
use crate::nested::{self, EnclosingContext, NestedSpans};
use crate::spawn::{self, JudgedSpawns};
use crate::syntax::groups::braced_like;
use crate::wrap;

/// Expands a function. If there are errors, the result is the function without our attributes.
pub(crate) fn expand(
    mode: Mode,
    args: Args,
    tokens: TokenStream,
    crate_context: CrateContext,
    errors: &mut Errors,
) -> TokenStream {
    // With `allow(not_traceable)`, an item that can have no span stays as it is.
    let may_be_untraceable = lints::is_allowed(&args, "not_traceable");
    let mut parse_errors = Errors::default();
    match Item::parse(tokens.clone(), mode.macro_name(), &mut parse_errors) {
        Some(item) if may_be_untraceable && item.head.signature.constness.is_some() => tokens,
        Some(item) => expand_item(mode, args, item, crate_context, errors),
        None => {
            if !may_be_untraceable {
                errors.extend_once(parse_errors);
            }
            tokens
        }
    }
}

/// Expands a parsed function.
pub(crate) fn expand_item(
    mode: Mode,
    mut args: Args,
    mut item: Item,
    crate_context: CrateContext,
    errors: &mut Errors,
) -> TokenStream {
    // Judge. Nothing is written.
    args.record_first(item.head.take_recorded_parameters(errors));
    if mode == Mode::Span {
        lints::check(&args, &item, errors);
    }
    let model = FunctionModel::build(mode, args, &item, &crate_context, errors);
    // From here on, no attribute of ours has a condition.
    if item.words.have("cfg_attr") {
        item.body = conditional::both_variants(&item.body, &model.krate);
    }
    let spawns = match item.words.have("traced_spawn") {
        true => spawn::judge(&item.body, &model.spawn_config, errors),
        false => JudgedSpawns::none_in(item.body.clone()),
    };
    let around = EnclosingContext {
        function: &model.function,
        crate_context: &crate_context,
    };
    let nested = match mode {
        Mode::Span => nested::judge(&spawns.body, &item.words, &around, errors),
        Mode::SpawnSitesOnly => None,
    };

    // The one barrier.
    if errors.any() {
        return untouched(item);
    }

    // Write. Nothing can fail.
    write(item, model, spawns, nested)
}

fn write(
    mut item: Item,
    model: FunctionModel,
    spawns: JudgedSpawns,
    nested: Option<NestedSpans>,
) -> TokenStream {
    let mut body = spawns.body;
    if let Some(nested) = nested {
        body = braced_like(&body, nested.write(&model.krate));
    }
    if spawn::may_be_in(&item.words, &model.spawn_config) {
        let carried =
            spawn::carry_into_sites(body.stream(), &model.spawn_config, &spawns.statements);
        body = braced_like(&body, carried);
    }
    let bindings = bindings(&mut item, &model.named_in_arguments, &model.injected);
    let content = match &model.span {
        Some(span) => wrap::function(&model.krate, span, &bindings, &body),
        None => body.stream(),
    };
    let has_attribute = item.words.have("traced_spawn");
    let used_import = has_attribute.then(|| spawn::used_import(&model.krate));
    item.with_body(quote!(#used_import #content))
}

/// The function without our attributes, to be printed beside the errors.
pub(crate) fn untouched(item: Item) -> TokenStream {
    let content = nested::without_attributes(&item.body, &item.words);
    let content = content.unwrap_or_else(|| item.body.stream());
    item.with_body(content)
}

impl Item {
    /// The item with other statements in its braces.
    pub(crate) fn with_body(self, content: TokenStream) -> TokenStream {
        let (head, inner_attributes) = (head(&self.head), self.inner_attributes);
        let body = braced_like(&self.body, quote!(#inner_attributes #content));
        quote!(#head #body)
    }
}

fn head(head: &Head) -> TokenStream {
    let Head {
        attributes,
        visibility,
        defaultness,
        signature,
    } = head;
    quote!(#(#attributes)* #visibility #defaultness #signature)
}
