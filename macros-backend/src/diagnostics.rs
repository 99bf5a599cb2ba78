//! Every word the macros say: the collector, and one function a mistake.
//!
//! The voice is rustc's: what is wrong, in lower case, with code in backticks
//! and without a full stop; after a semicolon, what to write instead. Each
//! function here has a case of its name under `tests/ui/fail`.

mod lints;

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::{Error, Expr};

pub(crate) use self::lints::*;
use crate::syntax::edit_distance::edits;

/// The mistakes of one item, all of which are reported.
#[derive(Default)]
pub(crate) struct Errors(Vec<Error>);

impl Errors {
    pub(crate) fn push(&mut self, error: Error) {
        self.0.push(error);
    }

    /// Whether there is one.
    pub(crate) fn any(&self) -> bool {
        !self.0.is_empty()
    }

    /// Notes an error and goes on without the value.
    pub(crate) fn keep<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.push(error)).ok()
    }

    /// Takes over mistakes that were not noted yet in the same words at the same place:
    /// what is wrong with a container's arguments is found in every function of it.
    pub(crate) fn extend_once(&mut self, others: Errors) {
        for error in others.0 {
            // A place can be shown and not compared.
            let mistake = |error: &Error| format!("{error} {:?}", error.span());
            if !self.0.iter().any(|known| mistake(known) == mistake(&error)) {
                self.0.push(error);
            }
        }
    }

    /// All of them as one error of several parts.
    pub(crate) fn into_combined(self) -> Option<Error> {
        self.0.into_iter().reduce(|mut all, next| {
            all.combine(next);
            all
        })
    }

    /// The barrier: one `compile_error!` a mistake, or `None` if there is none.
    pub(crate) fn into_tokens(self) -> Option<TokenStream> {
        let tokens = self.0.iter().map(Error::to_compile_error);
        (!self.0.is_empty()).then(|| tokens.collect())
    }
}

fn at(tokens: impl ToTokens, message: impl std::fmt::Display) -> Error {
    Error::new_spanned(tokens, message)
}

/// `a`, `b` and `c`.
fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// The word of `known` that `written` was most likely meant to be.
fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    let allowed = (written.chars().count() / 3).clamp(1, 2);
    let distances = known.iter().map(|word| (edits(written, word), *word));
    let nearest = distances.min_by_key(|(distance, _)| *distance)?;
    (nearest.0 <= allowed).then_some(nearest.1)
}

fn did_you_mean(written: &str, known: &[&str]) -> String {
    match nearest(written, known) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("the arguments are {}", listed(known)),
    }
}

// Arguments.

pub(crate) fn unknown_argument(key: &Ident, macro_name: &str, known: &[&str]) -> Error {
    let written = key.to_string();
    if let Some(answer) = answer_to_foreign(&written, known) {
        return at(key, answer);
    }
    let help = did_you_mean(&written, known);
    at(
        key,
        format!("`{written}` is not an argument of `#[{macro_name}]`; {help}"),
    )
}

/// An argument of another crate's macro.
struct Foreign {
    name: &'static str,
    /// The argument that `answer` tells to write, if it tells to write one.
    instead: Option<&'static str>,
    answer: &'static str,
}

const fn foreign(
    name: &'static str,
    instead: Option<&'static str>,
    answer: &'static str,
) -> Foreign {
    Foreign {
        name,
        instead,
        answer,
    }
}

/// The arguments of `tracing`'s, fastrace's, minitrace's and autometrics' macros that ours have not.
#[rustfmt::skip]
const FOREIGN: &[Foreign] = &[
    foreign("skip", None, "no parameter is recorded unless `attributes(..)` names it; remove `skip(..)`"),
    foreign("skip_all", None, "no parameter is recorded unless `attributes(..)` names it; remove `skip_all`"),
    foreign("fields", Some("attributes"), "attributes are listed in `attributes(..)`; write `attributes(key = value)`"),
    foreign("properties", Some("attributes"), "attributes are listed in `attributes(..)`; write `attributes(key = value)`"),
    foreign("err", Some("errors"), "an `Err` is recorded without an argument; remove `err`, or choose errors with `error_if = |error| ..`"),
    foreign("ret", Some("on_ok"), "a returned value is recorded with `on_ok(..)`; write `on_ok(|value| key = ?value)`"),
    foreign("target", Some("scope"), "filters know a function by its path; remove `target`, or name the instrumentation scope with `scope = \"..\"`"),
    foreign("follows_from", Some("links"), "spans that caused this one are links; write `links = contexts`"),
    foreign("enter_on_poll", None, "the span of a future starts at its first poll and lasts to its end; remove `enter_on_poll`"),
    foreign("short_name", Some("name"), "a span has the function's name without its path; remove `short_name`, or write `name = \"..\"`"),
    foreign("ok_if", Some("error_if"), "results are chosen by what fails the span; write `error_if = |error| ..`"),
];

