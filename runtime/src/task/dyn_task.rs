//! Boxed `dyn` futures and closures, whose very type a spawner may require: the context is carried into a box of
//! the same type.

use std::future::Future;
use std::pin::Pin;

use super::in_span::{FirstRun, Observe, run_in};
use crate::carry::{Captured, carry, carry_fn};
use crate::future::future;
use crate::outcome::Called;
use crate::span::Deferred;

/// A boxed `dyn` future or closure.
///
/// Sealed: the trait cannot be named outside of this crate.
pub trait DynTask: Sized {
    /// The output of the task.
    type Output;

    /// A task of the same type with the current context carried into it.
    fn carried(self) -> Self;

    /// As [`carried`](Self::carried), in a span.
    fn carried_in(self, span: Deferred, observe: Observe<Self::Output>) -> Self;
}

macro_rules! dyn_tasks {
    ($($marker:ident)*) => {
        impl<'a, R> DynTask for Pin<Box<dyn Future<Output = R> $(+ $marker)* + 'a>>
        where
            R: 'a,
        {
            type Output = R;

            fn carried(self) -> Self {
                Box::pin(carry(self))
            }

            fn carried_in(self, span: Deferred, observe: Observe<R>) -> Self {
                Box::pin(carry(future(span, self, Called(observe))))
            }
        }

        impl<'a, R> DynTask for Box<dyn FnOnce() -> R $(+ $marker)* + 'a>
        where
            R: 'a,
        {
            type Output = R;

            fn carried(self) -> Self {
                Box::new(carry_fn(self))
            }

            fn carried_in(self, span: Deferred, observe: Observe<R>) -> Self {
                Box::new(run_in(span, self, observe))
            }
        }

        impl<'a, R> DynTask for Box<dyn FnMut() -> R $(+ $marker)* + 'a>
        where
            R: 'a,
        {
            type Output = R;

            fn carried(mut self) -> Self {
                let captured = Captured::now();
                Box::new(move || {
                    let _attached = captured.attach_again();
                    self()
                })
            }

            fn carried_in(mut self, span: Deferred, observe: Observe<R>) -> Self {
                let (captured, span) = (Captured::now(), FirstRun::new(span));
                Box::new(move || {
                    let _attached = captured.attach_again();
                    span.run(&mut self, observe)
                })
            }
        }

        impl<'a, R> DynTask for Box<dyn Fn() -> R $(+ $marker)* + 'a>
        where
            R: 'a,
        {
            type Output = R;

            fn carried(self) -> Self {
                let captured = Captured::now();
                Box::new(move || {
                    let _attached = captured.attach_again();
                    self()
                })
            }

            fn carried_in(self, span: Deferred, observe: Observe<R>) -> Self {
                let (captured, span) = (Captured::now(), FirstRun::new(span));
                Box::new(move || {
                    let _attached = captured.attach_again();
                    span.run(&self, observe)
                })
            }
        }
    };
}

dyn_tasks!();
dyn_tasks!(Send);
dyn_tasks!(Send Sync);
