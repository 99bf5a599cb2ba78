//! Four generations: this process, a shell script, a program that the script starts, and one that
//! this program starts.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Command, Output};

use traced::testing::{Spans, capture};
use traced::traced;

const CHILD: &str = env!("CARGO_BIN_EXE_processes-child");
const STEP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/processes/step.sh");
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";
const NOBODY: &str = "0000000000000000";

/// A span that a later generation printed.
#[derive(Debug)]
struct Printed {
    name: String,
    trace: String,
    id: String,
    parent: String,
    tenant: String,
}

/// The command, without inherited variables of telemetry.
fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let is_ours = ["OTEL_", "TRACED_", "TRACE", "BAGGAGE"];
        if is_ours.iter().any(|ours| text.starts_with(ours)) {
            command.env_remove(&name);
        }
    }
    command
}

fn spans_of(output: &Output) -> Vec<Printed> {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let printed = text.lines().map(|line| {
        let mut fields = line.split('|').map(str::to_owned);
        let mut next = || fields.next().unwrap();
        Printed {
            name: next(),
            trace: next(),
            id: next(),
            parent: next(),
            tenant: next(),
        }
    });
    printed.collect()
}

fn named<'s>(spans: &'s [Printed], name: &str) -> &'s Printed {
    let mut found = spans.iter().filter(|span| span.name == name);
    let span = found
        .next()
        .unwrap_or_else(|| panic!("no {name} in {spans:?}"));
    assert!(found.next().is_none(), "more than one {name} in {spans:?}");
    span
}

#[traced(kind = "producer", baggage(tenant = "acme"), inject = command)]
fn start(command: &mut Command) -> Output {
    command.output().unwrap()
}

fn started(mut command: Command) -> (Output, Spans) {
    traced::propagation::use_w3c();
    capture(|| start(&mut command))
}

#[test]
fn four_generations_are_one_trace() {
    let script = command(STEP, &[CHILD, "adopts", STEP, CHILD, "extracts"]);
    let (output, ours) = started(script);
    let printed = spans_of(&output);
    let first = ours.named("start");
    let (build, second) = (named(&printed, "build"), named(&printed, "start"));
    assert_eq!(build.trace, first.trace_id().to_string());
    assert_eq!(build.parent, first.id().to_string());
    assert_eq!(second.parent, build.id);
    let test = named(&printed, "test");
    assert_eq!((&test.trace, &test.parent), (&build.trace, &second.id));
    assert_eq!((&*build.tenant, &*test.tenant), ("acme", "acme"));
    // A program that does not ask for the environment's parent starts a trace of its own.
    let job = named(&printed, "job");
    assert_ne!(job.trace, build.trace);
    assert_eq!(job.parent, NOBODY);
}

#[test]
fn only_who_asks_for_it_adopts_a_parent() {
    let mut program = command(CHILD, &["says nothing of it"]);
    program.env("TRACEPARENT", PARENT);
    let printed = spans_of(&program.output().unwrap());
    assert_eq!(named(&printed, "job").parent, NOBODY);
}

#[test]
fn whatever_would_be_a_root_adopts_the_parent() {
    let mut program = command(CHILD, &["adopts everywhere"]);
    program
        .env("TRACEPARENT", PARENT)
        .env("BAGGAGE", "tenant=acme");
    let printed = spans_of(&program.output().unwrap());
    for name in ["on_a_thread", "under_an_empty_context", "by hand"] {
        let span = named(&printed, name);
        assert_eq!((&*span.trace, &*span.parent), (TRACE, SPAN), "{name}");
    }
    let on_a_thread = named(&printed, "on_a_thread");
    assert_eq!(on_a_thread.tenant, "acme");
    let root = named(&printed, "root");
    assert_ne!(root.trace, TRACE);
    assert_eq!(root.parent, NOBODY);
    let jobs: Vec<_> = printed.iter().filter(|span| span.name == "job").collect();
    let parents: Vec<_> = jobs.iter().map(|job| &job.parent).collect();
    assert_eq!(parents, [&on_a_thread.id, &named(&printed, "by hand").id]);
}

/// The specification's default sampler follows the parent from the environment.
#[test]
fn the_decision_of_the_parent_counts() {
    let mut program = command(CHILD, &["adopts everywhere"]);
    program.env("TRACEPARENT", PARENT.replace("-01", "-00"));
    let printed = spans_of(&program.output().unwrap());
    let names: Vec<_> = printed.iter().map(|span| &*span.name).collect();
    assert_eq!(names, ["root"]);
}

#[test]
fn a_stale_state_and_stale_baggage_do_not_reach_a_child() {
    let mut program = command(
        "sh",
        &["-c", "echo \"$TRACEPARENT|${TRACESTATE-none}|$BAGGAGE\""],
    );
    program
        .env("TRACESTATE", "stale=1")
        .env("BAGGAGE", "tenant=stale");
    let (output, ours) = started(program);
    let span = ours.named("start");
    let expected = format!("00-{}-{}-03|none|tenant=acme\n", span.trace_id(), span.id());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn hostile_environments_are_nobodys_parent() {
    let long = "a".repeat(100_000);
    let long_state = format!("k={long}");
    let values: &[(&[u8], bool)] = &[
        (b"\xff\xfe", true),
        (b"", true),
        (
            b"00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            true,
        ),
        (
            b"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            true,
        ),
        (
            b"00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01",
            true,
        ),
        (b"\x1b[31m\n00-", true),
        (long.as_bytes(), true),
        // An invalid `TRACESTATE` or `BAGGAGE` does not invalidate a valid `TRACEPARENT`.
        (PARENT.as_bytes(), false),
    ];
    for (value, is_bad) in values {
        let mut program = command(CHILD, &["adopts"]);
        program.env("TRACEPARENT", OsStr::from_bytes(value));
        program.env("TRACESTATE", &long_state);
        program.env("BAGGAGE", OsStr::from_bytes(b"tenant=\xff,=,;;,\x01"));
        let output = program.output().unwrap();
        let printed = spans_of(&output);
        let build = named(&printed, "build");
        let shown = String::from_utf8_lossy(value);
        let shown = shown.chars().take(80).collect::<String>();
        assert_eq!(build.parent == NOBODY, *is_bad, "{shown}");
        assert_eq!(build.tenant, "", "{shown}");
        let warnings = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            warnings.contains("TRACEPARENT"),
            *is_bad,
            "{shown}: {warnings}"
        );
        assert!(
            !warnings.contains('\x1b') && warnings.len() < 400,
            "{warnings}"
        );
    }
}
