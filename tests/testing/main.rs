//! The tools of `traced::testing` accept correct spans, and their failures say what is wrong.
//!
//! These tests have their own process, because `assert_no_lost_context` sees every span of the process.

mod checks;
mod find;
mod headers;
mod test_attribute;
mod tracing_spans;
mod trees;
mod wait;

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};

use traced::traced;

#[traced(kind = "client", attributes(id))]
fn load(id: u64) -> Result<u64, String> {
    match id {
        0 => Err("not found: 0".into()),
        id => Ok(id),
    }
}

#[traced(kind = "server", name = "GET /orders", attributes(http.route = "/orders"))]
fn handle(ids: &[u64]) {
    for id in ids {
        let _ = load(*id);
    }
    audit();
}

#[traced]
fn audit() {}

/// The message of a failure, without the line that names the page.
fn failure<R>(f: impl FnOnce() -> R) -> String {
    let panicked = panic::catch_unwind(AssertUnwindSafe(f)).err();
    let panicked = panicked.expect("it should have failed");
    let message = said(&*panicked);
    let lines = message.lines();
    let lines = lines.filter(|line| !line.starts_with("the spans of this test are in "));
    lines.map(|line| format!("{line}\n")).collect()
}

fn said(panicked: &(dyn Any + Send)) -> String {
    match panicked.downcast_ref::<String>() {
        Some(message) => message.clone(),
        None => (*panicked.downcast_ref::<&str>().unwrap()).to_owned(),
    }
}
