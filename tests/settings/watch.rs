//! Do spans of futures have their poll times, and are open spans listed, on request?

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::{env, fs, process};

use serde_json::Value;

use crate::collector::Collector;
use crate::program::{Printed, run};

const QUIET: (&str, &str) = ("OTEL_LOGS_EXPORTER", "none");

/// The spans in the lines that a program writes.
fn spans(name: &str, words: &str, variables: &[(&str, &str)]) -> (Printed, Vec<Value>) {
    let file = env::temp_dir().join(format!("traced-watch-{}-{name}.jsonl", process::id()));
    let path = file.to_str().unwrap();
    let printed = run(
        words,
        &[variables, &[("TRACED_FILE", path), QUIET]].concat(),
    );
    let text = fs::read_to_string(&file).unwrap();
    let _ = fs::remove_file(&file);
    let _ = fs::remove_file(file.with_extension("logs.jsonl"));
    let mut spans = Vec::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        for scope in line["resourceSpans"][0]["scopeSpans"].as_array().unwrap() {
            spans.extend(scope["spans"].as_array().unwrap().clone());
        }
    }
    (printed, spans)
}

#[track_caller]
fn named<'s>(spans: &'s [Value], name: &str) -> &'s Value {
    let mut found = spans.iter().filter(|span| span["name"] == name);
    found
        .next()
        .unwrap_or_else(|| panic!("no {name}: {spans:#?}"))
}

fn number(attributes: &Value, key: &str) -> Option<u64> {
    let attributes = attributes.as_array()?;
    let found = attributes.iter().find(|one| one["key"] == key)?;
    found["value"]["intValue"].as_str()?.parse().ok()
}

fn long_polls(span: &Value) -> Vec<u64> {
    let events = span["events"].as_array().into_iter().flatten();
    let polls = events.filter(|event| event["name"] == "traced.long_poll");
    polls
        .map(|event| number(&event["attributes"], "traced.poll_ns").unwrap())
        .collect()
}

#[test]
fn futures_say_how_long_they_were_polled_and_waited() {
    for (name, words, variables) in [
        ("code", "timed futures", &[][..]),
        ("variable", "futures", &[("TRACED_POLL_TIMES", "true")]),
        ("sdk", "timed futures stamped", &[]),
    ] {
        let (printed, spans) = spans(name, words, variables);
        let times = |name: &str| {
            let attributes = &named(&spans, name)["attributes"];
            let of = |key: &str| number(attributes, key).unwrap_or_else(|| panic!("{name} {key}"));
            [
                of("traced.busy_ns"),
                of("traced.idle_ns"),
                of("traced.polls"),
                of("traced.longest_poll_ns"),
            ]
        };
        let [busy, idle, polls, longest] = times("outer");
        assert!(
            busy >= 25_000_000 && longest >= 25_000_000,
            "{busy} {longest}"
        );
        assert!(idle >= 39_000_000, "{idle}");
        assert_eq!(polls, 3);
        let span = named(&spans, "outer");
        let time = |key: &str| span[key].as_str().unwrap().parse::<u64>().unwrap();
        let whole = time("endTimeUnixNano") - time("startTimeUnixNano");
        assert!(
            (busy + idle).abs_diff(whole) < 20_000_000,
            "{busy} {idle} {whole}"
        );
        for (name, polls) in [
            ("slow", 2),
            ("with_attributes", 2),
            ("returned", 2),
            ("items", 3),
        ] {
            assert_eq!(times(name)[2], polls, "{name}");
        }
        let cancelled = named(&spans, "waits");
        assert!(
            cancelled.to_string().contains("traced.cancelled"),
            "{cancelled:#}"
        );
        assert_eq!(times("waits")[2], 2);
        // The long poll is an event of the innermost span only.
        assert_eq!(long_polls(span), [0; 0]);
        let polls = long_polls(named(&spans, "slow"));
        assert!(polls.len() == 1 && polls[0] >= 25_000_000, "{polls:?}");
        // Two long polls, and one warning.
        let warnings = printed
            .stderr
            .matches("a poll of `settings_child::watched::slow` took")
            .count();
        assert_eq!(warnings, 1, "{printed:#?}");
    }
}

