//! Attribute tokens → [`Args`]: the table of arguments and their parser. Rules about arguments are in
//! `model/rules.rs`.

mod columns;
mod entry;
mod parsers;

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, LitStr, Path, Token, token};

pub use self::columns::Mode;
use self::columns::Syntax::{Assigned, Bare, Listed};
pub(crate) use self::columns::{Accepted, Argument, InContainer, OfSpan, Place};
pub(crate) use self::entry::{Entry, Form, Key, OnResult};
use self::entry::{entries, entry, on_result};
use self::parsers::{assigned, assigned_path, bare, each_between_commas, lints, next_token, paths};
use crate::diagnostics::{self, Errors};
use crate::syntax::tokens::names_in;

/// An argument: its key, for errors to point at, and its value.
#[derive(Clone)]
pub(crate) struct Arg<T> {
    pub(crate) key: Ident,
    pub(crate) value: T,
}

macro_rules! arguments {
    ($(
        $(#[$doc:meta])*
        $field:ident $name:literal: $type:ty = $parser:path,
        $syntax:expr, $accepted:ident, $container:ident, $span:ident, $place:ident;
    )*) => {
        /// The arguments as they are written, without defaults.
        #[derive(Clone, Default)]
        pub(crate) struct Args {
            /// Every name that the arguments mention.
            pub(crate) names: HashSet<String>,
            $($(#[$doc])* pub(crate) $field: Option<Arg<$type>>,)*
        }

        /// The rows of the table.
        pub(crate) static ARGUMENTS: &[Argument] = &[$(Argument {
            name: $name,
            syntax: $syntax,
            accepted: Accepted::$accepted,
            container: InContainer::$container,
            span: OfSpan::$span,
            place: Place::$place,
        }),*];

        impl Args {
            /// Reads the value of `key`. An argument may not be given twice.
            fn set(&mut self, mode: Mode, key: Ident, input: ParseStream<'_>) -> syn::Result<()> {
                let written = key.unraw().to_string();
                let mut rows = ARGUMENTS.iter().filter(|row| mode.accepts(row));
                let Some(argument) = rows.find(|row| row.name == written) else {
                    return Err(diagnostics::unknown_argument(&key, mode.macro_name(), &accepted_names(mode)));
                };
                match argument.name {
                    $($name => read(&mut self.$field, $parser, argument, key, input),)*
                    other => unreachable!("`{other}` is in the table"),
                }
            }

            /// The arguments that were given, with their keys.
            pub(crate) fn given(&self) -> impl Iterator<Item = (&Ident, &'static Argument)> {
                let keys = [$(self.$field.as_ref().map(|arg| &arg.key)),*];
                let rows = keys.into_iter().zip(ARGUMENTS);
                rows.filter_map(|(key, argument)| Some((key?, argument)))
            }

            /// The arguments of an item in an annotated container: its own and those that it inherits.
            /// With `current` it does not inherit arguments that describe a span of its own.
            pub(crate) fn within(mut self, container: &Args) -> Self {
                let has_own_span = self.current.is_none();
                $(if let InContainer::Inherited = InContainer::$container {
                    if has_own_span || OfSpan::$span == OfSpan::Any {
                        inherit(&mut self.$field, &container.$field);
                    }
                })*
                self
            }
        }
    };
}

// Each row is an argument: its field, key, type and parser, and then the columns of `columns.rs`.
arguments! {
    /// The span's name, if it is not the function's.
    name "name": Expr = assigned, Assigned("\"..\""), Both, Rejected, Own, Anywhere;
    /// The span's kind, if it is not internal.
    kind "kind": Expr = assigned, Assigned("\"client\""), Both, ForFunctions, Own, Anywhere;
    /// The attributes that are recorded when the span starts.
    attributes "attributes": Vec<Entry> = entries, Listed("param, key = value"), Both, ForFunctions, Any, Anywhere;
    /// The attributes that are recorded later, if the span records.
    lazy "lazy": Vec<Entry> = entries, Listed("key = value"), Traced, ForFunctions, Any, Anywhere;
    /// The attributes that are recorded of a value that is not an error.
    on_ok "on_ok": OnResult = on_result, Listed("|value| key = value"), Traced, ForFunctions, Any, Anywhere;
    /// The attributes that are recorded of an error.
    on_err "on_err": OnResult = on_result, Listed("|error| key = error"), Traced, ForFunctions, Any, Anywhere;
    /// The errors that fail the span.
    error_if "error_if": Expr = assigned, Assigned("|e| .."), Traced, ForFunctions, Any, Anywhere;
    /// The values that fail the span although they are not errors.
    fail_if "fail_if": Expr = assigned, Assigned("|value| .."), Traced, ForFunctions, Any, Anywhere;
    /// Whether errors are recorded.
    errors "errors": Expr = assigned, Assigned("false"), Traced, ForFunctions, Any, Anywhere;
    /// The parent, if it is not the current span.
    parent "parent": Expr = assigned, Assigned("context"), Traced, ForFunctions, Own, Anywhere;
    /// The carrier that the parent is read from.
    extract "extract": Expr = assigned, Assigned("headers"), Traced, ForFunctions, Own, Anywhere;
    /// The carrier that the span's context is written into.
    inject "inject": Expr = assigned, Assigned("headers"), Traced, ForFunctions, Any, Anywhere;
    /// The spans that the span links to.
    links "links": Expr = assigned, Assigned("contexts"), Traced, ForFunctions, Own, Anywhere;
    /// The baggage of the context during the call.
    baggage "baggage": Vec<Entry> = entries, Listed("key = value"), Traced, ForFunctions, Any, Anywhere;
    /// The attributes of every span in the context, during the call.
    scoped "scoped": Vec<Entry> = entries, Listed("key = value"), Traced, ForFunctions, Any, Anywhere;
    /// The condition under which there is a span.
    enabled "enabled": Expr = assigned, Assigned("condition"), Traced, ForFunctions, Any, Anywhere;
    /// No span of the function's own: everything is recorded on the current span.
    current "current": () = bare, Bare, Traced, ForFunctions, Any, Anywhere;
    /// Leaves a function out of an annotated container.
    skip "skip": () = bare, Bare, Traced, ForFunctions, Any, Anywhere;
    /// Whether the span times the value, the future or the stream, if the return type does not show it.
    returns "returns": Expr = assigned, Assigned("\"future\""), Traced, ForFunctions, Any, FunctionsOnly;
    /// A new trace.
    root "root": () = bare, Bare, Traced, ForFunctions, Own, Anywhere;
    /// The instrumentation scope, if it is not the crate.
    scope "scope": Expr = assigned, Assigned("\"..\""), Traced, Inherited, Own, Anywhere;
    /// Whether spawn sites in the body are rewritten.
    spawn "spawn": Expr = assigned, Assigned("false"), Traced, ForFunctions, Any, FunctionsOnly;
    /// How detailed the span is, for filters.
    level "level": Expr = assigned, Assigned("\"debug\""), Both, Inherited, Own, Anywhere;
    /// The lints that are turned off.
    allow "allow": Vec<Ident> = lints, Listed("unbounded_name"), Both, Inherited, Any, Anywhere;
    /// A new trace for each spawned task, linked to the spawner.
    link "link": () = bare, Bare, TracedSpawn, ForFunctions, Own, Anywhere;
    /// Leaves the spawn sites as they are written.
    detached "detached": () = bare, Bare, TracedSpawn, ForFunctions, Any, Anywhere;
    /// Further spawners.
    also "also": Vec<Path> = paths, Listed("my_pool::execute"), TracedSpawn, ForFunctions, Any, Anywhere;
    /// The path of `traced`.
    krate "crate": Path = assigned_path, Assigned("path"), Both, Inherited, Any, FunctionsOnly;
}

/// The names of the arguments that a macro accepts.
fn accepted_names(mode: Mode) -> Vec<&'static str> {
    let accepted = ARGUMENTS.iter().filter(|row| mode.accepts(row));
    accepted.map(|row| row.name).collect()
}

fn read<T>(
    field: &mut Option<Arg<T>>,
    parser: fn(ParseStream<'_>) -> syn::Result<T>,
    argument: &Argument,
    key: Ident,
    input: ParseStream<'_>,
) -> syn::Result<()> {
    let start = input.fork();
    let value = parser(input).map_err(|error| {
        // Syn's error explains an invalid expression best. A value of another form gets an example.
        if !argument.syntax.may_start(&start) {
            diagnostics::malformed_argument(&key, &argument.syntax.example(argument.name))
        } else {
            error
        }
    })?;
    if field.is_some() {
        return Err(diagnostics::duplicate_argument(&key));
    }
    *field = Some(Arg { key, value });
    Ok(())
}

fn inherit<T: Inherit + Clone>(own: &mut Option<Arg<T>>, outer: &Option<Arg<T>>) {
    match (own, outer) {
        (Some(own), Some(outer)) => own.value.add(&outer.value),
        (own, outer) => *own = own.take().or_else(|| outer.clone()),
    }
}

/// A value that functions may inherit from a container. By default the function's own value wins.
trait Inherit {
    fn add(&mut self, _outer: &Self) {}
}

impl Inherit for () {}
impl Inherit for Expr {}
impl Inherit for OnResult {}
impl Inherit for Path {}
impl Inherit for Vec<Entry> {}
impl Inherit for Vec<Path> {}

/// The lints that the container turns off are off in the function too.
impl Inherit for Vec<Ident> {
    fn add(&mut self, outer: &Self) {
        self.extend(outer.iter().cloned());
    }
}

impl Args {
    /// Puts the parameters with `#[attribute]` before the entries of `attributes(..)`.
    pub(crate) fn record_first(&mut self, parameters: Vec<Entry>) {
        if parameters.is_empty() {
            return;
        }
        // The key may be another one than the name of the parameter.
        let recorded = parameters
            .iter()
            .map(|entry| names_in(entry.value.to_token_stream()));
        self.names.extend(recorded.flatten());
        let listed = self.attributes.take();
        let key = match &listed {
            Some(listed) => listed.key.clone(),
            None => Ident::new("attributes", Span::call_site()),
        };
        let listed = listed.map_or_else(Vec::new, |listed| listed.value);
        let value = parameters.into_iter().chain(listed).collect();
        self.attributes = Some(Arg { key, value });
    }

    /// Reads the name of `span!`, and the `level = ..` that may stand before it. After the name,
    /// `level = ..` is an attribute.
    pub(crate) fn named(input: ParseStream<'_>) -> syn::Result<(Self, Expr)> {
        let mut args = Args::default();
        if input.peek(Ident::peek_any)
            && input.peek2(Token![=])
            && input.fork().parse::<Ident>()? == "level"
        {
            args.set(Mode::Span, input.parse()?, input)?;
            input.parse::<Token![,]>()?;
        }
        let (key, name): (_, Expr) = (Ident::new("name", Span::call_site()), input.parse()?);
        let value = name.clone();
        args.name = Some(Arg { key, value });
        Ok((args, name))
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

    /// Reads an attribute, or an `allow(..)`.
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

    /// Reads all arguments. Those with errors are left out.
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
