//! What the macros print, and nobody else may use: it changes in any release.
//!
//! Each name is a re-export of an ordinary module, or a macro of two lines over
//! one; `macros/src/rewrite.rs` is the only caller.

pub use opentelemetry::trace::SpanKind;
pub use traced_macros::{event, set_attributes, span};

pub use crate::block::{Left, Ways, leaving};
pub use crate::call_site::Site;
pub use crate::carry::{Captured, carry, carry_fn};
pub use crate::current_span::{event, record};
pub use crate::future::{Expected, built, future, future_with, hand_over};
pub use crate::outcome::{
    ByNothing, Known, Observer, OfKind, OkOf, OkOfResult, OkOfValue, Returns, called, err_of,
    failed_described_value, failed_value, inferred, inferred_output, is_error, output, returned,
    returns,
};
#[cfg(feature = "rayon")]
pub use crate::parallel::{FoundNoIterator, FoundParallel};
pub use crate::span::{Started, pass, run, run_closure, run_with, saw, saw_returned};
pub use crate::task::Unit;
pub use crate::used_import::{Import, NotImported};
#[cfg(not(feature = "rayon"))]
pub use crate::without_rayon::{NotOfRayon, carried_without_feature};

pub use crate::{
    __traced_allowed as allowed, __traced_attached as attached, __traced_carry as carry_unit,
    __traced_carry_in as carry_unit_in, __traced_carry_parallel as carry_parallel,
    __traced_carry_place as carry_place, __traced_fused_future as traced_fused_future,
    __traced_future_in as future_in, __traced_lend_captured as lend_captured,
    __traced_observe as observe, __traced_observe_inferred as observe_inferred,
    __traced_observe_ok as observe_ok, __traced_observer as observer,
    __traced_observer_inferred as observer_inferred, __traced_observer_of as observer_of,
    __traced_observer_of_items as observer_of_items, __traced_ok_of as ok_of, __traced_see as see,
    __traced_see_error as see_error, __traced_stream as traced_stream,
};

/// What a type is asked for its observer. Without names, which would be in the user's way.
pub mod asked {
    pub use crate::outcome::{NoError as _, NoOutcome as _, Observed as _, OneSide as _};
}

/// What a unit may be found to be. Without names, which would be in the user's way.
pub mod found {
    #[cfg(feature = "rayon")]
    pub use crate::parallel::{FoundScope as _, FoundScopeFifo as _};
    pub use crate::task::{
        FoundBoxed as _, FoundClosure as _, FoundDyn as _, FoundFuture as _, FoundMut as _,
        FoundOther as _,
    };
}

/// A value of the function's return type for a `return` that never runs: it
/// tells the compiler the type of an `async` block, which cannot be written.
pub fn never<T>() -> T {
    unreachable!("behind `if false`")
}

/// The end of an `async fn` that has none.
pub fn endless<T>(_: T) -> ! {
    unreachable!("a future whose output is `!` was ready")
}

/// The carrier of `inject = ..`, borrowed.
///
/// A method call takes `headers: &mut HeaderMap` again and `mut headers: HeaderMap` by
/// reference, so that users need not write a different expression for each; and it is
/// there for every type, so that a wrong one is refused by `CarrierMut` in its own words.
pub trait BorrowCarrier {
    /// The carrier itself.
    fn __traced_borrow(&mut self) -> &mut Self {
        self
    }
}

impl<C: ?Sized> BorrowCarrier for C {}

/// `observer!(R)`: who observes a function's result of this type, whatever it is;
/// `observer!(R, Server)` on a span of that kind.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observer {
    ($returned:ty) => {{
        use $crate::__private::asked::*;
        $crate::__private::returns::<$returned>()
            .__traced_outcome()
            .__traced_error()
            .__traced_observer()
    }};
    ($returned:ty, $kind:ident) => {
        $crate::__private::OfKind(
            $crate::__private::SpanKind::$kind,
            $crate::__private::observer!($returned),
        )
    };
}

/// `observer_of!(&future)`: the observer of its output.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observer_of {
    ($future:expr) => {{
        use $crate::__private::asked::*;
        $crate::__private::output($future)
            .__traced_outcome()
            .__traced_error()
            .__traced_observer()
    }};
    ($future:expr, $kind:ident) => {
        $crate::__private::OfKind(
            $crate::__private::SpanKind::$kind,
            $crate::__private::observer_of!($future),
        )
    };
}

/// `observe!(out)`: the failure in `out: &R`, whatever `R` is; `observe!(out, Server)` on a
/// span of that kind.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observe {
    ($out:expr) => {
        $crate::__private::observe!($out, Internal)
    };
    ($out:expr, $kind:ident) => {{
        use $crate::__private::asked::*;
        let out = $out;
        let mut observer = $crate::__private::returned(out)
            .__traced_outcome()
            .__traced_error()
            .__traced_observer();
        let kind = $crate::__private::SpanKind::$kind;
        $crate::__private::Observer::observe_on(&mut observer, &kind, out)
    }};
}