#[test]
fn what_is_too_long_is_up_to_the_program() {
    let (printed, spans) = spans("patient", "timed futures", &[("TRACED_LONG_POLL", "60000")]);
    assert_eq!(long_polls(named(&spans, "slow")), [0; 0]);
    assert!(!printed.stderr.contains("a poll of"), "{printed:#?}");
}

#[test]
fn unless_asked_for_nothing_is_said_of_polls() {
    // Also with `live` on, which watches the same polls.
    for (name, words) in [("off", "futures"), ("live", "alive futures")] {
        let (printed, spans) = spans(name, words, &[]);
        named(&spans, "slow");
        assert!(!Value::from(spans).to_string().contains("traced.polls"));
        assert!(!printed.stderr.contains("a poll of"), "{printed:#?}");
    }
}

#[test]
fn what_is_open_is_a_tree_with_ages_of_what_is_busy_and_what_waits() {
    for (words, variables) in [
        ("alive live quiet", &[QUIET][..]),
        ("live quiet", &[("TRACED_LIVE", "true"), QUIET]),
        ("alive live quiet stamped", &[QUIET]),
    ] {
        let printed = run(words, variables);
        let expected = [
            "0 task Waiting false true",
            "1 accept Waiting true true",
            "0 import Busy false true",
        ];
        assert_eq!(printed.all("live"), expected, "{printed:#?}");
        let text = printed.all("text");
        let [title, task, accept, import] = text[..] else {
            panic!("{printed:#?}");
        };
        assert_eq!(title, "3 open spans");
        assert!(
            task.starts_with("task  ") && task.ends_with("  waiting (1 poll)"),
            "{task}"
        );
        assert!(accept.starts_with("  accept  "), "{accept}");
        assert!(
            import.starts_with("import  ") && import.ends_with("s  busy"),
            "{import}"
        );
    }
}

#[test]
fn unless_asked_for_it_is_said_how_to_ask() {
    let printed = run("live quiet", &[QUIET]);
    assert!(printed.all("live").is_empty());
    assert!(
        printed.one("text").contains("TRACED_LIVE=true"),
        "{printed:#?}"
    );
}

#[test]
fn of_a_crowd_of_open_spans_so_many_are_known_and_none_stays_for_ever() {
    for words in ["alive crowd quiet", "alive crowd quiet stamped"] {
        let printed = run(words, &[QUIET, ("OTEL_TRACES_EXPORTER", "none")]);
        // Each of the maps is full, as ids are random.
        assert_eq!(
            printed.all("known"),
            ["65536", "0", "1"],
            "{words}: {printed:#?}"
        );
        assert_eq!(printed.one("lines"), "258", "{printed:#?}");
    }
}

#[test]
fn a_signal_prints_what_is_open() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_settings-child"));
    command
        .args(["on_signal signalled quiet"])
        .env("OTEL_LOGS_EXPORTER", "none");
    let mut child = command
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let lines: Vec<String> = lines.map_while(Result::ok).take(4).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(lines[0], "3 open spans", "{lines:#?}");
    assert!(lines[2].starts_with("  accept  "), "{lines:#?}");
}

#[test]
fn a_panic_says_what_is_open() {
    let printed = run("alive panic panic quiet", &[QUIET]);
    let said = printed
        .stderr
        .split_once("traced: warning: there was a panic; 2 open spans\n");
    let (_, said) = said.unwrap_or_else(|| panic!("{printed:#?}"));
    let mut lines = said.lines();
    assert!(
        lines.next().unwrap().starts_with("panicking  "),
        "{printed:#?}"
    );
    assert!(
        lines.next().unwrap().starts_with("  inner  "),
        "{printed:#?}"
    );
    // The second signal comes within a second and is not answered.
    assert!(!said.contains("there was a panic"), "{printed:#?}");
}

#[test]
fn an_end_at_the_deadline_says_what_is_open() {
    let collector = Collector::silent();
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", &*collector.url("http"));
    let printed = run("alive hasty order never", &[endpoint, QUIET]);
    let said = "traced: warning: telemetry ended at its deadline of 1ms; 3 open spans\ntask  ";
    assert!(printed.stderr.contains(said), "{printed:#?}");
    // A shutdown within its deadline prints nothing.
    let printed = run("alive order never quiet", &[QUIET]);
    assert!(!printed.stderr.contains("open span"), "{printed:#?}");
}
