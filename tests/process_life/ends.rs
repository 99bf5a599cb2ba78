//! Ways in which a program ends: none panics or aborts, telemetry is flushed where that is
//! possible, and lost spans are reported.

use nix::sys::signal::Signal;

use crate::program::{Running, count, exporting, program, run};

/// A program whose collector does not listen, so that there are messages.
fn nowhere(arguments: &[&str]) -> std::process::Command {
    let mut command = program(arguments);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");
    command
}

/// A guard that is dropped when thread-local values may be gone.
fn late_guard(case: &str, code: i32) {
    let (collector, command) = exporting(&[case]);
    let ended = run(command);
    ended.assert_code(code);
    assert!(ended.stdout.contains(&"dropped".to_owned()), "{ended:#?}");
    assert_eq!(ended.stderr, "");
    assert_eq!(count(&collector, "work"), 50);

    let ended = run(nowhere(&[case]));
    ended.assert_code(code);
    assert!(
        ended.stderr.contains("50 spans ended, 0 exported"),
        "{ended:#?}"
    );
}

#[test]
fn a_guard_can_be_dropped_in_atexit() {
    late_guard("atexit", 3);
}

#[test]
fn a_guard_can_be_dropped_in_a_thread_local_of_main() {
    late_guard("thread_local", 0);
}

#[test]
fn a_guard_can_be_dropped_in_a_thread_local_of_a_thread() {
    late_guard("thread_local_of_a_thread", 0);
}

#[test]
fn a_guard_can_be_dropped_in_a_thread_local_that_is_older_than_ours() {
    late_guard("old_thread_local", 0);
}

#[test]
fn a_guard_in_a_static_is_shut_down_without_it() {
    let (collector, command) = exporting(&["static"]);
    let ended = run(command);
    ended.assert_code(0);
    assert_eq!(ended.stdout, ["exported 50"]);
    assert_eq!(count(&collector, "work"), 50);

    let ended = run(nowhere(&["static"]));
    ended.assert_code(0);
    assert!(
        ended.stderr.contains("50 spans ended, 0 exported"),
        "{ended:#?}"
    );
}

#[test]
fn a_flush_before_process_exit_needs_no_guard() {
    let (collector, command) = exporting(&["exit"]);
    let ended = run(command);
    ended.assert_code(3);
    assert_eq!(ended.stdout, ["exported 50"]);
    assert_eq!(count(&collector, "work"), 50);
}

/// As documented, `process::exit` runs no code of `traced`.
#[test]
fn process_exit_alone_exports_nothing() {
    let (collector, command) = exporting(&["exit_in_silence"]);
    run(command).assert_code(3);
    assert_eq!(count(&collector, "work"), 0);
}

#[test]
fn a_panic_hook_flushes_before_an_abort() {
    let (collector, command) = exporting(&["abort"]);
    let ended = run(command);
    assert!(ended.stderr.contains("out of paper"), "{ended:#?}");
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(
        ended.status.signal(),
        Some(Signal::SIGABRT as i32),
        "{ended:#?}"
    );
    assert_eq!(count(&collector, "work"), 50);
}

#[test]
fn a_recorded_backtrace_begins_at_the_panic() {
    let (collector, mut command) = exporting(&["panics"]);
    command.env("RUST_BACKTRACE", "1");
    assert!(run(command).status.success());
    for name in ["of_a_message", "of_a_value", "of_core"] {
        let spans = collector.spans();
        let span = spans.iter().find(|span| span["name"] == name).unwrap();
        let attributes = span["events"][0]["attributes"].as_array().unwrap();
        let stacktrace = attributes
            .iter()
            .find(|attribute| attribute["key"] == "exception.stacktrace")
            .unwrap();
        let stacktrace = stacktrace["value"]["stringValue"].as_str().unwrap();
        let first = stacktrace.lines().find(|line| line.starts_with("   0: "));
        let first = first.unwrap_or_else(|| panic!("{stacktrace}"));
        let is_std = first.contains("rust_begin_unwind") || first.contains("begin_panic");
        assert!(is_std, "{stacktrace}");
        assert!(!stacktrace.contains("traced::panic"), "{stacktrace}");
        assert!(stacktrace.contains(name), "{stacktrace}");
    }
}

#[test]
fn a_flush_at_the_end_of_each_invocation_leaves_nothing_behind() {
    let (collector, command) = exporting(&["invocations"]);
    let mut running = Running::start(command);
    for invocation in 1..=3 {
        running.say("invoke");
        assert_eq!(running.line(), format!("exported {}", 50 * invocation));
        // The process may be frozen from here on, so everything must have arrived.
        assert_eq!(count(&collector, "work"), 50 * invocation);
    }
    running.end().assert_code(0);
}

#[test]
fn telemetry_can_be_initialised_again_after_its_end() {
    let (collector, command) = exporting(&["again"]);
    let ended = run(command);
    ended.assert_code(0);
    // The filter of the first telemetry was removed at its shutdown.
    assert_eq!(ended.stdout, ["exported 0", "exported 50"]);
    let spans = collector.spans();
    for (round, expected) in [("round-0", 0), ("round-1", 50), ("round-2", 50)] {
        let of_round = spans
            .iter()
            .filter(|span| span["resource"].to_string().contains(round));
        assert_eq!(of_round.count(), expected, "{round}");
    }
    assert_eq!(spans.len(), 100);
}

#[test]
fn two_at_once_are_an_error() {
    let (collector, command) = exporting(&["two"]);
    let ended = run(command);
    ended.assert_code(0);
    assert!(ended.stdout[0].contains("initialised before"), "{ended:#?}");
    assert_eq!(count(&collector, "work"), 50);
}
