//! What is written to standard output and standard error, and does a full pipe stop the program?

use std::process::{Command, Stdio};

use crate::program::run;

/// Prints trees on standard output.
const STDOUT: (&str, &str) = ("OTEL_TRACES_EXPORTER", "console");

/// Turns off the printing of log records.
const NO_RECORDS: (&str, &str) = ("OTEL_LOGS_EXPORTER", "none");

#[test]
fn without_a_terminal_one_line_says_that_nobody_gets_the_spans() {
    let printed = run("orders", &[]);
    assert_eq!(printed.stdout, "");
    let lines: Vec<_> = printed.stderr.lines().collect();
    let [line] = lines[..] else {
        panic!("{printed:#?}");
    };
    for part in [
        "traced: note: nobody gets the spans of this process",
        "OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318",
        "OTEL_TRACES_EXPORTER=console",
        "OTEL_TRACES_EXPORTER=none",
    ] {
        assert!(line.contains(part), "{part:?}: {line}");
    }
    let quiet = run("orders", &[("OTEL_LOG_LEVEL", "warn")]);
    assert_eq!((&*quiet.stdout, &*quiet.stderr), ("", ""));
}

#[test]
fn a_stream_that_the_program_holds_stops_nobody() {
    for (words, variables) in [
        ("hold_stdout", &[STDOUT, NO_RECORDS][..]),
        ("hold_stdout", &[STDOUT]),
        ("trees hold_stderr", &[NO_RECORDS]),
        ("trees hold_stderr", &[]),
    ] {
        let printed = run(words, variables);
        let (trees, own) = match words {
            "hold_stdout" => (&printed.stdout, &printed.stdout),
            _ => (&printed.stderr, &printed.stderr),
        };
        assert_eq!(own.matches("done\n").count(), 1, "{printed:#?}");
        assert_eq!(
            trees.matches("● order ").count(),
            300,
            "{words}: {printed:#?}"
        );
        let logged = if variables.contains(&NO_RECORDS) {
            0
        } else {
            300
        };
        assert_eq!(
            printed.stderr.matches(": logged ").count(),
            logged,
            "{words}"
        );
    }
}

#[test]
fn a_message_waits_for_a_stream_that_the_program_holds() {
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ("OTEL_BSP_MAX_QUEUE_SIZE", "2"),
        NO_RECORDS,
    ];
    let printed = run("hold_stderr", &variables);
    assert!(printed.stderr.contains("done\n"), "{printed:#?}");
    assert!(
        printed.stderr.contains("the queue of 2 spans"),
        "{printed:#?}"
    );
}

#[test]
fn a_stream_that_is_never_given_back_does_not_stop_the_end() {
    let printed = run("hasty keep_stderr", &[STDOUT]);
    assert!(printed.stdout.contains("id=7"), "{printed:#?}");
    // The same where the notice goes to the stream that is not full:
    let mut command = Command::new(env!("CARGO_BIN_EXE_settings-child"));
    command.arg("keep_stdout").envs([STDOUT, NO_RECORDS]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("standard output did not take what was to be printed"),
        "{told}"
    );
}

#[test]
fn what_was_printed_is_there_after_an_exit_without_the_guard() {
    for word in ["order", "log"] {
        let printed = run(&format!("{word} exit"), &[STDOUT]);
        assert!(printed.stdout.contains(word), "{printed:#?}");
        assert_eq!(
            printed.stderr.contains("logged"),
            word == "log",
            "{printed:#?}"
        );
    }
}

#[test]
fn lines_are_never_mixed() {
    let printed = run("trees hold_stderr", &[]);
    let is_whole = |line: &str| {
        line.is_empty()
            || line == "done"
            || ["● order ", "● log ", "order ", "log ", "  id=", "  • paid "].iter().any(|start| line.starts_with(start))
            // A log record is printed with its trace id and its time.
            || line.as_bytes()[..8].iter().all(u8::is_ascii_hexdigit) && line.contains("logged")
    };
    let mixed: Vec<_> = printed
        .stderr
        .lines()
        .filter(|line| !is_whole(line))
        .collect();
    assert!(mixed.is_empty(), "{mixed:#?}");
}

#[test]
fn a_pipe_that_nobody_reads_is_no_reason_to_panic() {
    for is_stdout in [true, false] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_settings-child"));
        match is_stdout {
            true => command.arg("orders").env(STDOUT.0, STDOUT.1).stdout(writer),
            false => command
                .arg("trees orders")
                .stdout(Stdio::null())
                .stderr(writer),
        };
        let status = command.status().unwrap();
        assert!(status.success(), "{status}");
    }
}

/// Tests whose standard error is a terminal.
#[cfg(unix)]
mod terminal {
    use std::fs::File;
    use std::io::Read as _;
    use std::process::{Command, Stdio};

    use nix::pty::openpty;

    /// The output of a program with a pipe as standard output and a terminal as standard error.
    fn run(words: &str, variables: &[(&str, &str)]) -> (String, String) {
        let terminal = openpty(None, None).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_settings-child"));
        command.arg(words).env("NO_COLOR", "1");
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("OTEL_") {
                command.env_remove(&variable);
            }
        }
        command.envs(variables.iter().copied());
        let child = command
            .stdout(Stdio::piped())
            .stderr(terminal.slave)
            .spawn()
            .unwrap();
        // Closes our handle of the terminal, so that only the child holds one.
        drop(command);
        let mut printed = Vec::new();
        // Reading ends with an error when the child has closed its end.
        let _ = File::from(terminal.master).read_to_end(&mut printed);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(printed))
    }

    #[test]
    fn with_nothing_said_spans_are_trees_on_standard_error() {
        for variables in [
            &[][..],
            &[("OTEL_TRACES_EXPORTER", "")],
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")],
        ] {
            let (stdout, terminal) = run("order", variables);
            assert_eq!(stdout, "");
            assert!(terminal.contains("id=7"), "{variables:?}: {terminal}");
            assert!(!terminal.contains("traced: "), "{variables:?}: {terminal}");
        }
    }

    #[test]
    fn a_mistake_brings_no_trees() {
        for (variable, value) in [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "\"http://collector:4318\""),
            ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector"),
            ("OTEL_TRACES_EXPORTER", "otpl"),
            ("OTEL_TRACES_EXPORTER", "jaeger"),
            ("OTEL_TRACES_EXPORTER", ","),
        ] {
            let (stdout, terminal) = run("order", &[(variable, value)]);
            assert!(!stdout.contains("id=7"), "{variable}={value}: {stdout}");
            assert!(
                terminal.contains(&format!("traced: warning: {variable}: ")),
                "{terminal}"
            );
            assert!(!terminal.contains("id=7"), "{variable}={value}: {terminal}");
        }
    }

    #[test]
    fn what_is_asked_for_is_printed_where_it_was_asked_for() {
        let (stdout, terminal) = run("order", &[("OTEL_TRACES_EXPORTER", "console")]);
        assert!(
            stdout.contains("id=7") && !terminal.contains("id=7"),
            "{terminal}"
        );
        let (stdout, terminal) = run("trees order", &[("OTEL_TRACES_EXPORTER", "none")]);
        assert!(stdout.is_empty() && terminal.contains("id=7"), "{terminal}");
        for words in ["quiet order", "seen order"] {
            let (_, terminal) = run(words, &[]);
            assert!(!terminal.contains("id=7"), "{words}: {terminal}");
        }
    }
}
