//! The attribute orders of docs/attribute_orders.md that work, each with its spans.

#![allow(dead_code, unused_braces)]

use traced::testing::{Spans, capture, capture_async};
use traced::traced;

fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

fn tree(work: impl FnOnce()) -> String {
    let ((), spans): ((), Spans) = capture(work);
    spans.tree()
}

// `mockall::automock` copies the attributes of methods to the code it generates, so ours stands
// above it.

#[traced]
#[mockall::automock]
trait Api {
    fn call(&self, id: u8) -> u8 {
        id
    }

    fn other(&self) -> u8;
}

struct Real;

#[traced]
#[cfg_attr(all(), mockall::automock)]
impl Real {
    fn hit(&self, id: u8) -> Result<u8, String> {
        Ok(id)
    }
}

impl Api for Real {
    #[traced]
    fn other(&self) -> u8 {
        1
    }
}

#[test]
fn automock_below() {
    let mut mock = MockApi::new();
    mock.expect_call().returning(|id| id + 1);
    assert_eq!(mock.call(1), 2);
    let mut mock = MockReal::new();
    mock.expect_hit().returning(Ok);
    assert_eq!(mock.hit(1), Ok(1));
    let calls = tree(|| {
        Api::call(&Real, 1);
        Real.other();
        Real.hit(1).unwrap();
    });
    assert_eq!(calls, "Api::call\nother\nReal::hit\n");
}

// The attribute that expands first is inside. Above `cached`, the span is in the cached function;
// `memoize` moves the attributes below it to the cached function.

#[traced]
#[memoize::memoize]
fn traced_above_memoize(n: u8) -> u8 {
    n
}

#[memoize::memoize]
#[traced]
fn memoize_above_traced(n: u8) -> u8 {
    n
}

#[traced]
#[cached::proc_macro::cached]
fn traced_above_cached(n: u8) -> u8 {
    n
}

#[cached::proc_macro::cached]
#[traced]
fn cached_above_traced(n: u8) -> u8 {
    n
}

#[test]
fn caches() {
    let calls = tree(|| {
        for _ in 0..2 {
            traced_above_memoize(1);
            memoize_above_traced(1);
            traced_above_cached(1);
            cached_above_traced(1);
        }
    });
    assert_eq!(
        calls,
        "traced_above_memoize\nmemoized_original_memoize_above_traced\ntraced_above_cached\n\
         cached_above_traced\ncached_above_traced\n"
    );
}

// `throws` changes the return type, so it stands above.

#[culpa::throws(String)]
#[traced]
fn throws_above(n: u8) -> u8 {
    if n == 0 {
        culpa::throw!("zero".to_owned());
    }
    n
}

#[test]
fn throws() {
    assert_eq!(
        tree(|| assert!(throws_above(0).is_err())),
        "throws_above error.type=alloc::string::String error: zero\n"
    );
}

#[maybe_async::maybe_async]
#[traced]
async fn maybe_async_above(n: u8) -> u8 {
    n
}

#[test]
fn maybe_async() {
    let (n, spans) = block_on(capture_async(maybe_async_above(1)));
    assert_eq!((n, spans.tree()), (1, "maybe_async_above\n".to_owned()));
}

#[async_trait::async_trait]
trait Service {
    async fn call(&self, n: u8) -> u8;
    #[traced]
    async fn again(&self, n: u8) -> u8 {
        self.call(n).await
    }
}

#[async_trait::async_trait]
#[traced]
impl Service for Real {
    async fn call(&self, n: u8) -> u8 {
        n
    }
}

struct Other;

#[traced]
#[async_trait::async_trait]
impl Service for Other {
    async fn call(&self, n: u8) -> u8 {
        n
    }
}

#[test]
fn async_trait() {
    let (_, spans) = block_on(capture_async(async {
        Service::again(&Real, 1).await + Other.again(1).await
    }));
    assert_eq!(spans.tree(), "again\n  Real::call\nagain\n  Other::call\n");
}

