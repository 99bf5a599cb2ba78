//! What the macros print, and nobody else may use: it changes in any release.
//!
//! Each name is a re-export of an ordinary module, or a macro of two lines over
//! one; `macros/src/rewrite.rs` is the only caller.

pub use opentelemetry::trace::SpanKind;

pub use crate::carry::{
    Captured, FoundBoxed, FoundClosure, FoundDyn, FoundFuture, FoundOther, Unit, carry,
};
pub use crate::future::{deferred, future, future_from};
pub use crate::outcome::{
    ObserveDebug, ObserveDisplay, ObserveDyn, ObserveErr, ObserveError, ObserveNothing,
    ObserveOutcome, Probe, is_error,
};
pub use crate::site::Site;
pub use crate::span::run;

pub use crate::{__traced_carry as carry_unit, __traced_observe as observe, __traced_see as see};

/// A value of the function's return type for a `return` that never runs: it
/// tells the compiler the type of an `async` block, which cannot be written.
pub fn never<T>() -> T {
    unreachable!("behind `if false`")
}

/// The end of an `async fn` that has none.
pub fn endless<T>(_: T) -> ! {
    unreachable!("a future whose output is `!` was ready")
}

/// `observe!(out)`: the failure in `out: &R`, whatever `R` is.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_observe {
    ($out:expr) => {{
        use $crate::__private::{
            ObserveDebug as _, ObserveDisplay as _, ObserveDyn as _, ObserveErr as _,
            ObserveError as _, ObserveNothing as _, ObserveOutcome as _,
        };
        (&&&&&&&$crate::__private::Probe($out)).observe()
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
                use $crate::__private::{
                    FoundBoxed as _, FoundClosure as _, FoundDyn as _, FoundFuture as _,
                    FoundOther as _,
                };
                let way = (&&&&&$crate::__private::Unit(&unit)).way();
                way.carry(unit)
            }
        }
    };
}

/// `see!(guard, expr)`: `expr`, a value on its way out of the function.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_see {
    ($guard:ident, $value:expr) => {
        match $value {
            out => {
                $guard.saw(|| $crate::__private::observe!(&out));
                out
            }
        }
    };
    ($guard:ident if $predicate:expr, $value:expr) => {
        match $value {
            out => {
                $guard.saw(|| {
                    let fails = $crate::__private::is_error(&out, $predicate);
                    if fails {
                        $crate::__private::observe!(&out)
                    } else {
                        ::core::option::Option::None
                    }
                });
                out
            }
        }
    };
}
