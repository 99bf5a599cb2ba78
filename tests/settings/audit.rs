//! Are call sites whose spans lose their context reported, on request and only then?

use crate::program::run;

const QUIET: (&str, &str) = ("OTEL_LOGS_EXPORTER", "none");

fn said(words: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let printed = run(words, &[variables, &[QUIET]].concat());
    let lines = printed.stderr.lines();
    let lost = lines.filter_map(|line| Some(line.split_once("lost context at ")?.1.to_owned()));
    lost.collect()
}

const LOST: &str =
    "settings_child::lost::load: 4 of 11 (3 started as roots, 1 after their parent had ended)";

#[test]
fn lost_contexts_are_counted_by_call_site() {
    assert_eq!(said("audited quiet lose", &[]), [LOST]);
    assert_eq!(said("quiet lose", &[("TRACED_AUDIT", "true")]), [LOST]);
}

#[test]
fn with_a_processor_of_the_users_they_are_counted_by_name() {
    let lost = LOST.replace("settings_child::lost", "traced-tests");
    assert_eq!(said("audited stamped quiet lose", &[]), [lost]);
}

/// A table is created once, by no request, which says nothing of the queries.
#[test]
fn statements_are_counted_by_name() {
    let lost = "traced::SELECT notes: 1 of 3 (1 started as roots)";
    for words in [
        "audited quiet ask_a_database",
        "audited stamped quiet ask_a_database",
    ] {
        assert_eq!(said(words, &[]), [lost], "{words}");
    }
}

#[test]
fn what_has_the_parent_that_it_should_have_is_not_said() {
    assert!(said("audited quiet keep", &[]).is_empty());
    assert!(said("audited stamped quiet keep", &[]).is_empty());
}

#[test]
fn a_task_that_outlives_its_request_is_no_warning() {
    for words in ["audited quiet outlive", "audited stamped quiet outlive"] {
        let printed = run(words, &[QUIET]);
        assert!(!printed.stderr.contains("warning"), "{printed:#?}");
        let site = match words.contains("stamped") {
            true => "traced-tests::write_receipt",
            false => "settings_child::lost::write_receipt",
        };
        let late = format!(
            "note: lost context at {site}: 1 of 1 (1 after their parent had ended, as spans of a spawned task may)"
        );
        assert!(printed.stderr.contains(&late), "{printed:#?}");
    }
}

#[test]
fn unless_asked_for_nothing_is_said_of_contexts() {
    assert!(said("quiet lose", &[]).is_empty());
    assert!(said("quiet lose", &[("TRACED_AUDIT", "false")]).is_empty());
}
