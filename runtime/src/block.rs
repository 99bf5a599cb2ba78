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
pub struct BlockExits<V, R> {
    taken: Mutex<Option<Exit<V, Infallible>>>,
    output: PhantomData<fn() -> R>,
}

/// How a block was left.
#[derive(Debug)]
pub enum Exit<V, R> {
    /// At its end.
    Value(V),
    /// By `?` or `return`.
    Returned(R),
    /// By the `break` or `continue` of this number.
    Jumped(usize),
}

impl<V, R> BlockExits<V, R> {
    /// None was taken yet.
    #[allow(clippy::new_without_default, reason = "only macros write it")]
    pub fn new() -> Self {
        BlockExits {
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
        self.take(Exit::Value(value))
    }

    /// Leaves it by a jump.
    pub fn jump(&self, number: usize) -> Pending<R> {
        self.take(Exit::Jumped(number))
    }

    fn take(&self, exit: Exit<V, Infallible>) -> Pending<R> {
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = Some(exit);
        pending()
    }

    fn taken(&self) -> Option<Exit<V, R>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        Some(match taken.take()? {
            Exit::Value(value) => Exit::Value(value),
            Exit::Jumped(number) => Exit::Jumped(number),
            Exit::Returned(never) => match never {},
        })
    }
}

/// Runs `block` in `span`, until it is left; `observe` is asked what its value says of it.
pub fn run_until_exit<V, R, F, O>(
    span: impl Source,
    exits: &BlockExits<V, R>,
    block: F,
    mut observe: O,
) -> impl Future<Output = Exit<V, R>>
where
    F: Future<Output = R>,
    O: FnMut(&V) -> Option<Failure>,
{
    let block = RunUntilExit {
        block: Some(block),
        exits,
    };
    future_with(span, block, move |left| match left {
        Exit::Value(value) => observe(value),
        Exit::Returned(_) | Exit::Jumped(_) => None,
    })
}

pin_project! {
    struct RunUntilExit<'w, F: Future, V> {
        // `None` once it was left: its locals are gone before the span is.
        #[pin]
        block: Option<F>,
        exits: &'w BlockExits<V, F::Output>,
    }
}

impl<F: Future, V> Future for RunUntilExit<'_, F, V> {
    type Output = Exit<V, F::Output>;

    fn poll(self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(block) = this.block.as_mut().as_pin_mut() else {
            unreachable!("polled after it was ready");
        };
        let left = match block.poll(task) {
            Poll::Ready(output) => Some(Exit::Returned(output)),
            Poll::Pending => this.exits.taken(),
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
