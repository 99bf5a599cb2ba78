//! Spans: the only modules that start a span, make it current and end it.
//!
//! Every function here keeps two rules. User code (attribute expressions, `Display`, `Drop`, a sampler, a
//! processor) never runs while OpenTelemetry's context stack is borrowed, so it may start spans and attach contexts.
//! And a span is ended by an explicit call, never by dropping the last context that holds it, as a spawned task may
//! hold the context long after.

mod active;
mod at_call_site;
mod deferred;
mod entered;
mod explicit_status;
mod start;
mod started;
mod watched;

pub(crate) use self::active::ActiveSpan;
#[cfg(feature = "stream")]
pub(crate) use self::active::Observing;
pub(crate) use self::deferred::Deferred;
pub(crate) use self::entered::Entered;
pub use self::entered::{in_guard, run, run_closure, run_with};
pub(crate) use self::start::Hold;
pub use self::started::Started;
pub(crate) use self::watched::{Held, Watched, polls_of};
