//! Units that carry their context to other threads and to futures, without a runtime: these tests are small enough for
//! miri, under which `.ci/run` runs them if it is installed.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;

use opentelemetry::trace::SpanId;
use traced::testing::capture;
use traced::traced;

fn here() -> SpanId {
    traced::current().span_id()
}

fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

struct SeesItsContext(mpsc::Sender<SpanId>);

impl Drop for SeesItsContext {
    fn drop(&mut self) {
        let _ = self.0.send(here());
    }
}

#[traced]
fn on_threads() -> (SpanId, Vec<SpanId>) {
    let closure = thread::spawn(here);
    let future = traced::carry(async { here() });
    let future = std::thread::Builder::new().spawn(|| poll(future)).unwrap();
    let seen = vec![
        closure.join().unwrap(),
        match future.join().unwrap() {
            Poll::Ready(seen) => seen,
            Poll::Pending => SpanId::INVALID,
        },
    ];
    (here(), seen)
}

#[test]
fn a_unit_on_another_thread_sees_the_captured_span() {
    let ((own, seen), _) = capture(on_threads);
    assert_eq!(seen, [own; 2]);
}

#[traced]
fn boxed_closures() -> (SpanId, [SpanId; 3]) {
    let once: Box<dyn FnOnce() -> SpanId + Send> = Box::new(here);
    let again: Box<dyn FnMut() -> SpanId + Send> = Box::new(here);
    let shared: Box<dyn Fn() -> SpanId + Send> = Box::new(here);
    let once = thread::spawn(once);
    let again = thread::spawn(again);
    let shared = thread::spawn(shared);
    let threads = [once, again, shared];
    (here(), threads.map(|thread| thread.join().unwrap()))
}

#[test]
fn a_boxed_closure_of_any_kind_sees_the_captured_span() {
    let ((own, seen), _) = capture(boxed_closures);
    assert_eq!(seen, [own; 3]);
}

#[traced]
fn makes(seen: mpsc::Sender<SpanId>) -> (SpanId, impl Future<Output = ()> + Send + 'static) {
    let local = SeesItsContext(seen);
    let unit = traced::carry(async move {
        let _local = local;
        std::future::pending::<()>().await;
    });
    (here(), unit)
}

#[test]
fn a_unit_is_dropped_in_its_context_polled_or_not() {
    for polls in [0, 1] {
        let (sender, seen) = mpsc::channel();
        let ((own, unit), _) = capture(|| makes(sender));
        let worker = thread::spawn(move || {
            let mut unit = Box::pin(unit);
            for _ in 0..polls {
                let mut task = Context::from_waker(Waker::noop());
                assert!(unit.as_mut().poll(&mut task).is_pending());
            }
            drop(unit);
            here()
        });
        assert_eq!(worker.join().unwrap(), SpanId::INVALID);
        assert_eq!(seen.recv().unwrap(), own);
    }
}

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("in the drop of a unit");
    }
}

#[traced]
fn panicking_units() -> [Box<dyn FnOnce() + Send>; 3] {
    let closure = traced::carry_fn(|| panic!("in a closure"));
    let future = traced::carry(async { panic!("in a future") });
    let dropped = traced::carry(async {
        let _local = PanicsInDrop;
        std::future::pending::<()>().await;
    });
    [
        Box::new(closure),
        Box::new(move || assert!(poll::<_>(future).is_pending())),
        Box::new(move || assert!(poll(dropped).is_pending())),
    ]
}

#[test]
fn a_unit_that_panics_leaves_its_thread_clean() {
    let (units, _) = capture(panicking_units);
    for unit in units {
        assert!(catch_unwind(AssertUnwindSafe(unit)).is_err());
        assert_eq!(here(), SpanId::INVALID);
    }
}

#[traced]
async fn waits() -> SpanId {
    here()
}

#[traced(attributes(name))]
async fn prepared(name: String) -> usize {
    name.len()
}

#[test]
fn traced_futures_are_polled_and_dropped() {
    let ((), spans) = capture(|| {
        assert!(poll(waits()).is_ready());
        assert!(poll(prepared("x".to_owned())).is_ready());
        drop(prepared("y".to_owned()));
    });
    assert_eq!(spans.tree(), "waits\nprepared name=x\n");
}

/// An iterator that gives items from both ends, and knows how many are left.
fn lazily() -> impl DoubleEndedIterator<Item = SpanId> + ExactSizeIterator + Send {
    traced::carry([1, 2, 3, 4].into_iter().map(|_| here()))
}

