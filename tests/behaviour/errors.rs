//! An `Err`: the exception first, then `error.type`, then the status, then the end.

// The cases keep the exact code that the macro has to handle, so clippy's suggestions do not apply.
#![allow(
    clippy::bool_assert_comparison,
    clippy::non_minimal_cfg,
    clippy::semicolon_if_nothing_returned
)]

use std::error::Error;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use opentelemetry::trace::Status;
use traced::testing::{Spans, capture, capture_async};
use traced::{Failure, Outcome, traced};

#[derive(Debug, PartialEq)]
struct Io;

impl fmt::Display for Io {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("disk full")
    }
}

impl Error for Io {}

#[derive(Debug)]
struct Save(Io);

impl fmt::Display for Save {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot save")
    }
}

impl Error for Save {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn exception(spans: &Spans, span: &str, key: &str) -> Option<String> {
    let exceptions = spans.named(span).exceptions();
    let [event] = exceptions[..] else {
        panic!(
            "expected one exception on {span}, found {}",
            exceptions.len()
        );
    };
    let found = event
        .attributes
        .iter()
        .find(|attribute| attribute.key.as_str() == key);
    found.map(|attribute| attribute.value.to_string())
}

#[traced]
fn save() -> Result<(), Save> {
    Err(Save(Io))
}

#[test]
fn an_error_has_its_type_message_and_chain() {
    let (result, spans) = capture(save);
    assert!(result.is_err());
    assert_eq!(
        exception(&spans, "save", "exception.type").unwrap(),
        "behaviour::errors::Save"
    );
    assert_eq!(
        exception(&spans, "save", "exception.message").unwrap(),
        "cannot save"
    );
    let chain = exception(&spans, "save", "exception.stacktrace").unwrap();
    assert_eq!(
        chain,
        "behaviour::errors::Save: cannot save\nCaused by: disk full"
    );
}

#[test]
fn an_error_sets_the_status_and_error_type() {
    let (_, spans) = capture(save);
    let span = spans.named("save");
    assert_eq!(*span.status(), Status::error("cannot save"));
    assert_eq!(
        span.attribute("error.type"),
        Some("behaviour::errors::Save".into())
    );
}

#[traced]
fn fine() -> Result<u8, Save> {
    Ok(1)
}

#[test]
fn ok_leaves_the_status_unset() {
    let (_, spans) = capture(fine);
    assert_eq!(*spans.named("fine").status(), Status::Unset);
    assert!(spans.named("fine").events().is_empty());
}

#[traced]
async fn save_later() -> Result<(), Save> {
    tokio::task::yield_now().await;
    save_now().await?;
    Ok(())
}

#[traced]
async fn save_now() -> Result<(), Save> {
    Err(Save(Io))
}

#[tokio::test]
async fn an_error_that_passes_unchanged_is_recorded_once_on_the_child() {
    let (_, spans) = capture_async(save_later()).await;
    assert_eq!(spans.named("save_now").exceptions().len(), 1);
    let parent = spans.named("save_later");
    assert!(parent.events().is_empty());
    assert_eq!(*parent.status(), Status::error("cannot save"));
    assert_eq!(
        parent.attribute("error.type"),
        Some("behaviour::errors::Save".into())
    );
}

#[traced]
fn boxes() -> Result<(), Box<dyn Error + Send + Sync>> {
    save()?;
    Ok(())
}

#[test]
fn an_error_that_was_only_boxed_is_recorded_once_under_its_own_type() {
    let (_, spans) = capture(boxes);
    let parent = spans.named("boxes");
    assert!(parent.events().is_empty());
    assert_eq!(
        parent.attribute("error.type"),
        Some("behaviour::errors::Save".into())
    );
}

#[traced]
fn changes() -> Result<(), String> {
    save().map_err(|error| format!("while closing: {error}"))
}

#[test]
fn an_error_that_was_changed_is_recorded_again() {
    let (_, spans) = capture(changes);
    assert_eq!(
        exception(&spans, "changes", "exception.message").unwrap(),
        "while closing: cannot save"
    );
}

#[traced]
fn recovers() -> Result<(), Save> {
    let _ = save();
    let _ = fine();
    Err(Save(Io))
}

#[test]
fn an_error_of_its_own_after_a_childs_was_handled_counts_as_passed_on_only_if_it_looks_alike() {
    // An error with the same type and message right after cannot be told apart.
    let (_, spans) = capture(recovers);
    assert_eq!(
        *spans.named("recovers").status(),
        Status::error("cannot save")
    );
}

#[derive(Debug)]
struct OnlyDebug;

struct Nothing;

#[traced]
fn text() -> Result<(), String> {
    Err("just text".into())
}

#[traced]
fn only_debug() -> Result<(), OnlyDebug> {
    Err(OnlyDebug)
}

#[traced]
fn nothing() -> Result<(), Nothing> {
    Err(Nothing)
}

#[traced]
fn dynamic() -> Result<(), Box<dyn Error>> {
    Err(Save(Io).into())
}

#[traced]
fn generic<E>(error: E) -> Result<(), E> {
    Err(error)
}

#[test]
fn an_error_of_any_type_is_recorded() {
    let (_, spans) = capture(|| {
        let _ = text();
        let _ = only_debug();
        let _ = nothing();
        let _ = dynamic();
        let _ = generic(Nothing);
    });
    let message = |span| exception(&spans, span, "exception.message").unwrap();
    assert_eq!(message("text"), "just text");
    assert_eq!(message("only_debug"), "OnlyDebug");
    assert_eq!(message("nothing"), "behaviour::errors::Nothing");
    assert_eq!(message("dynamic"), "cannot save");
    assert_eq!(message("generic"), "behaviour::errors::Nothing");
    assert!(
        exception(&spans, "dynamic", "exception.stacktrace")
            .unwrap()
            .contains("disk full")
    );
}

#[traced(error_if = |error| *error > 3)]
fn sometimes(error: u8) -> Result<(), u8> {
    Err(error)
}

#[test]
fn error_if_leaves_other_errors_unset() {
    let (_, spans) = capture(|| sometimes(3));
    assert_eq!(*spans.named("sometimes").status(), Status::Unset);
    let (_, spans) = capture(|| sometimes(4));
    assert_eq!(*spans.named("sometimes").status(), Status::error("4"));
}

fn is_io(error: &Save) -> bool {
    error.0 == Io
}

#[traced(error_if = is_io)]
async fn by_path() -> Result<(), Save> {
    Err(Save(Io))
}

#[tokio::test]
async fn error_if_takes_a_path() {
    let (_, spans) = capture_async(by_path()).await;
    assert_eq!(spans.named("by_path").exceptions().len(), 1);
}

#[traced(errors = false)]
fn quiet() -> Result<(), Save> {
    Err(Save(Io))
}

#[test]
fn errors_false_records_none() {
    let (_, spans) = capture(quiet);
    assert_eq!(*spans.named("quiet").status(), Status::Unset);
    assert!(spans.named("quiet").events().is_empty());
}

struct Response(u16);

impl Outcome for Response {
    fn failure(&self) -> Option<Failure> {
        (self.0 >= 500).then(|| Failure::new(self.0.to_string()).with_message("server error"))
    }
}

#[traced]
fn respond(status: u16) -> Response {
    Response(status)
}

#[test]
fn a_return_type_of_ones_own_can_say_that_it_failed() {
    let (_, spans) = capture(|| respond(503));
    let span = spans.named("respond");
    assert_eq!(*span.status(), Status::error("server error"));
    assert_eq!(span.attribute("error.type"), Some("503".into()));
    assert!(span.events().is_empty());
}

mod both_sides {
    use super::*;

