//! A capture that gets no spans because another provider took its place says so.

use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry_sdk::trace::SdkTracerProvider;
use traced::testing::capture;
use traced::traced;

#[traced]
fn work() {}

fn install_another() {
    traced::set_tracer_provider(SdkTracerProvider::builder().build());
}

/// The text that `f` panics with.
#[track_caller]
fn panic_of<R>(f: impl FnOnce() -> R) -> String {
    let panic = catch_unwind(AssertUnwindSafe(f)).err().expect("no panic");
    *panic.downcast().expect("a panic without a text")
}

/// A single test, because all tests of a process share the global provider.
#[test]
fn a_capture_that_gets_nothing_says_why() {
    install_another();
    let ((), spans) = capture(work);
    assert_eq!(
        spans.tree(),
        "work\n",
        "the first capture replaces what was there"
    );
    let missing = panic_of(|| spans.named("rest").id());
    assert!(
        missing.starts_with("expected one span named \"rest\", found 0:\nwork\n"),
        "nothing was replaced: {missing}"
    );

    let ((), spans) = capture(|| {
        install_another();
        work();
    });
    let during = panic_of(|| spans.named("work").id());
    let after = panic_of(|| capture(work));
    for message in [during, after] {
        assert!(
            message.contains("another tracer provider was installed after the first capture"),
            "{message}"
        );
    }
}
