//! Functions that once broke this macro or similar ones, each with a test.

use std::cell::{Ref, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use traced::testing::{capture, capture_async};
use traced::traced;

/// Runs a case and expects exactly one span with this name.
fn one<R>(name: &str, run: impl FnOnce() -> R) -> R {
    let (out, spans) = capture(run);
    assert_eq!(
        spans.iter().map(|span| span.name()).collect::<Vec<_>>(),
        [name]
    );
    out
}

mod signatures {
    use super::*;

    #[traced]
    fn patterns(
        (mut a, ref b): (u8, String),
        [c, ..]: [u8; 3],
        &d: &u8,
        _: u8,
        e @ (_, f): (u8, u8),
        Wrapped { mut inner }: Wrapped,
    ) -> usize {
        a += 1;
        inner.push(c);
        usize::from(a + d + e.0 + f) + b.len() + inner.len()
    }

    struct Wrapped {
        inner: Vec<u8>,
    }

    #[test]
    fn every_pattern() {
        let wrapped = Wrapped { inner: vec![] };
        let sum = one("patterns", || {
            patterns((1, "x".into()), [1, 2, 3], &1, 9, (1, 1), wrapped)
        });
        assert_eq!(sum, 7);
    }

    #[traced]
    fn by_mutable_reference((a, ref mut b): (u8, Vec<u8>)) -> usize {
        b.push(a);
        b.len()
    }

    #[test]
    fn ref_mut_bindings() {
        assert_eq!(
            one("by_mutable_reference", || by_mutable_reference((1, vec![]))),
            1
        );
    }

    #[traced]
    fn opaque_arguments(a: impl ToString, b: impl ToString) -> String {
        a.to_string() + &b.to_string()
    }

    #[traced]
    fn returns_fn_mut() -> impl FnMut() -> u8 {
        let mut n = 0;
        move || {
            n += 1;
            n
        }
    }

    #[traced]
    fn captures<'a, T>(items: &'a [T]) -> impl Iterator<Item = &'a T> + use<'a, T> {
        items.iter().rev()
    }

    #[test]
    fn opaque_types() {
        assert_eq!(one("opaque_arguments", || opaque_arguments(1, "b")), "1b");
        let mut count = one("returns_fn_mut", returns_fn_mut);
        assert_eq!((count(), count()), (1, 2));
        assert_eq!(one("captures", || captures(&[1, 2]).count()), 2);
    }

    struct Ready(Option<u8>);

    impl Future for Ready {
        type Output = u8;

        #[traced]
        fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u8> {
            self.0.take().map_or(Poll::Pending, Poll::Ready)
        }
    }

    #[tokio::test]
    async fn a_poll_written_by_hand() {
        let (out, spans) = capture_async(Ready(Some(3))).await;
        assert_eq!((out, spans.len()), (3, 1));
    }

    struct Cellar(RefCell<Vec<u8>>);

    impl Cellar {
        #[traced]
        fn first(&self) -> Option<Ref<'_, u8>> {
            Ref::filter_map(self.0.borrow(), |items| items.first()).ok()
        }
    }

    #[test]
    fn a_guard_in_an_option() {
        let cellar = Cellar(RefCell::new(vec![4]));
        assert_eq!(one("first", || *cellar.first().unwrap()), 4);
    }

    #[traced]
    fn two_lifetimes<'a, 'b>(a: &'a str, b: &'b str, each: &mut dyn FnMut(&'b str)) -> &'a str {
        each(b);
        a
    }

    #[traced]
    fn higher_ranked<F>(f: F) -> usize
    where
        F: for<'x> Fn(&'x str) -> &'x str,
    {
        f("abc").len()
    }

    #[test]
    fn lifetimes() {
        let mut seen = Vec::new();
        one("two_lifetimes", || {
            two_lifetimes("a", "b", &mut |text| seen.push(text))
        });
        assert_eq!(seen, ["b"]);
        assert_eq!(one("higher_ranked", || higher_ranked(|text| &text[1..])), 2);
    }

    #[allow(unsafe_code)]
    #[unsafe(no_mangle)]
    #[traced]
    extern "C" fn traced_tests_no_mangle(n: i32) -> i32 {
        n
    }

    #[test]
    fn exported_functions() {
        assert_eq!(
            one("traced_tests_no_mangle", || traced_tests_no_mangle(2)),
            2
        );
    }

    #[traced]
    fn future_and_more() -> (impl Future<Output = u8>, u8) {
        (async { 1 }, 2)
    }

    #[tokio::test]
    async fn a_future_in_a_tuple_is_a_value() {
        let (future, two) = one("future_and_more", future_and_more);
        assert_eq!(future.await + two, 3);
    }

    #[must_use]
    #[inline]
    #[traced]
    #[cold]
    #[deprecated = "it is a test"]
    fn attributes_around(n: u8) -> u8 {
        n
    }

    #[test]
    #[allow(deprecated)]
    fn attributes_above_and_below() {
        assert_eq!(one("attributes_around", || attributes_around(1)), 1);
    }

    #[tokio::test]
    #[traced]
    async fn below_tokio_test() {
        tokio::task::yield_now().await;
    }

    #[traced]
    #[tokio::test]
    async fn above_tokio_test() {
        tokio::task::yield_now().await;
    }
}