    #[traced]
    fn of_an_error(out: Result<Response, Save>) -> Result<Response, Save> {
        out
    }

    #[traced]
    fn of_a_box(out: Result<Response, Box<dyn Error>>) -> Result<Response, Box<dyn Error>> {
        out
    }

    #[traced]
    fn of_a_text(out: Result<Response, String>) -> Result<Response, String> {
        out
    }

    #[traced]
    fn of_debug(out: Result<Response, OnlyDebug>) -> Result<Response, OnlyDebug> {
        out
    }

    #[traced]
    fn of_anything(out: Result<Response, Nothing>) -> Result<Response, Nothing> {
        out
    }

    #[traced]
    fn of_an_outcome(out: Result<Response, Response>) -> Result<Response, Response> {
        out
    }

    const NAMES: [&str; 6] = [
        "of_an_error",
        "of_a_box",
        "of_a_text",
        "of_debug",
        "of_anything",
        "of_an_outcome",
    ];

    #[test]
    fn an_answer_in_a_result_can_say_that_it_failed_whatever_the_error_is() {
        let (_, spans) = capture(|| {
            let _ = of_an_error(Ok(Response(503)));
            let _ = of_a_box(Ok(Response(503)));
            let _ = of_a_text(Ok(Response(503)));
            let _ = of_debug(Ok(Response(503)));
            let _ = of_anything(Ok(Response(503)));
            let _ = of_an_outcome(Ok(Response(503)));
        });
        for name in NAMES {
            let span = spans.named(name);
            assert_eq!(span.attribute("error.type"), Some("503".into()), "{name}");
            assert!(span.events().is_empty(), "{name}");
        }
    }

