//! Errors and panics that pass from annotated functions to spans of `tracing` and back.

use std::panic::catch_unwind;

use traced::traced;

use crate::{capture, migrate, pause};

#[traced]
async fn ours_fails() -> Result<(), String> {
    pause().await;
    Err("refused".to_owned())
}

#[tracing::instrument(err)]
async fn theirs_fails() -> Result<(), String> {
    pause().await;
    ours_fails().await
}

#[test]
fn an_error_is_written_on_the_span_that_it_leaves_and_on_those_above() {
    #[traced]
    async fn top() -> Result<(), String> {
        theirs_fails().await
    }
    let (out, spans) = capture(|| migrate(top()));
    assert_eq!(out.unwrap_err(), "refused");
    assert!(spans.named("ours_fails").has_failed());
    assert!(spans.named("theirs_fails").has_failed());
    assert!(spans.named("top").has_failed());
    assert_eq!(spans.named("ours_fails").exceptions().len(), 1);
}

#[test]
fn an_error_of_theirs_is_recorded_on_ours_above_it() {
    #[tracing::instrument]
    fn below() -> Result<(), String> {
        Err("refused".to_owned())
    }
    #[traced]
    fn top() -> Result<(), String> {
        below()
    }
    let (_, spans) = capture(top);
    assert_eq!(
        spans.tree(),
        "top error.type=alloc::string::String error: refused\n  below\n"
    );
    assert_eq!(spans.named("top").exceptions().len(), 1);
}

#[test]
fn a_panic_unwinds_through_both_and_leaves_the_thread_clean() {
    #[traced]
    fn innermost() {
        panic!("out of paper");
    }
    #[tracing::instrument]
    fn between() {
        innermost();
    }
    #[traced]
    fn top() {
        between();
    }
    // `capture` asserts that no span is current afterwards.
    let (out, spans) = capture(|| catch_unwind(top));
    out.unwrap_err();
    assert_eq!(
        spans.tree(),
        "top error.type=panic error: out of paper\n  between\n    innermost error.type=panic error: out of paper\n"
    );
    assert_eq!(spans.named("innermost").exceptions().len(), 1);
    assert!(spans.named("top").exceptions().is_empty());
}

#[test]
fn a_panic_below_a_tracing_span_is_recorded_on_ours_above_it() {
    #[tracing::instrument]
    async fn below() {
        pause().await;
        panic!("out of paper");
    }
    #[traced]
    async fn top() {
        below().await;
    }
    let (out, spans) = capture(|| catch_unwind(|| migrate(top())));
    out.unwrap_err();
    assert!(spans.named("below").is_child_of(spans.named("top")));
    assert_eq!(spans.named("top").exceptions().len(), 1);
}
