//! Whole programs with `traced::init()`: their output on standard error.

use std::process::{Command, Output, Stdio};

/// Runs a program of `child.rs` with these variables; all other variables of telemetry are removed.
pub(crate) fn run(name: &str, variables: &[(&str, &str)]) -> Printed {
    let Output {
        status,
        stdout,
        stderr,
    } = command(name, variables).output().unwrap();
    let printed = Printed {
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    };
    assert!(status.success(), "{status}: {printed:#?}");
    printed
}

fn command(name: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logs-child"));
    command.arg(name).env("NO_COLOR", "1");
    for (variable, _) in std::env::vars_os() {
        let text = variable.to_string_lossy();
        let is_of = |of: &&str| text.starts_with(*of);
        if ["OTEL_", "TRACED_", "RUST_"].iter().any(is_of) {
            command.env_remove(&variable);
        }
    }
    command.envs(variables.iter().copied());
    command
}

#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Printed {
    /// The ids that the program printed under `name`.
    pub(crate) fn said(&self, name: &str) -> &str {
        let line = self.stdout.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{self:#?}")).trim()
    }

    /// The only line of standard error that holds this text.
    #[track_caller]
    pub(crate) fn line(&self, part: &str) -> &str {
        let lines: Vec<_> = self
            .stderr
            .lines()
            .filter(|line| line.contains(part))
            .collect();
        match lines[..] {
            [line] => line,
            _ => panic!("expected one line with {part:?}: {self:#?}"),
        }
    }

    pub(crate) fn count(&self, part: &str) -> usize {
        self.stderr.matches(part).count()
    }
}

/// A collector that refuses every connection, for messages that are printed before anything is
/// sent.
const NOWHERE: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9");

/// Turns spans off, so that no notice about their exporter is printed.
const NO_SPANS: (&str, &str) = ("OTEL_TRACES_EXPORTER", "none");

#[test]
fn without_anything_set_records_are_lines_with_the_trace_in_front() {
    let printed = run("plain", &[NO_SPANS]);
    let trace = &printed.said("trace")[..8];
    for (part, target) in [("paid by tracing order=7", "INFO"), ("paid by log", "INFO")] {
        let line = printed.line(part);
        assert!(line.starts_with(trace), "{line}");
        assert!(line.contains(target), "{line}");
    }
    assert!(printed.line("outside any span").starts_with("         "));
    assert_eq!(printed.count("traced: "), 0, "{printed:#?}");
}

#[test]
fn a_record_of_log_looks_like_one_of_tracing() {
    let printed = run("plain", &[]);
    let line = printed.line("paid by log");
    assert!(line.ends_with(": paid by log"), "{line}");
    assert!(!line.contains("log.target"), "{line}");
}

#[test]
fn json_is_a_variable_away() {
    let printed = run("plain", &[("TRACED_LOG_FORMAT", "json")]);
    for part in ["paid by tracing", "paid by log"] {
        let object: serde_json::Value = serde_json::from_str(printed.line(part)).unwrap();
        assert_eq!(object["trace_id"], printed.said("trace"));
        assert_eq!(object["span_id"], printed.said("span"));
        assert_eq!(object["trace_flags"], "03");
        assert_eq!(object["fields"]["message"], part);
    }
}

#[test]
fn the_name_of_a_format_may_be_in_any_case() {
    let printed = run("plain", &[("TRACED_LOG_FORMAT", " JSON "), NO_SPANS]);
    let line = printed.line("paid by tracing");
    assert!(line.starts_with('{'), "{line}");
    assert_eq!(printed.count("traced: "), 0, "{printed:#?}");
}

#[test]
fn a_format_that_there_is_not_is_told_and_counts_as_unset() {
    let printed = run("plain", &[("TRACED_LOG_FORMAT", "xml")]);
    assert_eq!(
        printed.line("TRACED_LOG_FORMAT"),
        "traced: warning: TRACED_LOG_FORMAT: expected `text`, `full` or `json`, found `xml`; it \
         counts as unset, write for example `TRACED_LOG_FORMAT=json`"
    );
    assert!(printed.line("paid by tracing").contains("INFO"));
}

#[test]
fn rust_log_says_which_records_there_are() {
    let printed = run("plain", &[("RUST_LOG", "debug")]);
    assert_eq!(printed.count("outside any span"), 2);
    let printed = run("plain", &[("RUST_LOG", "warn")]);
    assert_eq!(printed.count("paid"), 0);
}

