//! Blocks that await: the targets of `?`, `return`, `break` and `continue` in them.

use std::num::ParseIntError;

use opentelemetry::trace::Status;
use traced::testing::{capture, capture_async};
use traced::traced;

#[traced]
async fn one() -> u8 {
    tokio::task::yield_now().await;
    1
}

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

fn spawns() -> u8 {
    traced::span!("outside", { block_on(async { one().await }) })
}

#[traced]
fn blocks() -> u8 {
    #[traced(name = "inside")]
    let one = block_on(async { one().await });
    one
}

#[test]
fn a_span_without_an_await_of_its_own_awaits_nothing() {
    assert_eq!(capture(spawns).1.tree(), "outside\n  one\n");
    assert_eq!(capture(blocks).1.tree(), "blocks\n  inside\n    one\n");
}

#[traced]
async fn made() -> u8 {
    let make = #[traced(name = "make")]
    |n: u8| async move { one().await + n };
    make(1).await
}

#[tokio::test]
async fn a_closure_that_makes_a_future_has_a_span_until_that_is_ready() {
    let (out, spans) = capture_async(made()).await;
    assert_eq!(out, 2);
    assert_eq!(spans.tree(), "made\n  make\n    one\n");
}

#[traced]
async fn loops(n: u8) -> u8 {
    let mut sum = 0;
    #[traced(name = "loop")]
    for n in 0..n {
        if n == 2 {
            continue;
        }
        sum += one().await;
    }
    sum
}

#[tokio::test]
async fn a_loop_may_await() {
    let (out, spans) = capture_async(loops(4)).await;
    assert_eq!(out, 3);
    assert_eq!(spans.tree(), "loops\n  loop\n    one\n    one\n    one\n");
}

async fn question_mark(text: &str) -> Result<u8, ParseIntError> {
    Ok(traced::span!("parse", {
        one().await;
        match text {
            "" => 0,
            text => text.parse::<u8>()?,
        }
    }))
}

#[tokio::test]
async fn a_question_mark_leaves_the_function() {
    let (out, spans) = capture_async(question_mark("x")).await;
    assert!(out.is_err());
    assert_eq!(spans.tree(), "parse\n  one\n");
    assert_eq!(capture_async(question_mark("7")).await.0, Ok(7));
}

async fn converts(text: &str) -> Result<u8, Box<dyn std::error::Error + Send + Sync>> {
    let parsed = traced::span!("parse", {
        one().await;
        text.parse::<u8>()?
    });
    Ok(parsed)
}

#[tokio::test]
async fn a_question_mark_converts_as_it_did() {
    let task = tokio::spawn(converts("x"));
    assert!(task.await.unwrap().is_err());
}

macro_rules! bail {
    ($error:expr) => {
        return Err($error.into())
    };
}

#[traced]
async fn returns(n: u8) -> Result<u8, String> {
    #[traced(name = "check")]
    if one().await == n {
        return Err("it is one".to_owned());
    }
    #[traced(name = "hidden")]
    {
        if one().await + 1 == n {
            bail!("it is two");
        }
    }
    Ok(n)
}

#[tokio::test]
async fn a_return_leaves_the_function() {
    let (out, spans) = capture_async(returns(1)).await;
    assert_eq!(out, Err("it is one".to_owned()));
    assert_eq!(*spans.named("check").status(), Status::Unset);
    assert_eq!(*spans.named("returns").status(), Status::error("it is one"));
    let (out, _) = capture_async(returns(2)).await;
    assert_eq!(out, Err("it is two".to_owned()));
}

#[traced]
async fn jumps() -> Vec<u8> {
    let mut seen = Vec::new();
    'rows: for row in 0_u8.. {
        #[traced(name = "row", attributes(row))]
        {
            for n in 0..3 {
                if n == 1 {
                    break;
                }
                one().await;
            }
            match row {
                0 => continue,
                2 => break 'rows,
                _ => seen.push(row),
            }
        }
        seen.push(10 + row);
    }
    seen
}

#[tokio::test]
async fn a_jump_leads_to_the_loop_around() {
    let (out, spans) = capture_async(jumps()).await;
    assert_eq!(out, [1, 11]);
    let row = |row: u8| format!("  row row={row}\n    one\n");
    assert_eq!(
        spans.tree(),
        format!("jumps\n{}{}{}", row(0), row(1), row(2))
    );
}

#[traced]
async fn nested(n: u8) -> Result<u8, String> {
    loop {
        #[traced(name = "outer")]
        {
            one().await;
            #[traced(name = "inner")]
            {
                one().await;
                match n {
                    0 => return Ok(0),
                    1 => break,
                    n => Err(n.to_string())?,
                }
            }
        }
    }
    Ok(1)
}

#[tokio::test]
async fn the_way_out_leads_through_every_span() {
    let tree = "nested\n  outer\n    one\n    inner\n      one\n";
    for (n, expected) in [(0, Ok(0)), (1, Ok(1))] {
        let (out, spans) = capture_async(nested(n)).await;
        assert_eq!((out, spans.tree().as_str()), (expected, tree));
    }
    assert_eq!(capture_async(nested(2)).await.0, Err("2".to_owned()));
}

#[traced]
async fn fails() -> Result<u8, String> {
    let result = #[traced(name = "block")]
    {
        one().await;
        Err("in the block")
    };
    Ok(result?)
}

#[tokio::test]
async fn the_error_that_a_block_gives_is_its_own() {
    let (_, spans) = capture_async(fails()).await;
    assert_eq!(
        *spans.named("block").status(),
        Status::error("in the block")
    );
}

struct Traces;

impl Drop for Traces {
    fn drop(&mut self) {
        traced::span!("dropped", {});
    }
}

#[traced]
async fn drops(how: u8) -> u8 {
    for _ in 0..1 {
        #[traced(name = "block")]
        {
            let _local = Traces;
            one().await;
            match how {
                0 => return 0,
                1 => break,
                2 => std::future::pending::<()>().await,
                _ => {}
            }
        }
    }
    how
}

#[tokio::test]
async fn its_locals_are_dropped_in_the_span() {
    for how in [0, 1, 2, 3] {
        let future = tokio::time::timeout(std::time::Duration::ZERO, drops(how));
        let (_, spans) = capture_async(future).await;
        assert!(spans.named("dropped").is_child_of(spans.named("block")));
    }
}

#[traced]
async fn joins() -> (u8, u8) {
    #[traced(name = "both")]
    let both = tokio::join!(one(), one());
    both
}

#[tokio::test]
async fn a_macro_that_awaits_runs_in_the_span() {
    let task = tokio::spawn(joins());
    assert_eq!(task.await.unwrap(), (1, 1));
    let (_, spans) = capture_async(joins()).await;
    assert_eq!(spans.tree(), "joins\n  both\n    one\n    one\n");
}

async fn ends_in_a_jump() {
    for n in 0..3 {
        if n == 0 {
            continue;
        }
        traced::span!("jumps", {
            one().await;
            break;
        });
    }
}

#[tokio::test]
async fn a_block_may_end_in_a_jump() {
    let ((), spans) = capture_async(ends_in_a_jump()).await;
    assert_eq!(spans.tree(), "jumps\n  one\n");
}

async fn ends() -> u8 {
    traced::span!("ends", {
        one().await;
        return 1;
    })
}

#[tokio::test]
async fn a_block_may_give_no_value() {
    let (out, spans) = capture_async(ends()).await;
    assert_eq!((out, spans.tree().as_str()), (1, "ends\n  one\n"));
}