mod bodies {
    use super::*;

    #[traced]
    fn flows(limit: u8) -> Option<u8> {
        let double = |n: u8| {
            if n > 100 {
                return None;
            }
            let doubled = n.checked_mul(2)?;
            Some(doubled)
        };
        let found = 'search: {
            for n in 0..limit {
                if n == 3 {
                    break 'search n;
                }
            }
            return None;
        };
        let pending = async {
            let parsed: u8 = "1".parse()?;
            Ok::<u8, std::num::ParseIntError>(parsed)
        };
        drop(pending);
        double(found)
    }

    #[test]
    fn returns_breaks_and_question_marks_stay_where_they_are() {
        assert_eq!(one("flows", || flows(9)), Some(6));
        assert_eq!(one("flows", || flows(1)), None);
    }

    #[allow(dead_code)]
    enum Shadow {
        String,
        Option,
        Result,
        Some,
    }

    #[traced]
    fn glob_import(n: u8) -> u8 {
        use Shadow::*;
        let _ = (String, Option, Result, Some);
        n
    }

    #[test]
    fn names_that_a_glob_shadows() {
        assert_eq!(one("glob_import", || glob_import(1)), 1);
    }

    #[traced]
    fn items(n: u8) -> u8 {
        static BASE: u8 = 1;
        macro_rules! plus {
            ($n:expr) => {
                $n + BASE
            };
        }
        #[traced]
        fn nested(n: u8) -> u8 {
            n + 1
        }
        struct Local(u8);
        impl Local {
            fn get(&self) -> u8 {
                self.0
            }
        }
        plus!(nested(Local(n).get()))
    }

    #[test]
    fn items_and_macros_in_a_body() {
        let (out, spans) = capture(|| items(1));
        assert_eq!((out, spans.tree().as_str()), (3, "items\n  nested\n"));
    }

    #[traced]
    fn tail_temporary(items: Mutex<Vec<u8>>) -> usize {
        items.lock().unwrap().len()
    }

    #[test]
    fn a_tail_that_borrows_from_an_argument() {
        assert_eq!(
            one("tail_temporary", || tail_temporary(Mutex::new(vec![1]))),
            1
        );
    }

    #[traced]
    fn moved_into_error(text: String) -> Result<(), String> {
        if text.is_empty() { Ok(()) } else { Err(text) }
    }

    #[test]
    fn an_argument_moved_into_the_error() {
        assert_eq!(
            one("moved_into_error", || moved_into_error("x".into())),
            Err("x".into())
        );
    }

    #[traced]
    fn places() -> (u32, &'static str) {
        (line!(), include_str!("regressions.rs"))
    }

    #[test]
    fn lines_and_paths_are_the_users() {
        let (line, text) = one("places", places);
        assert!(
            text.lines()
                .nth(line as usize - 1)
                .unwrap()
                .contains("line!()")
        );
    }
}

mod futures {
    use super::*;

    #[traced]
    async fn waits(turns: u8) -> u8 {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        turns
    }

    #[traced]
    async fn outer() -> u8 {
        let mut shared = Box::pin(waits(3));
        tokio::select! {
            biased;
            out = &mut shared => return out,
            () = tokio::task::yield_now() => {}
        }
        inner(shared).await
    }

