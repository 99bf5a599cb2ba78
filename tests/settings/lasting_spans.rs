//! Is it said which call site opens a span for too long, or starts spans below one that is over?

use crate::program::{Printed, run};

const QUIET: (&str, &str) = ("OTEL_LOGS_EXPORTER", "none");
const SHORT: (&str, &str) = ("TRACED_LONG_OPEN", "20");

/// The lines of the log that say so, and those of the report.
fn said(printed: &Printed) -> (Vec<&str>, Vec<&str>) {
    let lines = printed.stderr.lines();
    let log = lines.filter_map(|line| line.strip_prefix("traced: warning: "));
    let log = log.filter(|line| line.contains("#[traced(root)]"));
    (log.collect(), printed.all("lasting"))
}

fn nothing() -> (Vec<&'static str>, Vec<&'static str>) {
    (Vec::new(), Vec::new())
}

#[test]
fn the_topmost_span_that_is_open_for_long_is_said_once_with_what_to_write() {
    // Beside the trees of the console, and where nothing is printed but the variable asks for it.
    for words in ["trees serve", "quiet serve"] {
        let printed = run(words, &[QUIET, SHORT]);
        let (log, report) = said(&printed);
        assert_eq!(log, report, "{printed:#?}");
        let [line] = log[..] else {
            panic!("{printed:#?}");
        };
        for part in [
            "a span of `settings_child::lasting::accept` (",
            "tests/settings/lasting.rs:",
            ") has been open for ",
            "take its attribute away, and write `#[traced(root)]` on the function that does one unit of the work",
            "`#[traced_spawn(link)]`",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
        assert_eq!(
            printed.stderr.contains("└"),
            words.contains("trees"),
            "{printed:#?}"
        );
    }
}

#[test]
fn with_a_processor_of_the_users_it_is_known_by_its_name() {
    let printed = run("quiet stamped serve", &[QUIET, SHORT]);
    let (log, report) = said(&printed);
    assert_eq!((log.len(), report.len()), (1, 1), "{printed:#?}");
    assert!(
        log[0].starts_with("a span of `accept` has been open for "),
        "{log:?}"
    );
}

#[test]
fn spans_that_come_again_and_again_below_one_that_has_ended_are_said_once() {
    let printed = run("trees lag", &[QUIET]);
    let (log, report) = said(&printed);
    assert_eq!(log, report, "{printed:#?}");
    let [line] = log[..] else {
        panic!("{printed:#?}");
    };
    for part in [
        "spans of `settings_child::lasting::poll` (",
        "tests/settings/lasting.rs:",
        ") start again and again below a span that has ended",
        "`#[traced_spawn(detached)]`",
    ] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

#[test]
fn what_a_request_leaves_behind_is_not_said() {
    assert_eq!(said(&run("trees write_behind", &[QUIET])), nothing());
}

#[test]
fn unless_asked_for_nothing_is_said() {
    assert_eq!(said(&run("quiet serve", &[QUIET])), nothing());
    let off = [QUIET, ("TRACED_LONG_OPEN", "0")];
    assert_eq!(said(&run("trees serve", &off)), nothing());
}