/// `observe_ok!(out)`: the same, of what is no error.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observe_ok {
    ($out:expr) => {
        $crate::__private::observe_ok!($out, Internal)
    };
    ($out:expr, $kind:ident) => {{
        use $crate::__private::asked::*;
        let out = $out;
        let mut observer = $crate::__private::Known::none_of(out).__traced_observer();
        let kind = $crate::__private::SpanKind::$kind;
        $crate::__private::Observer::observe_on(&mut observer, &kind, out)
    }};
}

/// `observe_inferred!(out)`, `observe_inferred!(out, predicate)`: `observe!` where nobody wrote
/// the type of `out`.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observe_inferred {
    ($out:expr) => {{
        use $crate::__private::asked::*;
        let out = $out;
        let mut observer = $crate::__private::inferred(out).__traced_observer();
        $crate::__private::Observer::observe(&mut observer, out)
    }};
    ($out:expr, $predicate:expr) => {
        if $crate::__private::is_error($out, $predicate) {
            $crate::__private::observe_inferred!($out)
        } else {
            ::core::option::Option::None
        }
    };
}

/// `observer_inferred!(&future)`: the observer of its output, which nobody wrote.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observer_inferred {
    ($future:expr) => {{
        use $crate::__private::asked::*;
        $crate::__private::inferred_output($future).__traced_observer()
    }};
}

/// Says what the future's output is before it is asked for an observer.
pub fn outputs<R>(_: &impl Future<Output = R>) {}

/// `way!(&expr)`: how to carry the current context into `expr`.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_way {
    ($unit:expr) => {{
        use $crate::__private::found::*;
        (&&&&&&$crate::__private::Unit($unit)).__traced_way()
    }};
}

/// `carry_unit!(expr)`: `expr`, with the current context carried into it if it
/// is a future or a closure.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_carry {
    ($unit:expr) => {
        match $unit {
            unit => {
                let way = $crate::__traced_way!(&unit);
                way.carry(unit)
            }
        }
    };
}

/// `carry_place!(path)`: the same of a place, which is moved only if the call would.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_carry_place {
    ($unit:expr) => {{
        let way = $crate::__traced_way!(&$unit);
        way.carry($unit)
    }};
}

/// `carry_unit_in!(span, expr)`: the same, in a span that starts when `expr` does.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_carry_in {
    ($span:expr, $unit:expr) => {
        match ($span, $unit) {
            (span, unit) => {
                let way = $crate::__traced_way!(&unit);
                way.carry_in(span, unit, |out| $crate::__private::observe_inferred!(out))
            }
        }
    };
}

/// `future_in!(span, future)`: a future in a span that starts at its first poll.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_future_in {
    ($span:expr, $future:expr) => {
        match ($span, $future) {
            (span, future) => {
                let observer = $crate::__private::observer_inferred!(&future);
                $crate::__private::future(span, future, observer)
            }
        }
    };
}

/// `allowed!(call)`: a spawner's call, where a `clippy.toml` may forbid spawners.
///
/// A field of a literal is the one place within an expression where an attribute
/// may stand, and ends the life of no temporary.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_allowed {
    ($call:expr) => {
        $crate::__private::Allowed {
            #[allow(clippy::disallowed_methods)]
            out: $call,
        }
        .out
    };
}

/// See `allowed!`.
#[derive(Debug)]
pub struct Allowed<T> {
    /// What the call returned.
    pub out: T,
}

/// `attached!(guard => body)`: the body of a closure without braces, beside a guard that outlives
/// the body's temporaries.
///
/// A call of a macro is as long as what it is given, which no braces of ours could be.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_attached {
    ($guard:expr => $body:expr) => {
        match $guard {
            _attached => $body,
        }
    };
}

/// `lend_captured!(captured => call)`: a call that borrows the current context.
///
/// A `match`, whose temporary lives as long as the statement, as the call's own do.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_lend_captured {
    ($captured:ident => $call:expr) => {
        match $crate::__private::Captured::now() {
            ref $captured => $call,
        }
    };
}

/// `carry_parallel!(expr)`: `expr`, with the current context carried into what it
/// does with its items if it is a parallel iterator.
#[cfg(feature = "rayon")]
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_carry_parallel {
    ($iterator:expr) => {
        match $iterator {
            iterator => {
                use $crate::__private::{FoundNoIterator as _, FoundParallel as _};
                let way = (&&$crate::__private::Unit(&iterator)).__traced_way_of_iterator();
                way.carry(iterator)
            }
        }
    };
}

