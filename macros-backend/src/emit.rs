//! The calls that start a span, and those that observe its result.

mod observe;
mod start;

pub(crate) use self::observe::{
    FUTURE, STREAM, deciding_kind, observed_call, observer, observer_of,
};
pub(crate) use self::start::{Begin, begin, enclosing_function, level, record};
