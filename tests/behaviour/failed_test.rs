//! Does a failing test write a page and name it?

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

use traced::testing::{Capture, capture, capture_async};
use traced::traced;

#[traced]
fn work(id: u64) -> u64 {
    id
}

/// Whether this process was started to see the test fail.
fn is_to_fail() -> bool {
    env::var_os("FAILED_TEST").is_some()
}

#[test]
fn fails_in_an_assertion_of_ours() {
    let (_, spans) = capture(|| work(1));
    let name = if is_to_fail() { "other" } else { "work" };
    spans.named(name);
}

#[test]
fn fails_in_an_assertion_of_its_own() {
    let (_, spans) = capture(|| work(2));
    assert_eq!(spans.len(), if is_to_fail() { 2 } else { 1 });
}

#[test]
fn fails_in_what_is_captured() {
    capture(|| {
        work(3);
        assert!(!is_to_fail());
    });
}

#[tokio::test]
async fn fails_in_async_code() {
    capture_async(async {
        work(4);
        assert!(!is_to_fail());
    })
    .await;
}

#[test]
fn fails_with_a_capture_that_goes_on() {
    let capture = Capture::new();
    let attached = capture.context().attach();
    work(5);
    assert!(!is_to_fail());
    drop(attached);
}

#[test]
fn the_page_of_a_failed_test_is_named() {
    for test in [
        "fails_in_an_assertion_of_ours",
        "fails_in_an_assertion_of_its_own",
        "fails_in_what_is_captured",
        "fails_in_async_code",
        "fails_with_a_capture_that_goes_on",
    ] {
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", &format!("failed_test::{test}")])
            .env("FAILED_TEST", "1")
            .env_remove("TRACED_HTML")
            .output()
            .unwrap();
        assert!(!output.status.success(), "{test}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let said = "the spans of this test are in ";
        let paths: Vec<&str> = printed
            .lines()
            .filter_map(|line| line.strip_prefix(said))
            .collect();
        let [path] = paths[..] else {
            panic!("expected one path: {printed}");
        };
        let path = Path::new(path);
        let name = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(name, format!("behaviour-failed_test-{test}.html"));
        let page = fs::read_to_string(path).unwrap();
        assert!(page.contains(r#""name":"work""#), "{test}");
        assert!(page.contains(&format!(
            r#""reason":"test","message":"failed_test::{test}""#
        )));
        fs::remove_file(path).unwrap();
    }
}