/// Without the feature `rayon`, a parallel iterator of rayon is an error, and one of others stays as
/// it is.
///
/// Rayon's have a method `opt_len`, of a trait that whoever calls their methods has in scope.
#[cfg(not(feature = "rayon"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_carry_parallel {
    ($iterator:expr) => {
        match $iterator {
            iterator => {
                use $crate::__private::NotOfRayon as _;
                if false {
                    $crate::__private::carried_without_feature((&iterator).opt_len());
                }
                iterator
            }
        }
    };
}

/// `see!(guard, expr, returns)`: `expr`, a value on its way out of the function, whose type
/// `returns` says; `see!(guard as Server if predicate, ..)` for a kind that tells, and for
/// `error_if`. The operand of a `?` has no type.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_see {
    ($guard:ident $(as $kind:ident)? $(if $predicate:expr)?, $value:expr, $returns:ident) => {
        $crate::__private::saw_returned(&$guard, &$returns, $value, |out| {
            $crate::__traced_fails!(out $(, as $kind)? $(, $predicate)?)
        })
    };
    ($guard:ident $(as $kind:ident)? $(if $predicate:expr)?, $value:expr) => {
        $crate::__private::saw(&$guard, $value, |out| {
            $crate::__private::observe_inferred!(out $(, $predicate)?)
        })
    };
}

/// `see_error!(guard, Err(error), returns)`: `error`, on its way out.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_see_error {
    ($guard:ident $(as $kind:ident)? $(if $predicate:expr)?, $value:expr, $returns:ident) => {{
        let out;
        if false {
            // The type of what follows, which is not written again: in the body, it may mean
            // something else.
            out = $returns.never();
        } else {
            out = $value;
        }
        $guard.saw(|| $crate::__traced_fails!(&out $(, as $kind)? $(, $predicate)?));
        $crate::__private::error_of(out)
    }};
}

/// `observe!`, if the predicate wants it.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_fails {
    ($out:expr $(, as $kind:ident)?) => {
        $crate::__private::observe!($out $(, $kind)?)
    };
    ($out:expr, $(as $kind:ident,)? $predicate:expr) => {
        if $crate::__private::is_error($out, $predicate) {
            $crate::__private::observe!($out $(, $kind)?)
        } else {
            $crate::__private::observe_ok!($out $(, $kind)?)
        }
    };
}

/// `error_if = predicate`, for the results that leave a body that stays as it is.
pub fn predicate<T, E, P: FnOnce(&E) -> bool>(_: &Returns<Result<T, E>>, predicate: P) -> P {
    predicate
}

/// The error of a `Result` that was written as an `Err`.
pub fn error_of<T, E>(result: Result<T, E>) -> E {
    match result {
        Err(error) => error,
        Ok(_) => unreachable!("written as an `Err`"),
    }
}

/// `ok_of!(out)`: the good side of `out: &R`.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_ok_of {
    ($out:expr) => {{
        use $crate::__private::{OkOfResult as _, OkOfValue as _};
        (&&$crate::__private::OkOf($out)).__traced_ok()
    }};
}

#[cfg(feature = "stream")]
pub use crate::outcome::items;
#[cfg(feature = "stream")]
pub use crate::stream::{called_items, stream, yields};

/// `traced_stream!(span, stream, observer)`: the stream, in the span.
#[cfg(feature = "stream")]
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_stream {
    ($span:ident, $stream:ident, $observer:expr) => {{
        let observer = $observer;
        $crate::__private::stream($span, $stream, observer)
    }};
}

/// `traced_stream!(span, stream, observer)`: the stream, in the span. Without the feature
/// `stream` only the call that makes it is timed.
#[cfg(not(feature = "stream"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_stream {
    ($span:ident, $stream:ident, $observer:expr) => {{
        $span.end_now();
        $stream
    }};
}

/// `traced_fused_future!(span, future, observer)`: the future, in the span, where the function
/// promises a `FusedFuture`.
#[cfg(feature = "stream")]
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_fused_future {
    ($span:ident, $future:ident, $observer:expr) => {{
        let observer = $observer;
        $crate::__private::future($span, $future, observer)
    }};
}

/// `traced_fused_future!(span, future, observer)`: without the feature `stream`, where that
/// trait is, only the call that makes the future is timed.
#[cfg(not(feature = "stream"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_fused_future {
    ($span:ident, $future:ident, $observer:expr) => {{
        $span.end_now();
        $future
    }};
}

/// `observer_of_items!(&stream)`: the observer of its items.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observer_of_items {
    ($stream:expr) => {{
        use $crate::__private::asked::*;
        $crate::__private::items($stream)
            .__traced_outcome()
            .__traced_error()
            .__traced_observer()
    }};
    ($stream:expr, $kind:ident) => {
        $crate::__private::OfKind(
            $crate::__private::SpanKind::$kind,
            $crate::__private::observer_of_items!($stream),
        )
    };
}