    #[test]
    fn the_error_beside_an_answer_is_recorded_as_without_one() {
        let (_, spans) = capture(|| {
            let _ = of_an_error(Err(Save(Io)));
            let _ = of_a_box(Err(Save(Io).into()));
            let _ = of_a_text(Err("just text".into()));
            let _ = of_debug(Err(OnlyDebug));
            let _ = of_anything(Err(Nothing));
            let _ = of_an_outcome(Err(Response(500)));
        });
        let message = |span| exception(&spans, span, "exception.message").unwrap();
        assert_eq!(message("of_an_error"), "cannot save");
        assert_eq!(message("of_a_box"), "cannot save");
        assert_eq!(message("of_a_text"), "just text");
        assert_eq!(message("of_debug"), "OnlyDebug");
        assert_eq!(message("of_anything"), "behaviour::errors::Nothing");
        // An `Outcome` fails the span and records no exception.
        let span = spans.named("of_an_outcome");
        assert_eq!(span.attribute("error.type"), Some("500".into()));
        assert!(span.events().is_empty());
    }
}

mod body_sets_status {
    use opentelemetry::Context;
    use opentelemetry::trace::TraceContextExt;

    use super::*;

    fn set(status: Status) {
        Context::current().span().set_status(status);
    }

    #[traced]
    fn error_then_err() -> Result<(), &'static str> {
        set(Status::error("a: the body's own"));
        Err("z: greater, as the SDK compares them")
    }

    #[traced]
    fn error_then_ok() -> Result<(), &'static str> {
        set(Status::error("the body's own"));
        Ok(())
    }

    #[traced]
    fn ok_then_err() -> Result<(), &'static str> {
        set(Status::Ok);
        Err("late")
    }

    #[traced]
    fn unset_then_err() -> Result<(), &'static str> {
        set(Status::Unset);
        Err("late")
    }

    #[test]
    fn to_unset_it_sets_none() {
        let (_, spans) = capture(unset_then_err);
        let status = spans.named("unset_then_err").status().clone();
        assert_eq!(status, Status::error("late"));
    }

    #[test]
    fn it_is_kept() {
        let (_, spans) = capture(|| {
            let _ = error_then_err();
            let _ = error_then_ok();
            let _ = ok_then_err();
        });
        assert_eq!(
            *spans.named("error_then_err").status(),
            Status::error("a: the body's own")
        );
        assert_eq!(
            *spans.named("error_then_ok").status(),
            Status::error("the body's own")
        );
        assert_eq!(*spans.named("ok_then_err").status(), Status::Ok);
    }
}

struct Explosive;

impl fmt::Debug for Explosive {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("never print this")
    }
}

#[traced]
fn unprintable() -> Result<(), Explosive> {
    Err(Explosive)
}

#[test]
fn an_error_that_cannot_be_printed_does_not_take_the_program_down() {
    let (result, spans) = capture(unprintable);
    assert!(result.is_err());
    assert!(matches!(
        spans.named("unprintable").status(),
        Status::Error { .. }
    ));
}

#[track_caller]
#[traced]
fn tracked(input: &str) -> Result<u8, Box<dyn Error>> {
    if input.is_empty() {
        return Err("empty".into());
    }
    Ok(input.parse::<u8>()?)
}

#[traced(error_if = |error| *error == 2)]
fn returns_closure(fail: u8) -> Result<impl Fn(&str) -> usize, u8> {
    if fail > 0 {
        return Err(fail);
    }
    Ok(|text: &str| text.len())
}