    #[traced]
    async fn inner(shared: Pin<Box<impl Future<Output = u8>>>) -> u8 {
        shared.await
    }

    #[tokio::test]
    async fn a_future_that_moves_to_another_parent_keeps_its_own() {
        let (out, spans) = capture_async(outer()).await;
        assert_eq!(out, 3);
        assert!(spans.named("waits").is_child_of(spans.named("outer")));
        assert!(spans.named("inner").is_child_of(spans.named("outer")));
    }

    #[traced]
    async fn timed_out() {
        std::future::pending::<()>().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_timeout_cancels() {
        let (out, spans) = capture_async(async {
            let second = std::time::Duration::from_secs(1);
            tokio::time::timeout(second, timed_out()).await
        })
        .await;
        assert!(out.is_err());
        assert_eq!(
            spans.named("timed_out").attribute("traced.cancelled"),
            Some(true.into())
        );
    }

    #[async_trait::async_trait]
    trait Generic<T: Send> {
        fn make(&self) -> T;

        #[traced]
        async fn twice(&self) -> (T, T)
        where
            Self: Sync,
        {
            (Self::make(self), self.make())
        }
    }

    #[async_trait::async_trait]
    impl<T: Clone + Send + Sync> Generic<T> for T {
        #[traced]
        fn make(&self) -> Self {
            self.clone()
        }
    }

    #[tokio::test]
    async fn async_trait_with_generic_self() {
        let (out, spans) = capture_async(7_u8.twice()).await;
        assert_eq!(out, (7, 7));
        assert_eq!(spans.tree(), "twice\n  make\n  make\n");
    }
}

mod run_time {
    use opentelemetry::trace::Status;

    use super::*;

    #[traced(attributes(n = boom()))]
    fn explosive_attribute() {}

    fn boom() -> u8 {
        panic!("in an attribute")
    }

    #[traced]
    fn calls_explosive() {
        explosive_attribute();
    }

    #[test]
    fn a_panic_in_an_attribute_is_the_callers() {
        let (result, spans) = capture(|| std::panic::catch_unwind(calls_explosive));
        assert!(result.is_err());
        assert_eq!(
            *spans.named("calls_explosive").status(),
            Status::error("in an attribute")
        );
    }

    #[traced(attributes(nan = f64::NAN, empty = ""))]
    fn odd_values() {}

    #[test]
    fn nan_and_the_empty_string_are_values() {
        let ((), spans) = capture(odd_values);
        assert_eq!(spans.tree(), "odd_values nan=NaN empty=\n");
    }

    #[traced]
    fn nested(depth: u32) -> u32 {
        if depth == 0 { 0 } else { nested(depth - 1) + 1 }
    }

    #[test]
    fn more_contexts_than_a_thread_can_attach() {
        // OpenTelemetry attaches at most 65,535 contexts; deeper calls must still run.
        let deep = std::thread::Builder::new().stack_size(512 << 20);
        let depth = deep.spawn(|| {
            let (depth, spans) = capture(|| nested(66_000));
            assert_eq!(spans.len(), 66_001);
            let (_, spans) = capture(|| nested(1));
            assert_eq!(spans.tree(), "nested\n  nested\n");
            depth
        });
        assert_eq!(depth.unwrap().join().unwrap(), 66_000);
    }
}

/// Traits of the user's whose blanket methods have the names of our method-based type tests.
mod names_of_methods {
    use std::collections::HashMap;

    use super::*;

    trait OfEverything {
        fn ok(&self) {}
        fn way(&self) {}
        fn way_of_iterator(&self) {}
        fn borrow_carrier(&self) {}
    }

    impl<T: ?Sized> OfEverything for T {}

    #[traced(on_ok(|n| n = *n), inject = headers)]
    fn answers(headers: &mut HashMap<String, String>) -> Result<u8, String> {
        headers.ok();
        headers.borrow_carrier();
        let unit = || 3;
        unit.way();
        unit.way_of_iterator();
        Ok(std::thread::spawn(unit).join().unwrap())
    }

    #[test]
    fn may_be_the_users() {
        let (_, spans) = capture(|| answers(&mut HashMap::new()));
        assert_eq!(spans.tree(), "answers n=3\n");
    }
}
