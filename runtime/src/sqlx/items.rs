//! Where the items of a row stream come from: a connection, or an `async` block that acquires one and borrows from it.
//!
//! They are read many at a time. A server sends the rows of a statement together, and making the span current for each of
//! them, and passing each of them on alone, would cost more than all else that is recorded.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use futures_core::stream::BoxStream;
use pin_project_lite::pin_project;

/// How many items are read in one poll. So few that their memory is of a size that allocators keep at hand: a row of
/// PostgreSQL takes 72 bytes.
const READ_AT_ONCE: usize = 12;

/// Whether there may be more items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    GoesOn,
    Ended,
}

/// Reads items. Not to be called again after it has ended.
pub(super) trait Source<T> {
    /// Puts the items that are there into `items`, which is empty before. Pending if there are none.
    fn read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        items: &mut VecDeque<T>,
    ) -> Poll<Progress>;
}

impl<T, E> Source<Result<T, E>> for BoxStream<'_, Result<T, E>> {
    fn read(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
        items: &mut VecDeque<Result<T, E>>,
    ) -> Poll<Progress> {
        let progress = read_from(self.as_mut().get_mut(), task, items);
        // If some items were there and the next was not, the task is woken for it, or asks before.
        match progress.is_pending() && !items.is_empty() {
            true => Poll::Ready(Progress::GoesOn),
            false => progress,
        }
    }
}

/// Reads until no item is there, enough are read, or one is an error.
fn read_from<T, E>(
    stream: &mut BoxStream<'_, Result<T, E>>,
    task: &mut Context<'_>,
    items: &mut VecDeque<Result<T, E>>,
) -> Poll<Progress> {
    while items.len() < READ_AT_ONCE {
        match ready!(stream.as_mut().poll_next(task)) {
            None => return Poll::Ready(Progress::Ended),
            Some(item) => {
                let is_error = item.is_err();
                if items.capacity() == 0 {
                    items.reserve_exact(READ_AT_ONCE);
                }
                items.push_back(item);
                if is_error {
                    break;
                }
            }
        }
    }
    Poll::Ready(Progress::GoesOn)
}

/// The items that an `async` block passes on to its source.
pub(super) struct Passed<T, E>(Arc<Mutex<VecDeque<Result<T, E>>>>);

impl<T, E> Passed<T, E> {
    /// Passes on all items of a stream, up to the first error.
    pub(super) async fn pass_on(&self, stream: &mut BoxStream<'_, Result<T, E>>) {
        poll_fn(|task| {
            let mut passed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let progress = ready!(read_from(stream, task, &mut passed));
            let has_failed = matches!(passed.back(), Some(Err(_)));
            match progress {
                // Needs no waker: the source is ready now, and is asked again when its items are taken.
                Progress::GoesOn if !has_failed => Poll::Pending,
                _ => Poll::Ready(()),
            }
        })
        .await;
    }
}

pin_project! {
    /// The source of what an `async` block passes on. If the block returns an error, that is the last item.
    pub(super) struct OfBlock<T, E, F> {
        #[pin]
        block: F,
        passed: Arc<Mutex<VecDeque<Result<T, E>>>>,
    }
}

impl<T, E, F> OfBlock<T, E, F> {
    #[inline(always)]
    pub(super) fn new(block: impl FnOnce(Passed<T, E>) -> F) -> Self {
        let passed = Arc::new(Mutex::new(VecDeque::new()));
        OfBlock {
            block: block(Passed(passed.clone())),
            passed,
        }
    }
}

