//! Attribute tokens → [`Args`]: what was written, key by key; no judgement.

mod mode;

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, LitStr, Pat, Path, Token, Type, parenthesized, token};

pub(crate) use self::mode::Mode;
use crate::diagnostics::{self, Errors};
use crate::syntax::tokens::{names_in, without_group};

/// An argument: its key, for errors to point at, and its value.
#[derive(Clone)]
pub(crate) struct Arg<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

/// One attribute of the span: `param`, `key = expr`, `key = %expr`, `key = ?expr`.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) form: Form,
    pub(crate) value: Expr,
}

/// Attributes of a result: `|pattern| key = expr, ..`.
#[derive(Clone)]
pub(crate) struct OnResult {
    pub(crate) pattern: Pat,
    /// `|pattern: Type|`.
    pub(crate) ty: Option<Type>,
    pub(crate) entries: Vec<Entry>,
}

/// The key of an attribute, as text and as it was written.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) tokens: TokenStream,
}

/// How a value is recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Value,
    Display,
    Debug,
}

macro_rules! arguments {
    ($($(#[$doc:meta])* $field:ident $key:literal: $type:ty = $parser:path, $form:literal;)*) => {
        /// What was written, argument by argument.
        #[derive(Clone, Default)]
        pub(crate) struct Args {
            /// Every name in the arguments.
            pub(crate) names: HashSet<String>,
            $($(#[$doc])* pub(crate) $field: Option<Arg<$type>>,)*
        }

        impl Args {
            /// Reads the value of `key`: the one place that knows all keys, what
            /// follows each of them, and that none may come twice.
            fn set(&mut self, mode: Mode, key: Ident, input: ParseStream<'_>) -> syn::Result<()> {
                match key.unraw().to_string().as_str() {
                    $($key if mode.accepts($key) => {
                        let start = input.fork();
                        let value = $parser(input).map_err(|error| {
                            // A bad expression is rustc's to explain; a bad shape is ours.
                            if start.is_empty() || start.peek(Token![,]) || is_other_shape($form, &start) {
                                diagnostics::malformed_argument(&key, $form)
                            } else {
                                error
                            }
                        })?;
                        if self.$field.is_some() {
                            return Err(diagnostics::duplicate_argument(&key));
                        }
                        self.$field = Some(Arg { key, value });
                        Ok(())
                    })*
                    _ => Err(diagnostics::unknown_argument(&key, mode.macro_name(), &mode.arguments())),
                }
            }
        }

        /// Every argument, as it is written.
        pub(crate) const ALL: &[&str] = &[$($key),*];
    };
}

arguments! {
    /// The span's name, if not the function's.
    name "name": Expr = assigned, "name = \"..\"";
    /// The span's kind, if not internal.
    kind "kind": Expr = assigned, "kind = \"client\"";
    /// What is recorded when the span starts.
    attributes "attributes": Vec<Entry> = entries, "attributes(param, key = value)";
    /// What is recorded later, if the span records.
    lazy "lazy": Vec<Entry> = entries, "lazy(key = value)";
    /// What is recorded of a value that is no error.
    on_ok "on_ok": OnResult = on_result, "on_ok(|value| key = value)";
    /// What is recorded of an error.
    on_err "on_err": OnResult = on_result, "on_err(|error| key = error)";
    /// Which errors fail the span.
    error_if "error_if": Expr = assigned, "error_if = |e| ..";
    /// Which values that are no errors fail the span.
    fail_if "fail_if": Expr = assigned, "fail_if = |value| ..";
    /// Whether errors are recorded at all.
    errors "errors": Expr = assigned, "errors = false";
    /// The parent, if not the current span.
    parent "parent": Expr = assigned, "parent = context";
    /// Where the caller's context is read.
    extract "extract": Expr = assigned, "extract = headers";
    /// Where this span's context is written.
    inject "inject": Expr = assigned, "inject = headers";
    /// Other spans that this one belongs to.
    links "links": Expr = assigned, "links = contexts";
    /// What the context carries during the call.
    baggage "baggage": Vec<Entry> = entries, "baggage(key = value)";
    /// Whether there is a span at all.
    enabled "enabled": Expr = assigned, "enabled = condition";
    /// No span of its own: all goes to the current one.
    current "current": () = bare, "current";
    /// Left out of an annotated `impl`, trait or module.
    skip "skip": () = bare, "skip";
    /// What is timed, where the return type does not say.
    returns "returns": Expr = assigned, "returns = \"future\"";
    /// A new trace.
    root "root": () = bare, "root";
    /// The instrumentation scope, if not the crate.
    scope "scope": Expr = assigned, "scope = \"..\"";
    /// Whether spawn sites in the body are rewritten.
    spawn "spawn": Expr = assigned, "spawn = false";
    /// The lints that are turned off.
    allow "allow": Vec<Ident> = lints, "allow(unbounded_name)";
    /// A root of its own for each spawned unit, linked to the spawner.
    link "link": () = bare, "link";
    /// Spawn sites that stay as they are.
    detached "detached": () = bare, "detached";
    /// Further spawners.
    also "also": Vec<Path> = paths, "also(my_pool::execute)";
    /// Where `traced` lives.
    krate "crate": Path = assigned_path, "crate = path";
}

/// The arguments that only `#[traced_spawn]` accepts.
const ONLY_OF_SPAWN: &[&str] = &["link", "detached", "also"];

/// The arguments that both macros accept.
const SHARED: &[&str] = &["name", "kind", "attributes", "allow", "crate"];

impl Mode {
    pub(crate) fn accepts(self, argument: &str) -> bool {
        match self {
            Mode::Span => !ONLY_OF_SPAWN.contains(&argument),
            Mode::SpawnSitesOnly => SHARED.contains(&argument) || ONLY_OF_SPAWN.contains(&argument),
        }
    }

    pub(crate) fn arguments(self) -> Vec<&'static str> {
        ALL.iter()
            .copied()
            .filter(|argument| self.accepts(argument))
            .collect()
    }
}

impl Args {
    /// The arguments of a function in an annotated container: its own, and of the
    /// container's what says where things live and what is refused.
    pub(crate) fn within(mut self, container: &Args) -> Self {
        match (&mut self.allow, &container.allow) {
            (Some(own), Some(container)) => own.value.extend(container.value.iter().cloned()),
            (own, container) => *own = own.take().or_else(|| container.clone()),
        }
        self.krate = self.krate.or_else(|| container.krate.clone());
        self.scope = self.scope.or_else(|| container.scope.clone());
        self
    }

    /// Puts the parameters that are recorded where they stand before the others.
    pub(crate) fn record_first(&mut self, parameters: Vec<Entry>) {
        if parameters.is_empty() {
            return;
        }
        self.names
            .extend(parameters.iter().map(|entry| entry.key.name.clone()));
        let listed = self.attributes.take();
        let key = match &listed {
            Some(listed) => listed.key.clone(),
            None => Ident::new("attributes", Span::call_site()),
        };
        let listed = listed.map_or_else(Vec::new, |listed| listed.value);
        let value = parameters.into_iter().chain(listed).collect();
        self.attributes = Some(Arg { key, value });
    }

    /// The arguments of `span!`, of which the name stands first.
    pub(crate) fn named(name: &Expr) -> Self {
        let key = Ident::new("name", Span::call_site());
        let value = name.clone();
        Args {
            name: Some(Arg { key, value }),
            ..Args::default()
        }
    }

    /// Reads the attributes of a function-like macro, with `allow(..)` among them.
    pub(crate) fn listed(content: ParseStream<'_>) -> syn::Result<Self> {
        let mut args = Args::default();
        let mut errors = Errors::default();
        each_between_commas(content, &mut errors, |input, errors| {
            errors.keep(args.read_listed(input)).is_some()
        });
        match errors.into_combined() {
            Some(all) => Err(all),
            None => Ok(args),
        }
    }

    /// Reads one of these.
    pub(crate) fn read_listed(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let is_argument = input.peek(Ident::peek_any) && input.peek2(token::Paren);
        if is_argument
            && input
                .fork()
                .parse::<Ident>()
                .is_ok_and(|key| key == "allow")
        {
            return self.set(Mode::Span, input.parse()?, input);
        }
        let entry = entry(input)?;
        let listed = self.attributes.get_or_insert_with(|| Arg {
            key: Ident::new("attributes", Span::call_site()),
            value: Vec::new(),
        });
        listed.value.push(entry);
        Ok(())
    }

    /// Reads all arguments; those that are wrong are noted and left out.
    pub(crate) fn parse(mode: Mode, tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Args {
            names: names_in(tokens.clone()),
            ..Args::default()
        };
        let parser = |input: ParseStream<'_>| {
            each_between_commas(input, errors, |input, errors| {
                if input.peek(LitStr) {
                    errors.push(diagnostics::string_for_name(next_token(input)));
                    return false;
                }
                let Ok(key) = input.call(Ident::parse_any) else {
                    errors.push(diagnostics::expected_argument(
                        &next_token(input),
                        mode.macro_name(),
                    ));
                    return false;
                };
                errors.keep(args.set(mode, key, input)).is_some()
            });
            Ok(())
        };
        let parsed = parser.parse2(tokens);
        errors.keep(parsed);
        args
    }
}

/// Runs `read` once between any two commas. When it fails, or leaves something
/// behind, what is left up to the next comma is skipped.
fn each_between_commas(
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut read: impl FnMut(ParseStream<'_>, &mut Errors) -> bool,
) {
    while !input.is_empty() {
        let understood = read(input, errors);
        if understood && !input.is_empty() && !input.peek(Token![,]) {
            errors.push(diagnostics::expected_comma(&next_token(input)));
        }
        while !input.is_empty() && !input.peek(Token![,]) {
            skip_token(input);
        }
        let _comma: Option<Token![,]> = input.parse().ok();
    }
}

fn next_token(input: ParseStream<'_>) -> TokenStream {
    match input.cursor().token_tree() {
        Some((token, _)) => token.into(),
        None => TokenStream::new(),
    }
}

fn skip_token(input: ParseStream<'_>) {
    let _ = input.step(|cursor| match cursor.token_tree() {
        Some((_, rest)) => Ok(((), rest)),
        None => Ok(((), *cursor)),
    });
}

/// Whether what follows a key cannot be the start of `form` at all.
fn is_other_shape(form: &str, input: ParseStream<'_>) -> bool {
    if form.contains('=') && !form.contains('(') {
        return !input.peek(Token![=]);
    }
    if form.contains('(') {
        return !input.peek(token::Paren);
    }
    true
}

fn assigned(input: ParseStream<'_>) -> syn::Result<Expr> {
    input.parse::<Token![=]>()?;
    input.parse().map(without_group)
}

fn assigned_path(input: ParseStream<'_>) -> syn::Result<Path> {
    input.parse::<Token![=]>()?;
    Path::parse_mod_style(input)
}

/// Reads what is in parentheses. What an error leaves unread is skipped, as syn
/// would find fault with that too.
fn in_parentheses<T>(
    input: ParseStream<'_>,
    read: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<T> {
    let content;
    parenthesized!(content in input);
    let value = read(&content);
    if value.is_err() {
        content.parse::<TokenStream>()?;
    }
    value
}

/// The same for a list, of which `unlike` says what is no part of it.
fn listed<T>(
    input: ParseStream<'_>,
    part: fn(ParseStream<'_>) -> syn::Result<T>,
    unlike: fn(&TokenStream) -> syn::Error,
) -> syn::Result<Vec<T>> {
    in_parentheses(input, |content| {
        let mut parts = Vec::new();
        while !content.is_empty() {
            let found = next_token(content);
            parts.push(part(content).map_err(|_| unlike(&found))?);
            if !content.is_empty() {
                let found = next_token(content);
                content.parse::<Token![,]>().map_err(|_| unlike(&found))?;
            }
        }
        Ok(parts)
    })
}

fn lints(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    listed(input, Ident::parse, diagnostics::expected_lint)
}

fn bare(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error("expected `,`"))
}

fn paths(input: ParseStream<'_>) -> syn::Result<Vec<Path>> {
    listed(input, Path::parse_mod_style, diagnostics::expected_spawner)
}

fn entries(input: ParseStream<'_>) -> syn::Result<Vec<Entry>> {
    in_parentheses(input, entries_of)
}

/// A list of attributes, up to the end of the input.
fn entries_of(content: ParseStream<'_>) -> syn::Result<Vec<Entry>> {
    let mut found = Vec::new();
    let mut errors = Errors::default();
    each_between_commas(content, &mut errors, |input, errors| {
        let entry = errors.keep(entry(input));
        let understood = entry.is_some();
        found.extend(entry);
        understood
    });
    match errors.into_combined() {
        Some(all) => Err(all),
        None => Ok(found),
    }
}

fn on_result(input: ParseStream<'_>) -> syn::Result<OnResult> {
    in_parentheses(input, |content| {
        if !content.peek(Token![|]) || content.peek(Token![||]) {
            return Err(diagnostics::expected_pattern(&next_token(content)));
        }
        content.parse::<Token![|]>()?;
        let pattern = Pat::parse_single(content)?;
        let ty = match content.parse::<Option<Token![:]>>()? {
            Some(_) => Some(content.parse()?),
            None => None,
        };
        content.parse::<Token![|]>()?;
        let entries = entries_of(content)?;
        Ok(OnResult {
            pattern,
            ty,
            entries,
        })
    })
}

/// One attribute.
fn entry(input: ParseStream<'_>) -> syn::Result<Entry> {
    let form = recorded_form(input)?;
    if input.peek(LitStr) {
        let key: LitStr = input.parse()?;
        if !input.peek(Token![=]) {
            return Err(diagnostics::shorthand_needs_name(key));
        }
        let name = key.value();
        let tokens = key.into_token_stream();
        return assigned_entry(Key { name, tokens }, input);
    }
    if !input.peek(Ident::peek_any) {
        return Err(diagnostics::expected_attribute(&next_token(input)));
    }
    let path =
        Punctuated::<Ident, Token![.]>::parse_separated_nonempty_with(input, Ident::parse_any)?;
    let names: Vec<String> = path.iter().map(|part| part.unraw().to_string()).collect();
    let tokens = path.to_token_stream();
    let key = Key {
        name: names.join("."),
        tokens,
    };
    if form == Form::Value && input.peek(Token![=]) {
        return assigned_entry(key, input);
    }
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(diagnostics::expected_attribute(&next_token(input)));
    }
    let value = syn::parse2(key.tokens.clone())?;
    Ok(Entry { key, form, value })
}

fn assigned_entry(key: Key, input: ParseStream<'_>) -> syn::Result<Entry> {
    input.parse::<Token![=]>()?;
    let form = recorded_form(input)?;
    let value = without_group(input.parse()?);
    Ok(Entry { key, form, value })
}

fn recorded_form(input: ParseStream<'_>) -> syn::Result<Form> {
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