#[tokio::test]
#[traced]
async fn tokio_test_above() {
    let answer = std::future::ready(1).await;
    assert_eq!(answer, 1);
}

#[traced]
#[tokio::main(flavor = "current_thread")]
async fn tokio_main_below() -> u8 {
    1
}

#[tokio::main(flavor = "current_thread")]
#[traced]
async fn tokio_main_above() -> u8 {
    1
}

#[test]
fn tokio_main() {
    let calls = tree(|| {
        tokio_main_below();
        tokio_main_above();
    });
    assert_eq!(calls, "tokio_main_below\ntokio_main_above\n");
}

#[actix_rt::test]
#[traced]
async fn actix_test_above() {
    let _ = 1;
}

#[rstest::rstest]
#[case(1)]
#[traced]
fn rstest_above(#[case] n: u8) {
    assert_eq!(n, 1);
}

#[axum::debug_handler]
#[traced]
async fn handler_above() -> &'static str {
    "ok"
}

#[traced]
#[axum::debug_handler]
async fn handler_below() -> &'static str {
    "ok"
}

#[test]
fn debug_handler() {
    let (_, spans) = block_on(capture_async(async {
        handler_above().await;
        handler_below().await;
    }));
    assert_eq!(spans.tree(), "handler_above\nhandler_below\n");
}

#[enum_dispatch::enum_dispatch]
trait Shape {
    fn area(&self) -> u8;
}

struct Square(u8);

#[traced]
impl Shape for Square {
    fn area(&self) -> u8 {
        self.0
    }
}

#[enum_dispatch::enum_dispatch(Shape)]
enum Shapes {
    Square,
}

#[test]
fn enum_dispatch() {
    let calls = tree(|| {
        Shapes::from(Square(1)).area();
    });
    assert_eq!(calls, "Square::area\n");
}

#[pin_project::pin_project(PinnedDrop)]
struct Held(u8);

#[traced]
#[pin_project::pinned_drop]
impl PinnedDrop for Held {
    fn drop(self: std::pin::Pin<&mut Self>) {
        let _ = self.0;
    }
}

#[test]
fn pinned_drop() {
    assert_eq!(tree(|| drop(Held(1))), "Held::drop\n");
}

fn main() {}

/// `#[traced::test]` together with other test attributes.
mod captured {
    use traced::testing::{assert_tree, spans};
    use traced::traced;

    #[traced(attributes(n))]
    async fn work(n: u64) {
        tokio::task::yield_now().await;
    }

    #[traced(attributes(n))]
    fn count(n: u64) {
        let _ = n;
    }

    #[rstest::rstest]
    #[case(1)]
    #[case(2)]
    #[traced::test]
    fn below_rstest(#[case] n: u64) {
        count(n);
        assert_tree!(spans(), &format!("count n={n}"));
    }

    #[traced::test]
    #[rstest::rstest]
    #[case(1)]
    #[case(2)]
    fn above_rstest(#[case] n: u64) {
        count(n);
        assert_tree!(spans(), &format!("count n={n}"));
    }

    #[rstest::rstest]
    #[case(1)]
    #[case(2)]
    #[traced::test]
    #[tokio::test]
    async fn below_rstest_with_tokio(#[case] n: u64) {
        work(n).await;
        assert_tree!(spans(), &format!("work n={n}"));
    }

    #[traced::test]
    #[rstest::rstest]
    #[case(1)]
    #[case(2)]
    #[tokio::test]
    async fn above_rstest_with_tokio(#[case] n: u64) -> Result<(), String> {
        work(n).await;
        assert_tree!(spans(), &format!("work n={n}"));
        Err::<(), _>("?".to_owned()).or(Ok::<(), String>(()))?;
        Ok(())
    }

    #[traced::test]
    #[actix_rt::test]
    async fn above_actix() {
        work(1).await;
        assert_tree!(spans(), "work n=1");
    }
}