/// The sentence about an argument of another crate's macro, if the argument that it tells to
/// write is one of `known`.
fn answer_to_foreign(written: &str, known: &[&str]) -> Option<&'static str> {
    let foreign = FOREIGN.iter().find(|foreign| foreign.name == written)?;
    let is_known = foreign.instead.is_none_or(|name| known.contains(&name));
    is_known.then_some(foreign.answer)
}

pub(crate) fn duplicate_argument(key: &Ident) -> Error {
    at(key, format!("`{key}` is given twice; keep one of them"))
}

pub(crate) fn expected_argument(found: &TokenStream, macro_name: &str) -> Error {
    let example = match macro_name {
        "traced" => "`kind = \"client\"`, `attributes(id)` or `root`",
        _ => "`name = \"..\"`, `link` or `detached`",
    };
    at(
        found,
        format!("expected an argument of `#[{macro_name}]`, such as {example}"),
    )
}

/// `form` is the argument as it is written; that of a word without a value is the word.
pub(crate) fn malformed_argument(key: &Ident, form: &str) -> Error {
    let foreign = answer_to_foreign(&key.to_string(), &[]);
    match foreign {
        Some(answer) => at(key, answer),
        None if key == form => at(key, format!("expected `{key}` without a value")),
        None => at(key, format!("expected `{form}`")),
    }
}

pub(crate) fn string_for_name(found: impl ToTokens) -> Error {
    at(
        found,
        "a string alone is not an argument; write `name = \"..\"`",
    )
}

pub(crate) fn none_for_parent(found: impl ToTokens) -> Error {
    at(
        found,
        "`parent` takes a context, and `None` is no context; write `root` for a new trace",
    )
}

pub(crate) fn expected_comma(found: &TokenStream) -> Error {
    at(found, "expected `,` between arguments")
}

pub(crate) fn conflicting_arguments(key: &Ident, other: &Ident, why: &str) -> Error {
    at(
        key,
        format!("`{key}` and `{other}` exclude each other, because {why}"),
    )
}

pub(crate) fn expected_string(found: impl ToTokens, key: &Ident, example: &str) -> Error {
    at(
        found,
        format!("`{key}` takes a string literal; write `{key} = \"{example}\"`"),
    )
}

pub(crate) fn empty_string(found: impl ToTokens, key: &Ident) -> Error {
    at(
        found,
        format!("`{key}` is empty; leave it out or give it a name"),
    )
}

pub(crate) fn unknown_kind(found: &Expr, written: &str, kinds: &[&str]) -> Error {
    let help = among("kinds", written, kinds);
    at(found, format!("`{written}` is not a kind of span; {help}"))
}

pub(crate) fn unknown_level(found: &Expr, written: &str, levels: &[&str]) -> Error {
    let help = among("levels", written, levels);
    at(found, format!("`{written}` is not a level; {help}"))
}

/// What there is, and which of it was most likely meant.
fn among(what: &str, written: &str, known: &[&str]) -> String {
    let all = format!("the {what} are {}", listed(known));
    match nearest(&written.to_lowercase(), known) {
        Some(word) => format!("did you mean `\"{word}\"`? {all}"),
        None => all,
    }
}

pub(crate) fn errors_takes_false(found: impl ToTokens) -> Error {
    at(
        found,
        "`errors` takes `false`, which turns error recording off; it is on without it",
    )
}

pub(crate) fn spawn_takes_false(found: impl ToTokens) -> Error {
    at(
        found,
        "`spawn` takes `false`, which leaves spawn sites as they are; they are rewritten without it",
    )
}

pub(crate) fn unknown_lint(name: &Ident, known: &[&str]) -> Error {
    let written = name.to_string();
    let help = match nearest(&written, known) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("the names are {}", listed(known)),
    };
    at(
        name,
        format!("unknown name `{written}` in `allow(..)`; {help}"),
    )
}

pub(crate) fn expected_lint(found: &TokenStream) -> Error {
    at(
        found,
        "expected the name of a lint; write `allow(unbounded_name)`",
    )
}

