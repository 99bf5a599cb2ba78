//! Wraps a body, or an expression, in its span.

mod blocks;
mod body;
mod captured;
mod expression;
mod in_place;
mod items;
mod parameters;
mod returned;

pub(crate) use self::body::function;
pub(crate) use self::expression::InSpan;
