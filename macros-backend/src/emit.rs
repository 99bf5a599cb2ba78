//! A span as the calls that the expansion makes for it.

mod observe;
mod start;

pub(crate) use self::observe::{
    OF_FUTURE, OF_STREAM, asking, kind_that_tells, located_at, observer, observer_of,
};
pub(crate) use self::start::{Begin, begin, level, record, within};
