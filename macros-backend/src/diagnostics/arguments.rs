//! The messages about arguments.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{Error, Expr};

use super::other_crates::answer_to_foreign;
use super::{at, listed, nearest};

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

fn did_you_mean(written: &str, known: &[&str]) -> String {
    match nearest(written, known) {
        Some(word) => format!("did you mean `{word}`?"),
        None => format!("the arguments are {}", listed(known)),
    }
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

/// `form` is an example of the argument, which is the key alone for an argument without a value.
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
        format!("`{key}` is empty; remove it or write a name"),
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

/// The known names, and the one that was most likely meant.
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

/// Points at the name of the attribute, the last segment of its path.
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
        "`returns` says what the span times; write `\"value\"`, `\"future\"` or `\"stream\"`",
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

pub(crate) fn applies_to_whole_function(key: &Ident) -> Error {
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