impl<T, E, F: Future<Output = Result<(), E>>> Source<Result<T, E>> for OfBlock<T, E, F> {
    fn read(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        items: &mut VecDeque<Result<T, E>>,
    ) -> Poll<Progress> {
        let this = self.project();
        let poll = this.block.poll(task);
        // The emptied queue is filled next time.
        mem::swap(
            items,
            &mut *this.passed.lock().unwrap_or_else(PoisonError::into_inner),
        );
        match poll {
            Poll::Ready(ended) => {
                items.extend(ended.err().map(Err));
                Poll::Ready(Progress::Ended)
            }
            Poll::Pending if items.is_empty() => Poll::Pending,
            Poll::Pending => Poll::Ready(Progress::GoesOn),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::pin::pin;
    use std::task::Waker;

    use super::*;

    type Item = Result<usize, &'static str>;

    /// A stream that is pending where `polls` has `None`, and ends after it.
    struct Scripted(VecDeque<Option<Item>>);

    impl futures_core::Stream for Scripted {
        type Item = Item;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Item>> {
            match self.0.pop_front() {
                Some(Some(item)) => Poll::Ready(Some(item)),
                Some(None) => Poll::Pending,
                None => Poll::Ready(None),
            }
        }
    }

    fn stream(polls: impl IntoIterator<Item = Option<Item>>) -> BoxStream<'static, Item> {
        Box::pin(Scripted(polls.into_iter().collect()))
    }

    /// What each call of `read` returns, and the items of it, until the end or until no item is there.
    fn reads(mut source: Pin<&mut impl Source<Item>>) -> Vec<(Poll<Progress>, Vec<Item>)> {
        let task = &mut Context::from_waker(Waker::noop());
        let mut reads = Vec::new();
        loop {
            let mut items = VecDeque::new();
            let poll = source.as_mut().read(task, &mut items);
            reads.push((poll, Vec::from(items)));
            if poll != Poll::Ready(Progress::GoesOn) {
                return reads;
            }
        }
    }

    /// The same items through a connection's stream and through a block that passes them on.
    fn both(polls: &[Option<Item>]) -> [Vec<(Poll<Progress>, Vec<Item>)>; 2] {
        let items = || polls.iter().copied();
        let block = OfBlock::new(|passed| async move {
            passed.pass_on(&mut stream(items())).await;
            Ok(())
        });
        [reads(pin!(stream(items()))), reads(pin!(block))]
    }

    #[test]
    fn items_that_are_there_are_read_together() {
        let polls = [Some(Ok(1)), Some(Ok(2)), None];
        for reads in both(&polls) {
            let expected = (Poll::Ready(Progress::GoesOn), vec![Ok(1), Ok(2)]);
            assert_eq!(reads[0], expected);
        }
    }

    #[test]
    fn no_more_than_the_limit_is_read_in_one_poll() {
        let polls = Vec::from_iter((0..READ_AT_ONCE + 1).map(|item| Some(Ok(item))));
        for reads in both(&polls) {
            let first = &reads[0];
            assert_eq!(first.0, Poll::Ready(Progress::GoesOn));
            assert_eq!(first.1.len(), READ_AT_ONCE);
            let rest = reads[1..].iter().flat_map(|(_, items)| items);
            assert!(rest.eq([&Ok(READ_AT_ONCE)]));
        }
    }

    #[test]
    fn the_end_is_told_with_the_last_items() {
        for reads in both(&[Some(Ok(1))]) {
            assert_eq!(reads, [(Poll::Ready(Progress::Ended), vec![Ok(1)])]);
        }
    }

    #[test]
    fn a_read_without_an_item_is_pending() {
        for reads in both(&[None]) {
            assert_eq!(reads, [(Poll::Pending, vec![])]);
        }
    }

    #[test]
    fn an_error_is_the_last_item_of_a_read() {
        for reads in both(&[Some(Ok(1)), Some(Err("broken")), Some(Ok(2))]) {
            assert_eq!(reads[0].1, [Ok(1), Err("broken")]);
        }
    }

    #[test]
    fn a_block_that_fails_gives_its_error() {
        let block = OfBlock::new(|_: Passed<usize, &'static str>| async { Err("no connection") });
        let expected = (Poll::Ready(Progress::Ended), vec![Err("no connection")]);
        assert_eq!(reads(pin!(block)), [expected]);
    }
}