#[traced]
fn returns_an_iterator() -> (
    SpanId,
    impl DoubleEndedIterator<Item = SpanId> + ExactSizeIterator + Send,
) {
    (here(), lazily())
}

#[test]
fn a_carried_iterator_runs_in_its_context_and_its_consumer_in_the_callers() {
    let ((), _) = capture(|| {
        let (made_in, mut items) = returns_an_iterator();
        let outside = here();
        assert_ne!(made_in, outside);
        assert_eq!((items.len(), items.size_hint()), (4, (4, Some(4))));
        assert_eq!(items.next(), Some(made_in));
        assert_eq!(items.next_back(), Some(made_in));
        // On another thread too.
        let mut items = thread::spawn(move || {
            let item = items.next();
            assert_eq!(here(), SpanId::INVALID);
            (item, items)
        })
        .join()
        .unwrap();
        assert_eq!(items.0.take(), Some(made_in));
        items.1.for_each(|item| {
            assert_eq!(item, made_in);
            assert_eq!(here(), outside);
        });
    });
}

#[test]
fn an_item_that_panics_leaves_the_callers_context() {
    #[traced]
    fn panicking() -> impl Iterator<Item = u8> {
        traced::carry((0..2).inspect(|number| assert_eq!(*number, 1, "no item")))
    }
    let ((), _) = capture(|| {
        let outside = here();
        let mut items = panicking();
        assert!(catch_unwind(AssertUnwindSafe(|| items.next())).is_err());
        assert_eq!(here(), outside);
        assert_eq!(items.next(), Some(1));
    });
}

#[test]
fn a_carried_iterator_is_dropped_in_its_context() {
    struct Items(#[expect(dead_code, reason = "dropped")] SeesItsContext);

    impl Iterator for Items {
        type Item = ();

        fn next(&mut self) -> Option<()> {
            None
        }
    }

    #[traced]
    fn held(sender: mpsc::Sender<SpanId>) -> (SpanId, impl Iterator) {
        (here(), traced::carry(Items(SeesItsContext(sender))))
    }
    let (sender, dropped_in) = mpsc::channel();
    let ((), _) = capture(|| {
        let (made_in, items) = held(sender);
        drop(items);
        assert_eq!(dropped_in.recv(), Ok(made_in));
    });
}

#[cfg(feature = "stream")]
mod fused {
    use std::pin::Pin;

    use futures_core::{FusedFuture, FusedStream, Stream};

    use super::*;

    /// Gives this many items. As a future it waits for none.
    struct Countdown(usize);

    impl Stream for Countdown {
        type Item = SpanId;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<SpanId>> {
            let left = self.0.checked_sub(1);
            self.0 = left.unwrap_or_default();
            Poll::Ready(left.map(|_| here()))
        }

        fn size_hint(&self) -> (usize, Option<usize>) {
            (self.0, Some(self.0 + 1))
        }
    }

    impl FusedStream for Countdown {
        fn is_terminated(&self) -> bool {
            self.0 == 0
        }
    }

    impl Future for Countdown {
        type Output = SpanId;

        fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<SpanId> {
            self.0 = 0;
            Poll::Ready(here())
        }
    }

    impl FusedFuture for Countdown {
        fn is_terminated(&self) -> bool {
            self.0 == 0
        }
    }

    #[traced]
    fn counted() -> (SpanId, traced::Carried<Countdown>) {
        (here(), traced::carry(Countdown(2)))
    }

    #[test]
    fn a_carried_stream_says_how_much_is_left() {
        let ((own, stream), _) = capture(counted);
        let mut stream = pin!(stream);
        let mut task = Context::from_waker(Waker::noop());
        for left in [2, 1] {
            assert_eq!(Stream::size_hint(&*stream), (left, Some(left + 1)));
            assert!(!FusedStream::is_terminated(&*stream));
            let item = stream.as_mut().poll_next(&mut task);
            assert_eq!(item, Poll::Ready(Some(own)));
        }
        assert!(FusedStream::is_terminated(&*stream));
        assert_eq!(stream.poll_next(&mut task), Poll::Ready(None));
    }

    #[test]
    fn a_carried_future_says_whether_it_has_ended() {
        let ((own, future), _) = capture(counted);
        let mut future = pin!(future);
        assert!(!FusedFuture::is_terminated(&*future));
        let mut task = Context::from_waker(Waker::noop());
        assert_eq!(future.as_mut().poll(&mut task), Poll::Ready(own));
        assert!(FusedFuture::is_terminated(&*future));
    }
}
