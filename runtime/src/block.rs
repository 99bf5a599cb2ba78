//! A block that awaits, as a future in a span, with all its exits: its end, `?`, `return`, `break` and `continue`.

use std::convert::Infallible;
use std::future::{Future, Pending, pending};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use crate::failure::Failure;
use crate::future::{Source, future_with};

/// The exit that a block took after it was turned into a future: its end with a value, or a jump to a loop around it.
/// `?` and `return` complete the future, as its output is the return type of the function around.
///
/// In a mutex, because the block and the future that polls it share it; neither ever waits for it.
#[derive(Debug)]
pub struct BlockExits<V, R> {
    taken: Mutex<Option<Exit<V, Infallible>>>,
    output: PhantomData<fn() -> R>,
}

/// The exit that a block took.
#[derive(Debug)]
pub enum Exit<V, R> {
    /// The block ran to its end.
    Value(V),
    /// `?` or `return`.
    Returned(R),
    /// The `break` or `continue` of this number.
    Jumped(usize),
}

impl<V, R> BlockExits<V, R> {
    /// No exit was taken yet.
    #[allow(clippy::new_without_default, reason = "only macros call it")]
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

    /// Tells the compiler the return type of the function around, behind `if false`.
    pub fn returned(&self) -> R {
        unreachable!("behind `if false`")
    }

    /// Takes the exit at the end of the block, which awaits the result and is never polled again.
    pub fn leave(&self, value: V) -> Pending<R> {
        self.take(Exit::Value(value))
    }

    /// Takes the exit by the jump of this number.
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

/// Runs `block` in `span` until it takes an exit; `observe` finds the failure in its value.
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
    future_with(span, block, move |exit| match exit {
        Exit::Value(value) => observe(value),
        Exit::Returned(_) | Exit::Jumped(_) => None,
    })
}

pin_project! {
    struct RunUntilExit<'w, F: Future, V> {
        // `None` once it exited, so that its locals are dropped before the span ends.
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
        let exit = match block.poll(task) {
            Poll::Ready(output) => Some(Exit::Returned(output)),
            Poll::Pending => this.exits.taken(),
        };
        match exit {
            None => Poll::Pending,
            Some(exit) => {
                this.block.set(None);
                Poll::Ready(exit)
            }
        }
    }
}
