//! The messages about arguments that only the macros of other crates have.

/// An argument of another crate's macro, and what to write instead.
struct Foreign {
    name: &'static str,
    /// The argument that `answer` recommends, if it recommends one.
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

/// The arguments of the macros of `tracing`, fastrace, minitrace and autometrics that our macros do not have.
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
    foreign("ok_if", Some("error_if"), "every `Err` fails the span; choose among them with `error_if = |error| ..`"),
];

/// The message about an argument of another crate's macro. `None` if the message recommends an argument that
/// is not in `known`.
pub(super) fn answer_to_foreign(written: &str, known: &[&str]) -> Option<&'static str> {
    let foreign = FOREIGN.iter().find(|foreign| foreign.name == written)?;
    let is_known = foreign.instead.is_none_or(|name| known.contains(&name));
    is_known.then_some(foreign.answer)
}