#[test]
fn functions_whose_body_stays_in_place_record_errors_too() {
    let message = |input: &str| {
        let (_, spans) = capture(|| tracked(input).is_err());
        exception(&spans, "tracked", "exception.message").unwrap()
    };
    assert_eq!(message(""), "empty");
    assert_eq!(message("x"), "invalid digit found in string");
    let (_, spans) = capture(|| returns_closure(2).is_err());
    assert_eq!(*spans.named("returns_closure").status(), Status::error("2"));
    let (_, spans) = capture(|| returns_closure(1).is_err());
    assert_eq!(*spans.named("returns_closure").status(), Status::Unset);
}

#[track_caller]
#[traced]
fn inferred(input: &str) -> Result<u8, std::num::ParseIntError> {
    let parsed = input.parse()?;
    Ok(parsed)
}

#[test]
fn an_operand_whose_types_are_not_known_yet_is_asked_for_an_error() {
    let (_, spans) = capture(|| inferred("x").is_err());
    let message = exception(&spans, "inferred", "exception.message");
    assert_eq!(message.unwrap(), "invalid digit found in string");
}

#[derive(Debug)]
struct NotANumber(std::num::ParseIntError);

impl From<std::num::ParseIntError> for NotANumber {
    fn from(error: std::num::ParseIntError) -> Self {
        NotANumber(error)
    }
}

impl std::fmt::Display for NotANumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "not a number: {}", self.0)
    }
}

impl Error for NotANumber {}

/// Only the function's return type determines the type of the block.
#[traced]
fn later(input: &str) -> impl Future<Output = Result<u8, NotANumber>> + use<> {
    let input = input.to_owned();
    async move { Ok(input.parse()?) }
}

#[tokio::test]
async fn the_output_of_a_returned_future_is_known_by_the_functions_type() {
    let (_, spans) = capture_async(async { later("x").await }).await;
    let message = exception(&spans, "later", "exception.message");
    assert_eq!(
        message.unwrap(),
        "not a number: invalid digit found in string"
    );
}

#[track_caller]
#[traced]
fn where_am_i() -> Result<u32, ()> {
    Ok(std::panic::Location::caller().line())
}

#[test]
fn track_caller_still_names_the_caller() {
    let (line, _) = capture(|| (where_am_i(), line!()));
    assert_eq!(line.0, Ok(line.1));
}

/// Built like `anyhow::Error`: not an `Error` itself, but a pointer to one.
struct Report(Box<dyn Error + Send + Sync>);

impl Deref for Report {
    type Target = dyn Error + Send + Sync;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl DerefMut for Report {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut *self.0
    }
}

#[traced]
fn records_each() {
    let dynamic: &dyn Error = &Io;
    traced::record_error(&Io);
    traced::record_error(dynamic);
    traced::record_error(&dynamic);
    traced::record_error::<Box<dyn Error>, _>(&Io.into());
    traced::record_error::<Box<dyn Error + Send + Sync>, _>(&Io.into());
    traced::record_error(&Box::new(Io));
    traced::record_error::<Arc<dyn Error>, _>(&Arc::from(Box::from(Io)));
    traced::record_error(&Report(Io.into()));
    traced::record_error("disk full");
    traced::record_error(&"disk full");
    traced::record_error(&"disk full".to_owned());
    traced::record_error(&format_args!("disk {}", "full"));
    fn of_any<E: Error>(error: &E) {
        traced::record_error(error);
    }
    of_any(&Io);
    let _ = Err::<(), _>(Io).inspect_err(traced::record_error);
}

#[test]
fn whatever_is_an_error_can_be_recorded() {
    let ((), spans) = capture(records_each);
    let exceptions = spans.named("records_each").exceptions();
    let messages = exceptions.iter().map(|event| {
        let mut attributes = event.attributes.iter();
        let message = attributes.find(|kv| kv.key.as_str() == "exception.message");
        message.unwrap().value.to_string()
    });
    assert_eq!(messages.collect::<Vec<_>>(), ["disk full"; 14]);
}

#[traced]
fn records_and_returns() -> Result<(), Box<dyn Error>> {
    let failed = Err(Io).inspect_err(traced::record_error);
    let _ = save();
    Ok(failed?)
}

