//! The work inside the functions, the same for all variants, so that only their spans differ.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// The error of the functions that fail: it has a source.
#[derive(Debug)]
pub(super) struct Failed(std::num::ParseIntError);

impl Failed {
    pub(super) fn new() -> Self {
        Failed("x".parse::<u8>().unwrap_err())
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the order cannot be read")
    }
}

impl Error for Failed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// Polls `future` until it is ready, without a runtime.
#[inline]
pub(super) fn drive<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut task = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut task) {
            return output;
        }
    }
}

/// Runs `future` on a tokio runtime of this thread.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime without drivers");
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// A future that is pending `left` times. It wakes nobody, as [`drive`] polls at once.
pub(super) struct Yields {
    pub(super) left: u32,
}

impl Future for Yields {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.left == 0 {
            return Poll::Ready(());
        }
        self.left -= 1;
        Poll::Pending
    }
}
