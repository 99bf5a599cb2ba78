//! Tests look at spans with `traced::testing`, and wait for them without sleeping.

use std::fs;
use std::path::Path;

use crate::sources::root;

/// What collects spans beside `traced::testing`.
const COLLECTORS: &[&str] = &[
    "InMemorySpanExporter",
    "SpanExporter for ",
    "SpanProcessor for ",
    "TracerProvider for ",
    "SdkTracerProvider::builder",
    "SdkTracerProvider::default",
];

/// The files and folders whose tests ask about providers and exporters themselves, with the reason.
const COLLECT: &[(&str, &str)] = &[
    (
        "runtime/src/telemetry/export/spans/tests",
        "a request of ours beside one of the SDK",
    ),
    (
        "runtime/src/telemetry/export/user_exporter/tests.rs",
        "an exporter of the user that blocks",
    ),
    (
        "runtime/tests/another_provider.rs",
        "a provider that takes the place of the one that captures",
    ),
    (
        "runtime/tests/init_and_shutdown.rs",
        "a processor of the user that is slow at the shutdown",
    ),
    (
        "runtime/tests/tracing_layer.rs",
        "which of two providers gets the spans",
    ),
    (
        "runtime/tests/wrapped_provider.rs",
        "a provider that wraps another",
    ),
    (
        "tests/behaviour/console",
        "a processor for providers of the SDK",
    ),
    (
        "tests/behaviour/console.rs",
        "a processor for providers of the SDK",
    ),
    (
        "tests/behaviour/scoped.rs",
        "a sampler of the user, on a provider of the user",
    ),
    (
        "tests/house/collectors.rs",
        "the names of collectors, in this list",
    ),
    (
        "tests/metrics",
        "each test installs telemetry with a sampler, a filter or an exporter of its own",
    ),
    ("tests/otlp/child.rs", "exporters and processors that fail"),
    (
        "tests/process_life/child",
        "a program that ends, forks or is signalled",
    ),
    (
        "tests/processes/child.rs",
        "a program that prints its spans",
    ),
    ("tests/providers", "which provider gets the spans"),
    ("tests/recorder", "exporters that block, count or call back"),
    ("tests/settings/child.rs", "a program that prints its spans"),
    (
        "tests/support.rs",
        "a provider other than the SDK's, for `tests/providers`",
    ),
    (
        "tests/thread_locals",
        "threads that end while a provider is installed",
    ),
];

/// The files and folders that sleep, with what they sleep for. No file sleeps until a span is there.
const SLEEP: &[(&str, &str)] = &[
    ("cargo-traced/tests/audit", "text that the tool reads"),
    ("cargo-traced/tests/view.rs", "another process"),
    (
        "runtime/src/telemetry/export/lines/stdout/tests.rs",
        "a pipe that is full",
    ),
    (
        "runtime/tests/init_and_shutdown.rs",
        "a shutdown that takes time",
    ),
    (
        "tests/metrics",
        "what a duration is, and a meter's interval",
    ),
    ("tests/otlp", "a collector, and what it is sent when"),
    ("tests/owners/main.rs", "a pool that renews its connections"),
    ("tests/process_life", "another process"),
    ("tests/recorder", "an exporter that is slow"),
    ("tests/sea_orm/main.rs", "work before a statement"),
    (
        "tests/servers/jobs/tests.rs",
        "the state of a job in the database",
    ),
    (
        "tests/servers/rabbitmq/tests.rs",
        "a message that is on its way",
    ),
    (
        "tests/servers/support.rs",
        "a process that was killed, and a pool that renews its connections",
    ),
    (
        "tests/servers_in_process/actix.rs",
        "a body that takes time",
    ),
    (
        "tests/servers_in_process/bodies.rs",
        "a body that takes time",
    ),
    (
        "tests/servers_in_process/poll_times.rs",
        "polls that take time",
    ),
    ("tests/settings", "what lasts long, in another process"),
    ("tests/sql/owners.rs", "a pool that renews its connections"),
    ("tests/sql/pools.rs", "how long a connection is waited for"),
    (
        "tests/testing/wait.rs",
        "a span that is to end while it is waited for",
    ),
];

/// Whether `text` has a call of this function, whatever its path; `pg_sleep(` is no call of `sleep`.
fn calls(text: &str, function: &str) -> bool {
    let call = format!("{function}(");
    text.match_indices(&call).any(|(place, _)| {
        let before = text[..place].chars().next_back();
        !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
    })
}

/// The paths, from the root, of the files below `folder` whose text fits.
fn files_with(fits: &dyn Fn(&str) -> bool, folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // A folder of a tool's output may be there.
            if !path.ends_with("target") {
                files_with(fits, &path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            if fits(&text) {
                let path = path.strip_prefix(root()).unwrap();
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
}

/// Asserts that the text of the files of the list fits, and of no others.
#[track_caller]
fn assert_only_in(list: &[(&str, &str)], fits: &dyn Fn(&str) -> bool) {
    let mut files = Vec::new();
    for folder in [
        "cargo-traced/tests",
        "macros/tests",
        "runtime/src",
        "runtime/tests",
        "tests",
    ] {
        files_with(fits, &root().join(folder), &mut files);
    }
    // What else is in there are the collectors themselves.
    let is_test = |file: &String| file.ends_with("/tests.rs") || file.contains("/tests/");
    files.retain(|file| !file.starts_with("runtime/src/") || is_test(file));
    let is_below = |file: &str, entry: &str| Path::new(file).starts_with(entry);
    let others = files
        .iter()
        .filter(|file| !list.iter().any(|(entry, _)| is_below(file, entry)));
    let others: Vec<_> = others.collect();
    assert!(
        others.is_empty(),
        "use `traced::testing`, or name the file in the list with its reason: {others:#?}"
    );
    let without = list
        .iter()
        .filter(|(entry, _)| !files.iter().any(|file| is_below(file, entry)));
    let without: Vec<_> = without.collect();
    assert!(
        without.is_empty(),
        "take these out of the list, they no longer need it: {without:#?}"
    );
}

#[test]
fn tests_collect_spans_with_testing_alone() {
    assert_only_in(COLLECT, &|text| {
        COLLECTORS.iter().any(|word| text.contains(word))
    });
}

#[test]
fn tests_wait_for_spans_without_sleeping() {
    assert_only_in(SLEEP, &|text| {
        calls(text, "sleep") || calls(text, "sleep_until")
    });
}
