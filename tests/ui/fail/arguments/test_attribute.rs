//! `#[traced::test]` where it cannot be, and with what it does not take.

#[traced::test]
async fn without_a_runtime() {}

#[traced::test(flavor = "multi_thread")]
#[tokio::test]
async fn with_an_argument_of_another() {}

#[traced::test(crate = traced, name = "x")]
fn with_more_than_the_path() {}

#[traced::test]
struct NotAFunction;

fn main() {
    let _ = NotAFunction;
}
