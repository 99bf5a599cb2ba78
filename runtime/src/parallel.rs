//! Carries a context into the jobs of a parallel iterator, and into closures that take a scope of rayon.
//!
//! An iterator is wrapped in an adaptor. Rewriting the closures would not do: `map(parse)` has none, and a closure
//! that runs on many threads at once cannot own the context that it attaches.

use opentelemetry::ContextGuard;
use rayon::iter::plumbing::{Consumer, Folder, ProducerCallback, Reducer, UnindexedConsumer};
use rayon::iter::{IndexedParallelIterator, ParallelIterator};

use crate::carry::Captured;
use crate::span::{Deferred, run_with};
use crate::task::{Observe, SpawnedTask};

/// A parallel iterator whose items are made and processed in a captured context.
#[derive(Clone, Debug)]
pub struct InContext<I> {
    base: I,
    captured: Captured,
}

impl<I: ParallelIterator> ParallelIterator for InContext<I> {
    type Item = I::Item;

    fn drive_unindexed<C: UnindexedConsumer<I::Item>>(self, consumer: C) -> C::Result {
        self.base
            .drive_unindexed(WithContext::new(consumer, self.captured))
    }

    fn opt_len(&self) -> Option<usize> {
        self.base.opt_len()
    }
}

impl<I: IndexedParallelIterator> IndexedParallelIterator for InContext<I> {
    fn len(&self) -> usize {
        self.base.len()
    }

    fn drive<C: Consumer<I::Item>>(self, consumer: C) -> C::Result {
        self.base.drive(WithContext::new(consumer, self.captured))
    }

    // The caller drives the producer with a consumer of its own, into which the macro carries the context.
    fn with_producer<C: ProducerCallback<I::Item>>(self, callback: C) -> C::Output {
        self.base.with_producer(callback)
    }
}

/// A consumer, folder or reducer that runs in the context.
struct WithContext<T> {
    inner: T,
    captured: Captured,
}

impl<T> WithContext<T> {
    fn new(inner: T, captured: Captured) -> Self {
        WithContext { inner, captured }
    }

    /// Calls `f` with the context current.
    fn map<U>(self, f: impl FnOnce(T) -> U) -> WithContext<U> {
        let attached: Option<ContextGuard> = self.captured.attach_again();
        let inner = f(self.inner);
        drop(attached);
        WithContext::new(inner, self.captured)
    }
}

impl<T, C: Consumer<T>> Consumer<T> for WithContext<C> {
    type Folder = WithContext<C::Folder>;
    type Reducer = WithContext<C::Reducer>;
    type Result = C::Result;

    fn split_at(self, index: usize) -> (Self, Self, Self::Reducer) {
        let (left, right, reducer) = self.inner.split_at(index);
        (
            WithContext::new(left, self.captured.clone()),
            WithContext::new(right, self.captured.clone()),
            WithContext::new(reducer, self.captured),
        )
    }

    fn into_folder(self) -> Self::Folder {
        self.map(C::into_folder)
    }

    fn full(&self) -> bool {
        self.inner.full()
    }
}

impl<T, C: UnindexedConsumer<T>> UnindexedConsumer<T> for WithContext<C> {
    fn split_off_left(&self) -> Self {
        WithContext::new(self.inner.split_off_left(), self.captured.clone())
    }

    fn to_reducer(&self) -> Self::Reducer {
        WithContext::new(self.inner.to_reducer(), self.captured.clone())
    }
}

impl<T, F: Folder<T>> Folder<T> for WithContext<F> {
    type Result = F::Result;

    fn consume(self, item: T) -> Self {
        self.map(|folder| folder.consume(item))
    }

    // Attaches the context once for many items, around the closures that make them.
    fn consume_iter<I: IntoIterator<Item = T>>(self, items: I) -> Self {
        self.map(|folder| folder.consume_iter(items))
    }

    fn complete(self) -> F::Result {
        self.map(F::complete).inner
    }

    fn full(&self) -> bool {
        self.inner.full()
    }
}

impl<T, R: Reducer<T>> Reducer<T> for WithContext<R> {
    fn reduce(self, left: T, right: T) -> T {
        self.map(|reducer| reducer.reduce(left, right)).inner
    }
}

/// A parallel iterator, found as described at [`crate::task::SpawnedTask`].
pub trait FoundParallel {
    /// The type that carries it.
    fn __traced_kind_of_iterator(&self) -> CarryParallel {
        CarryParallel
    }
}

impl<I: ParallelIterator> FoundParallel for &SpawnedTask<'_, I> {}

/// Any other value, which has a method of the same name as an adaptor of rayon.
pub trait FoundNoIterator {
    /// The type that leaves it alone.
    fn __traced_kind_of_iterator(&self) -> LeaveIterator {
        LeaveIterator
    }
}

impl<I> FoundNoIterator for SpawnedTask<'_, I> {}

/// Carries an iterator of [`FoundParallel`].
#[derive(Clone, Copy, Debug)]
pub struct CarryParallel;

/// Leaves a value of [`FoundNoIterator`] alone.
#[derive(Clone, Copy, Debug)]
pub struct LeaveIterator;

impl CarryParallel {
    /// Carries the current context.
    pub fn carry<I: ParallelIterator>(self, base: I) -> InContext<I> {
        let captured = Captured::now();
        InContext { base, captured }
    }
}

impl LeaveIterator {
    /// Returns the value.
    pub fn carry<I>(self, iterator: I) -> I {
        iterator
    }
}

macro_rules! scopes {
    ($($found:ident, $kind:ident => $scope:ident;)*) => {$(
        #[doc = concat!("A closure or a function that takes a `", stringify!($scope), "`.")]
        pub trait $found {
            /// The type that carries it.
            fn __traced_task_kind(&self) -> $kind {
                $kind
            }
        }

        impl<'s, F: FnOnce(&rayon::$scope<'s>)> $found for &&SpawnedTask<'_, F> {}

        #[doc = concat!("Carries a task of [`", stringify!($found), "`].")]
        #[derive(Clone, Copy, Debug)]
        pub struct $kind;

        impl $kind {
            /// Carries the context.
            pub fn carry<'s, F: FnOnce(&rayon::$scope<'s>)>(
                self,
                unit: F,
            ) -> impl FnOnce(&rayon::$scope<'s>) + use<'s, F> {
                let captured = Captured::now();
                move |scope: &rayon::$scope<'s>| {
                    let _attached = captured.attach();
                    unit(scope)
                }
            }

            /// As `carry`, in a span.
            pub fn carry_in<'s, F: FnOnce(&rayon::$scope<'s>)>(
                self,
                span: Deferred,
                unit: F,
                observe: Observe<()>,
            ) -> impl FnOnce(&rayon::$scope<'s>) + use<'s, F> {
                let captured = Captured::now();
                move |scope: &rayon::$scope<'s>| {
                    let _attached = captured.attach();
                    run_with(span.enter(), || unit(scope), observe)
                }
            }
        }
    )*};
}

scopes! {
    FoundScope, CarryScope => Scope;
    FoundScopeFifo, CarryScopeFifo => ScopeFifo;
}
