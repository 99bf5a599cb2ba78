//! `level = ".."`, and the levels of a filter.

use traced::testing::capture;
use traced::{Filter, SpanLevel, traced, traced_spawn};

use super::{check, filtered, run};

#[traced(level = "error")]
fn at_error() {
    at_warn();
}

#[traced(level = "warn")]
fn at_warn() {
    without_level();
}

#[traced]
fn without_level() {
    at_debug();
}

#[traced(level = "debug")]
fn at_debug() {
    at_trace();
}

#[traced(level = "trace")]
fn at_trace() {}

#[test]
fn a_level_turns_off_what_is_more_detailed() {
    let lines = [
        "at_error\n",
        "  at_warn\n",
        "    without_level\n",
        "      at_debug\n",
        "        at_trace\n",
    ];
    let words = ["off", "error", "warn", "info", "debug", "trace"];
    for (on, word) in words.iter().enumerate() {
        check(&format!("filter={word}"), at_error, &lines[..on].concat());
        check(word, at_error, &lines[..on].concat());
    }
    check("filter=ON", at_error, &lines.concat());
    check("filter=Info", at_error, &lines[..3].concat());
}

#[test]
fn without_a_filter_every_level_is_on() {
    check("", at_debug, "at_debug\n  at_trace\n");
    check("another_crate=error", at_debug, "at_debug\n  at_trace\n");
    assert!(Filter::default().is_on_at("shop::load", SpanLevel::Trace));
}

#[test]
fn the_directive_with_the_most_letters_decides_the_level() {
    for filter in [
        "info,filter::levels::at_debug=debug",
        "filter::levels::at_debug=trace,filter::levels=info",
        "filter::levels::at_debug=on,filter::levels=off",
    ] {
        check(filter, at_debug, "at_debug\n");
    }
}

#[traced(level = "debug")]
mod details {
    pub(super) fn inherits() {
        says_more();
        says_its_own();
        recorded_above();
    }

    #[traced(kind = "client")]
    fn says_more() {}

    #[traced(level = "info")]
    fn says_its_own() {}

    /// Has no span that could have a level.
    #[traced(current, attributes(told = true))]
    fn recorded_above() {}

    pub(super) struct Store;

    impl Store {
        pub(super) fn load(&self) {}
    }

    #[traced(level = "trace")]
    impl Store {
        pub(super) fn scan(&self) {}
    }
}

#[test]
fn functions_without_a_level_have_that_of_their_container() {
    let inherits: fn() = details::inherits;
    check(
        "",
        inherits,
        "inherits told=true\n  says_more [client]\n  says_its_own\n",
    );
    check("info", inherits, "says_its_own\n");
    let store: fn() = || {
        details::Store.load();
        details::Store.scan();
    };
    check("debug", store, "Store::load\n");
    check("info", store, "");
}

#[traced]
async fn parts() {
    traced::span!(
        level = "debug",
        "block",
        rows = 3,
        level = "an attribute",
        {}
    );
    #[traced(name = "statement", level = "trace")]
    let unit = {
        #[traced_spawn(name = "unit", level = "debug")]
        tokio::spawn(async {})
    };
    unit.await.unwrap();
    traced::span!("plain", {});
}

#[test]
fn a_nested_function_has_a_level_of_its_own() {
    let parts: fn() = || run(parts());
    check(
        "filter=debug",
        parts,
        "parts\n  block rows=3 level=an attribute\n  unit\n  plain\n",
    );
    check("filter=info", parts, "parts\n  plain\n");
}

fn evaluate() -> i64 {
    panic!("evaluated")
}

/// A function that its level turns off evaluates nothing and passes the context on, as one that its path turns off does.
#[test]
fn off_by_level_is_off() {
    #[traced(level = "debug", attributes(rows = evaluate()))]
    fn off() -> Result<(), String> {
        traced::set_attributes!(said = "above");
        Err("no".into())
    }

    #[traced]
    fn outer() -> Result<(), String> {
        off()
    }

    let _filtered = filtered("info");
    let (_, spans) = capture(outer);
    assert_eq!(spans.len(), 1);
    assert_eq!(spans.named("outer").exceptions().len(), 1);
    assert_eq!(
        spans.named("outer").attribute("said").unwrap().to_string(),
        "above"
    );
}

#[test]
fn a_filter_with_levels_is_printed_as_it_is_read() {
    let filter: Filter = "openraft=info, shop::db=DEBUG, noise=off, all=trace, warn"
        .parse()
        .unwrap();
    let printed = "openraft=info,shop::db=debug,noise=off,all=on,*=warn";
    assert_eq!(filter.to_string(), printed);
    assert_eq!(printed.parse(), Ok(filter));
}