pub(crate) fn expected_spawner(found: &TokenStream) -> Error {
    at(
        found,
        "expected the path of a spawner; write `also(my_pool::execute)`",
    )
}

/// The last token of the attribute's path stands for it.
pub(crate) fn no_spawn_site(attribute: impl ToTokens) -> Error {
    at(
        attribute,
        "nothing is spawned here that this macro can see; put `#[traced_spawn(..)]` on the \
         statement that spawns, or name the spawner with `also(..)`",
    )
}

pub(crate) fn unknown_returns(found: impl ToTokens) -> Error {
    at(
        found,
        "`returns` takes `\"value\"`, `\"future\"` or `\"stream\"`, which is what the span times",
    )
}

pub(crate) fn returns_something_else(found: impl ToTokens, timed: &str) -> Error {
    at(
        found,
        format!("`returns` says that this function returns a {timed}, and it does not; remove it"),
    )
}

pub(crate) fn expected_pattern(found: &TokenStream) -> Error {
    at(
        found,
        "expected a name for the result; write `on_ok(|value| key = value.field)`",
    )
}

pub(crate) fn skip_outside_container(key: &Ident) -> Error {
    at(
        key,
        "`skip` leaves a function out of an annotated `impl`, trait or module, and there is none \
         around this one; remove the attribute",
    )
}

pub(crate) fn same_name_for_all(key: &Ident) -> Error {
    at(
        key,
        format!(
            "`{key}` on a container would give every function the same {key}; put it on one function"
        ),
    )
}

pub(crate) fn says_it_of_function(key: &Ident) -> Error {
    at(
        key,
        format!("`{key}` applies to a whole function; move it to the `#[traced]` of the function"),
    )
}

pub(crate) fn result_cannot_be_seen(key: &Ident, why: &str) -> Error {
    at(
        key,
        format!("`{key}` looks at the result, but {why}; remove it"),
    )
}

// Attributes of the span.

pub(crate) fn expected_attribute(found: &TokenStream) -> Error {
    at(
        found,
        "expected an attribute: `param`, `key = value`, `key = %value` or `key = ?value`",
    )
}

pub(crate) fn recorded_pattern(found: impl ToTokens) -> Error {
    at(
        found,
        "`#[attribute]` records a parameter by its name, and this is a pattern; record its parts \
         with `#[traced(attributes(..))]`",
    )
}

pub(crate) fn malformed_parameter_attribute(found: impl ToTokens) -> Error {
    at(
        found,
        "expected `#[attribute]` or `#[attribute(\"key\")]`; for `Display` or `Debug` write \
         `#[traced(attributes(key = %param))]`",
    )
}

pub(crate) fn recorded_twice(found: impl ToTokens) -> Error {
    at(
        found,
        "this parameter is recorded already; remove one `#[attribute]`, or write \
         `#[traced(attributes(key = param))]`",
    )
}

pub(crate) fn shorthand_needs_name(found: impl ToTokens) -> Error {
    at(
        found,
        "a string is a key here and needs a value; write `\"key\" = value`",
    )
}

pub(crate) fn span_without_block(name: impl ToTokens) -> Error {
    at(
        name,
        "`span!` ends in the block that it times; write `span!(\"name\", { .. })`",
    )
}

// Items.

pub(crate) fn needs_result(key: &Ident) -> Error {
    at(
        key,
        format!("`{key}` looks at an `Err`, but this function returns no `Result`; remove it"),
    )
}

/// A function in a container is not left without its span in silence.
pub(crate) fn unreadable_signature(function: &TokenStream, why: &Error) -> Error {
    at(
        function,
        format!(
            "the signature of this function cannot be read ({why}), so that it has no span; leave \
             it out with `#[traced(skip)]`"
        ),
    )
}

pub(crate) fn needs_value(key: &Ident) -> Error {
    at(
        key,
        format!("`{key}` looks at the returned value, but this function returns `()`; remove it"),
    )
}

/// An error about something that is missing altogether has no token of its own.
pub(crate) fn nothing_follows(macro_name: &str) -> Error {
    Error::new(
        Span::call_site(),
        format!("`#[{macro_name}]` belongs on a function, but nothing follows it"),
    )
}

pub(crate) fn not_traceable_file(found: impl ToTokens, macro_name: &str) -> Error {
    at(
        found,
        format!(
            "a macro does not see the file of a module; put `#[{macro_name}]` on the items in the \
             file, or write the module here, `mod name {{ .. }}`"
        ),
    )
}