#[test]
fn an_error_that_was_recorded_by_hand_is_recorded_once() {
    let (_, spans) = capture(records_and_returns);
    let span = spans.named("records_and_returns");
    assert_eq!(span.exceptions().len(), 1);
    assert_eq!(*span.status(), Status::error("disk full"));
    assert_eq!(
        span.attribute("error.type"),
        Some("behaviour::errors::Io".into())
    );
}

#[traced]
async fn joins() -> Result<(), Save> {
    tokio::spawn(save_now()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_of_a_task_that_passes_unchanged_is_recorded_once() {
    let (_, spans) = capture_async(joins()).await;
    assert_eq!(spans.named("save_now").exceptions().len(), 1);
    assert!(spans.named("joins").events().is_empty());
}

/// Tail expressions under `cfg`, of which a build has one: only the compiler knows which.
mod conditional_tails {
    use super::*;

    #[track_caller]
    #[traced]
    fn the_first_is_compiled_in(text: &str) -> Result<u8, std::num::ParseIntError> {
        #[cfg(all())]
        {
            text.parse()
        }
        #[cfg(any())]
        {
            Ok(1)
        }
    }

    #[track_caller]
    #[traced]
    fn the_last_is_compiled_in(text: &str) -> Result<u8, String> {
        #[cfg(any())]
        {
            Ok(1)
        }
        #[cfg(all())]
        {
            Err(text.to_owned())
        }
    }

    #[track_caller]
    #[traced]
    fn one_of_three(text: &str) -> Result<u8, String> {
        #[cfg(any())]
        {
            return Ok(1);
        }
        #[cfg(all())]
        if text.is_empty() {
            Ok(1)
        } else {
            Err(text.to_owned())
        }
        #[cfg(any())]
        {
            Ok(3)
        }
    }

    fn is_said() {}

    #[track_caller]
    #[traced(error_if = |error| !error.is_empty())]
    fn statements_before(text: &str) -> Result<u8, String> {
        #[cfg(all())]
        {
            is_said()
        }
        #[cfg(all())]
        {
            Err(text.to_owned())
        }
        #[cfg(any())]
        {
            Ok(3)
        }
    }

    #[test]
    fn are_observed() {
        let (_, spans) = capture(|| {
            assert!(the_first_is_compiled_in("x").is_err());
            assert!(the_last_is_compiled_in("x").is_err());
            assert!(one_of_three("x").is_err() && one_of_three("").is_ok());
            assert!(statements_before("x").is_err());
        });
        let failed = spans
            .iter()
            .filter(|span| span.attribute("error.type").is_some());
        let failed: Vec<_> = failed.map(|span| span.name().to_owned()).collect();
        assert_eq!(
            failed,
            [
                "the_first_is_compiled_in",
                "the_last_is_compiled_in",
                "one_of_three",
                "statements_before"
            ]
        );
    }
}

#[derive(Debug)]
struct Refused(&'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl Error for Refused {}

#[traced]
fn refuses() -> Result<(), Refused> {
    Err(Refused("no card"))
}

#[traced(on_err(|error| error.type = error.0))]
fn names_its_error() -> Result<(), Refused> {
    refuses()
}

#[traced(on_err(|error| error.type = error.0), error_if = |error| error.0 != "empty")]
async fn names_its_error_later(what: &'static str) -> Result<(), Refused> {
    Err(Refused(what))
}

#[tokio::test]
async fn an_error_type_of_on_err_is_kept() {
    let (_, spans) = capture_async(async {
        let _ = names_its_error();
        let _ = names_its_error_later("no till").await;
        let _ = names_its_error_later("empty").await;
    })
    .await;
    let span = spans.named("names_its_error");
    let types = span.data().attributes.iter().map(|one| one.value.as_str());
    assert_eq!(types.collect::<Vec<_>>(), ["no card"]);
    assert_eq!(*span.status(), Status::error("refused"));
    // The error is that of the child, which recorded it.
    assert!(span.exceptions().is_empty());
    assert_eq!(spans.named("refuses").exceptions().len(), 1);
    let [failed, excused] = spans.all_named("names_its_error_later")[..] else {
        panic!("{}", spans.tree());
    };
    assert_eq!(failed.attribute("error.type"), Some("no till".into()));
    assert_eq!(failed.exceptions().len(), 1);
    assert_eq!(*excused.status(), Status::Unset);
}
