//! `#[traced]` on expressions and statements of an annotated function.

mod awaited;
mod statements;
mod types;

use opentelemetry::trace::Status;
use traced::testing::{capture, capture_async};
use traced::{traced, traced_spawn};

fn double(n: u8) -> u8 {
    n * 2
}

#[traced]
fn sync(n: u8) -> Result<u8, String> {
    #[traced(attributes(n))]
    let doubled = double(n);
    #[traced(name = "check")]
    if doubled > 10 {
        return Err("too much".to_owned());
    }
    #[traced]
    let parsed: u8 = "7".parse::<u8>().map_err(|error| error.to_string())?;
    let each = #[traced(name = "each")]
    |n: u8| n + 1;
    #[traced]
    for _ in 0..2 {
        traced::event!("turn");
    }
    let sum = #[traced(name = "block")]
    {
        let one = each(parsed);
        one + doubled
    };
    Ok(sum)
}

#[test]
fn blocks_statements_and_closures_have_spans() {
    let (out, spans) = capture(|| sync(1));
    assert_eq!(out, Ok(10));
    let tree =
        "sync\n  sync::double n=1\n  check\n  sync::map_err\n  sync::loop\n  block\n    each\n";
    assert_eq!(spans.tree(), tree);
    assert_eq!(spans.named("sync::loop").events().len(), 2);
}

#[test]
fn return_in_a_traced_block_is_the_functions() {
    let (out, spans) = capture(|| sync(6));
    assert_eq!(out, Err("too much".to_owned()));
    assert_eq!(*spans.named("sync").status(), Status::error("too much"));
    assert_eq!(*spans.named("check").status(), Status::Unset);
}

async fn load(n: u8) -> Result<u8, String> {
    tokio::task::yield_now().await;
    if n == 0 { Err("none".into()) } else { Ok(n) }
}

#[traced]
async fn asynchronous(n: u8) -> Result<u8, String> {
    #[traced(kind = "client")]
    let loaded = load(n).await?;
    let later = #[traced]
    async move {
        tokio::task::yield_now().await;
        loaded + 1
    };
    let closure = #[traced(name = "closure")]
    async |n: u8| {
        tokio::task::yield_now().await;
        n + 1
    };
    Ok(closure(later.await).await)
}

#[tokio::test]
async fn awaited_values_async_blocks_and_async_closures_have_spans() {
    let (out, spans) = capture_async(asynchronous(1)).await;
    assert_eq!(out, Ok(3));
    let tree = "asynchronous\n  asynchronous::load [client]\n  asynchronous::async\n  closure\n";
    assert_eq!(spans.tree(), tree);
}

#[tokio::test]
async fn an_error_that_leaves_through_a_question_mark_is_recorded_on_the_value() {
    let (_, spans) = capture_async(asynchronous(0)).await;
    assert_eq!(spans.named("asynchronous::load").exceptions().len(), 1);
    assert!(spans.named("asynchronous").events().is_empty());
}

#[traced]
async fn has_blocks_of_every_kind(on: bool) {
    let mut headers = std::collections::HashMap::<String, String>::new();
    let here = #[traced(current, attributes(on))]
    async {};
    let perhaps = #[traced(name = "perhaps", enabled = on)]
    async {};
    let tells = #[traced(name = "tells", inject = headers)]
    async {};
    here.await;
    perhaps.await;
    tells.await;
    traced::set_attributes!(told = headers.len());
}

#[tokio::test]
async fn an_async_block_takes_arguments_that_do_not_wait() {
    traced::propagation::use_w3c();
    let (_, spans) = capture_async(has_blocks_of_every_kind(true)).await;
    let tree = "has_blocks_of_every_kind on=true told=1\n  perhaps\n  tells\n";
    assert_eq!(spans.tree(), tree);
    let (_, spans) = capture_async(has_blocks_of_every_kind(false)).await;
    let tree = "has_blocks_of_every_kind on=false told=1\n  tells\n";
    assert_eq!(spans.tree(), tree);
}

#[traced]
async fn child() {
    tokio::task::yield_now().await;
}

mod in_a_unit {
    use super::*;

    #[traced]
    async fn statement() {
        tokio::spawn(async {
            #[traced(name = "step")]
            let _step = double(1);
            child().await;
        })
        .await
        .unwrap();
    }

    #[tokio::test]
    async fn a_traced_statement_leaves_the_context_to_its_unit() {
        let ((), spans) = capture_async(statement()).await;
        assert_eq!(spans.tree(), "statement\n  step\n  child\n");
    }

    #[traced]
    async fn literal() {
        tokio::spawn(
            #[traced(name = "job")]
            async move {
                child().await;
            },
        )
        .await
        .unwrap();
        let thread = std::thread::spawn(
            #[traced(name = "thread")]
            || traced::event!("ran"),
        );
        thread.join().unwrap();
    }

    #[tokio::test]
    async fn a_traced_unit_gets_the_context() {
        let ((), spans) = capture_async(literal()).await;
        assert_eq!(spans.tree(), "literal\n  job\n    child\n  thread\n");
    }

    #[traced]
    async fn named() {
        #[traced_spawn(name = "unit")]
        let unit = tokio::spawn(async {
            #[traced(name = "step")]
            let _step = double(1);
            child().await;
        });
        unit.await.unwrap();
    }

    #[tokio::test]
    async fn a_unit_with_a_traced_statement_can_have_a_name() {
        let ((), spans) = capture_async(named()).await;
        assert_eq!(spans.tree(), "named\n  unit\n    step\n    child\n");
    }

    fn task(work: impl Future<Output = ()> + Send + 'static) -> impl Future<Output = ()> + Send {
        work
    }

    #[traced_spawn]
    #[traced]
    fn under_two_attributes() -> tokio::task::JoinHandle<()> {
        #[traced(name = "block")]
        {
            #[traced_spawn(name = "unit")]
            tokio::spawn(task(async { child().await }))
        }
    }

    #[tokio::test]
    async fn an_await_of_a_unit_is_not_one_of_the_block_around_it() {
        let ((), spans) = capture_async(async { under_two_attributes().await.unwrap() }).await;
        assert_eq!(
            spans.tree(),
            "under_two_attributes\n  block\n    unit\n      child\n"
        );
    }
}
