//! Carries the context into a stream that a response or a request will poll, chosen by its type with autoref levels.

use std::pin::Pin;

use futures_core::Stream;

use crate::carry::{Carried, carry};
use crate::task::SpawnedTask;

/// Finds a boxed `dyn` stream, whose very type the callee may require.
pub trait FoundDynStream {
    /// The type that carries it.
    fn __traced_stream_kind(&self) -> CarryDynStream {
        CarryDynStream
    }
}

impl<S: DynStream> FoundDynStream for &&SpawnedTask<'_, S> {}

/// Finds any other stream.
pub trait FoundStream {
    /// The type that carries it.
    fn __traced_stream_kind(&self) -> CarryStream {
        CarryStream
    }
}

impl<S: Stream> FoundStream for &SpawnedTask<'_, S> {}

/// Finds any other value, which is left alone.
pub trait FoundNoStream {
    /// The type that leaves it alone.
    fn __traced_stream_kind(&self) -> LeaveStreamAlone {
        LeaveStreamAlone
    }
}

impl<S> FoundNoStream for SpawnedTask<'_, S> {}

/// Carries a boxed `dyn` stream.
#[derive(Clone, Copy, Debug)]
pub struct CarryDynStream;

impl CarryDynStream {
    /// Carries the context; the type stays the same.
    pub fn carry<S: DynStream>(self, stream: S) -> S {
        stream.carried()
    }
}

/// Carries a stream.
#[derive(Clone, Copy, Debug)]
pub struct CarryStream;

impl CarryStream {
    /// Carries the context.
    pub fn carry<S: Stream>(self, stream: S) -> Carried<S> {
        carry(stream)
    }
}

/// Leaves a value alone.
#[derive(Clone, Copy, Debug)]
pub struct LeaveStreamAlone;

impl LeaveStreamAlone {
    /// Returns the value.
    pub fn carry<S>(self, value: S) -> S {
        value
    }
}

/// A boxed `dyn` stream.
///
/// Sealed: the trait cannot be named outside of this crate.
pub trait DynStream: Sized {
    /// A value of the same type with the current context carried into it.
    fn carried(self) -> Self;
}

macro_rules! dyn_streams {
    ($($marker:ident)*) => {
        impl<'a, T: 'a> DynStream for Pin<Box<dyn Stream<Item = T> $(+ $marker)* + 'a>> {
            fn carried(self) -> Self {
                Box::pin(carry(self))
            }
        }
    };
}

dyn_streams!();
dyn_streams!(Send);
dyn_streams!(Send Sync);
