//! A block that awaits, in a span, from which every way leads where it led before.

use std::convert::Infallible;
use std::future::{Future, Pending, pending};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use crate::failure::Failure;
use crate::future::{Source, future_with};

/// The ways out of a block that had to become a future: to its end, with a value, and
/// to a loop around it. By `?` and `return` it is left as any future is: its output is
/// that of the function around.
///
/// Behind a lock, because the block and the one who polls it have it at once; neither
/// ever waits for it.
#[derive(Debug)]
pub struct Ways<V, R> {
    taken: Mutex<Option<Left<V, Infallible>>>,
    output: PhantomData<fn() -> R>,
}

/// How a block was left.
#[derive(Debug)]
pub enum Left<V, R> {
    /// At its end.
    Value(V),
    /// By `?` or `return`.
    Returned(R),
    /// By the `break` or `continue` of this number.
    Jumped(usize),
}

impl<V, R> Ways<V, R> {
    /// None was taken yet.
    #[allow(clippy::new_without_default, reason = "only macros write it")]
    pub fn new() -> Self {
        Ways {
            taken: Mutex::new(None),
            output: PhantomData,
        }
    }

    /// Tells the compiler the type of the block's value, behind `if false`.
    pub fn value(&self) -> V {
        unreachable!("behind `if false`")
    }

    /// Tells it what the function around returns.
    pub fn returned(&self) -> R {
        unreachable!("behind `if false`")
    }

    /// Leaves the block at its end: what it returns is awaited, and never ready.
    pub fn leave(&self, value: V) -> Pending<R> {
        self.take(Left::Value(value))
    }

    /// Leaves it by a jump.
    pub fn jump(&self, number: usize) -> Pending<R> {
        self.take(Left::Jumped(number))
    }

    fn take(&self, way: Left<V, Infallible>) -> Pending<R> {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(way);
        pending()
    }

    fn taken(&self) -> Option<Left<V, R>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        Some(match taken.take()? {
            Left::Value(value) => Left::Value(value),
            Left::Jumped(number) => Left::Jumped(number),
            Left::Returned(never) => match never {},
        })
    }
}

/// Runs `block` in `span`, until it is left; `observe` is asked what its value says of it.
pub fn leaving<V, R, F, O>(
    span: impl Source,
    ways: &Ways<V, R>,
    block: F,
    mut observe: O,
) -> impl Future<Output = Left<V, R>>
where
    F: Future<Output = R>,
    O: FnMut(&V) -> Option<Failure>,
{
    let block = Leaving {
        block: Some(block),
        ways,
    };
    future_with(span, block, move |left| match left {
        Left::Value(value) => observe(value),
        Left::Returned(_) | Left::Jumped(_) => None,
    })
}

pin_project! {
    struct Leaving<'w, F: Future, V> {
        // `None` once it was left: its locals are gone before the span is.
        #[pin]
        block: Option<F>,
        ways: &'w Ways<V, F::Output>,
    }
}

impl<F: Future, V> Future for Leaving<'_, F, V> {
    type Output = Left<V, F::Output>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(block) = this.block.as_mut().as_pin_mut() else {
            unreachable!("polled after it was ready");
        };
        let left = match block.poll(task) {
            Poll::Ready(output) => Some(Left::Returned(output)),
            Poll::Pending => this.ways.taken(),
        };
        match left {
            None => Poll::Pending,
            Some(left) => {
                this.block.set(None);
                Poll::Ready(left)
            }
        }
    }
}
