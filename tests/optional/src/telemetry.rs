//! The parts of `traced` that this crate uses: with the feature `otel` those of `traced`, without
//! it parts that do nothing.

#[cfg(feature = "otel")]
pub(crate) use traced::{carry_fn, event, record_error, set_attributes, span};

#[cfg(not(feature = "otel"))]
pub(crate) use off::*;

#[cfg(not(feature = "otel"))]
mod off {
    /// Uses the values without evaluating them, so that no variable is unused.
    macro_rules! mention {
        ($(,)?) => {};
        ($($key:ident).+ = % $($rest:tt)+) => { $crate::telemetry::mention!(= $($rest)+) };
        ($($key:ident).+ = ? $($rest:tt)+) => { $crate::telemetry::mention!(= $($rest)+) };
        ($($key:ident).+ = $($rest:tt)+) => { $crate::telemetry::mention!(= $($rest)+) };
        ($key:literal = % $($rest:tt)+) => { $crate::telemetry::mention!(= $($rest)+) };
        ($key:literal = ? $($rest:tt)+) => { $crate::telemetry::mention!(= $($rest)+) };
        ($key:literal = $($rest:tt)+) => { $crate::telemetry::mention!(= $($rest)+) };
        (% $($rest:tt)+) => { $crate::telemetry::mention!(= $($rest)+) };
        (? $($rest:tt)+) => { $crate::telemetry::mention!(= $($rest)+) };
        (= $value:expr $(, $($rest:tt)*)?) => {
            if false {
                let _ = &$value;
            }
            $crate::telemetry::mention!($($($rest)*)?)
        };
        ($value:ident $(, $($rest:tt)*)?) => {
            $crate::telemetry::mention!(= $value $(, $($rest)*)?)
        };
    }

    macro_rules! event {
        ($name:expr $(, $($attributes:tt)*)?) => {{
            $crate::telemetry::mention!($($($attributes)*)?);
        }};
    }

    macro_rules! set_attributes {
        ($($attributes:tt)*) => {{
            $crate::telemetry::mention!($($attributes)*);
        }};
    }

    macro_rules! span {
        ($name:expr, { $($body:tt)* } $(,)?) => {{ $($body)* }};
        ($name:expr, async $($body:tt)*) => { async $($body)* };
        ($name:expr, $first:tt $($rest:tt)*) => {
            $crate::telemetry::span!(@ $name, [$first] $($rest)*)
        };
        (@ $name:expr, [$($attributes:tt)*] , { $($body:tt)* } $(,)?) => {{
            $crate::telemetry::mention!($($attributes)*);
            $($body)*
        }};
        (@ $name:expr, [$($attributes:tt)*] $next:tt $($rest:tt)*) => {
            $crate::telemetry::span!(@ $name, [$($attributes)* $next] $($rest)*)
        };
    }

    pub(crate) use {event, mention, set_attributes, span};

    pub(crate) fn record_error<E: ?Sized>(_: &E) {}

    pub(crate) fn carry_fn<F>(work: F) -> F {
        work
    }
}