#[test]
fn a_rust_log_that_is_not_understood_is_said_and_counts_as_unset() {
    let printed = run("plain", &[("RUST_LOG", "shop=loud=very")]);
    assert!(printed.line("RUST_LOG").starts_with("traced: "));
    printed.line("paid by tracing");
}

#[test]
fn none_prints_nothing() {
    let printed = run("plain", &[("OTEL_LOGS_EXPORTER", "none"), NO_SPANS]);
    assert_eq!(printed.stderr, "");
}

#[test]
fn a_subscriber_without_our_layer_keeps_its_records_and_a_hint_says_what_to_add() {
    let printed = run("subscriber", &[NOWHERE]);
    printed.line("paid by tracing");
    printed.line("traced::logs::layer()");
}

#[test]
fn a_subscriber_with_our_layer_gets_no_hint() {
    let printed = run("subscriber_with_layer", &[NOWHERE]);
    printed.line("paid by tracing");
    assert_eq!(printed.count("traced::logs"), 0, "{printed:#?}");
}

#[test]
fn a_subscriber_that_only_prints_needs_no_hint_where_nothing_is_exported() {
    let printed = run("subscriber", &[NO_SPANS]);
    printed.line("paid by tracing");
    assert_eq!(printed.count("traced: "), 0, "{printed:#?}");
}

#[test]
fn a_logger_that_is_set_keeps_its_records_and_a_hint_says_how_to_wrap_it() {
    let printed = run("logger", &[NOWHERE]);
    assert_eq!(printed.line("paid by log"), "theirs: paid by log");
    printed.line("traced::logs::logger(");
}

#[test]
fn a_wrapped_logger_gets_no_hint() {
    let printed = run("wrapped_logger", &[NOWHERE]);
    assert_eq!(printed.line("paid by log"), "theirs: paid by log");
    assert_eq!(printed.count("traced::logs"), 0, "{printed:#?}");
}

#[test]
fn tracings_own_logger_gets_no_hint() {
    let printed = run("log_tracer", &[NOWHERE]);
    assert_eq!(printed.count("traced::logs"), 0, "{printed:#?}");
}

#[test]
fn exceptions_as_records_are_lines_with_the_trace_in_front() {
    let printed = run("fails", &[("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs")]);
    let line = printed.line("invalid digit");
    assert!(line.starts_with(&printed.said("trace")[..8]), "{line}");
    assert!(line.contains("ERROR"), "{line}");
}

#[test]
fn exceptions_that_would_go_nowhere_stay_where_they_are() {
    let variables = [
        ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_TRACES_EXPORTER", "console"),
    ];
    let printed = run("fails", &variables);
    printed.line("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN");
    // The exception is in the printed tree.
    assert!(printed.stdout.contains("invalid digit"), "{printed:#?}");
}

#[test]
fn a_panic_outside_any_span_is_said_once() {
    for opt_in in ["", "logs"] {
        let printed = run(
            "panics",
            &[
                ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", opt_in),
                ("OTEL_TRACES_EXPORTER", "console"),
            ],
        );
        assert_eq!(printed.count("out of paper"), 1, "{printed:#?}");
        // No tree is printed.
        assert_eq!(printed.stdout, "");
    }
}

#[test]
fn an_exporter_that_fails_says_so_once_a_signal_however_often() {
    let variables = [
        NOWHERE,
        ("RUST_LOG", "trace"),
        ("OTEL_BLRP_MAX_EXPORT_BATCH_SIZE", "10"),
    ];
    let printed = run("many", &variables);
    assert_eq!(
        printed.count("log records did not get to"),
        1,
        "{printed:#?}"
    );
    // The report counts the log records at the end.
    assert_eq!(printed.count("log records ended"), 1, "{printed:#?}");
    // No records of the exporter's HTTP client are exported.
    assert_eq!(printed.count("hyper"), 0, "{printed:#?}");
}

#[test]
fn otel_log_level_silences_us() {
    let variables = [
        NOWHERE,
        ("OTEL_LOG_LEVEL", "none"),
        ("OTEL_LOGS_EXPORTER", "otlp"),
        ("RUST_LOG", "a=b=c"),
    ];
    let printed = run("plain", &variables);
    assert_eq!(printed.stderr, "");
}

#[test]
fn a_closed_stderr_is_no_reason_to_panic() {
    // The parent closes its end of the pipe before the child prints.
    let mut command = command("plain", &[NOWHERE]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = command.stderr(writer).stdout(Stdio::null()).status();
    assert!(status.unwrap().success());
}
