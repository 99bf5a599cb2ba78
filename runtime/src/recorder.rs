//! A tracer provider of our own, which `init` and `testing` install.
//!
//! It implements OpenTelemetry's API as the SDK's provider does, with the SDK's samplers and id generators. A
//! span costs about half as much, because its record stays on its thread and is reused.
//!
//! ```text
//! call site ─► ../provider.rs (whose tracer?) ─► start.rs ─► span.rs, in a context ─► end
//!                                                 │ sampler, ids.rs                    │
//!                                                 └── record.rs ◄──── pool.rs ◄────────┤
//!                                                              record/ended.rs ◄───────┘
//!                                                                │ for each exporter
//!   the exporter's worker ◄─ ─ sink.rs (slot of the thread) ◄── intake.rs, encode.rs
//! ```
//!
//! `provider.rs` in this folder is the provider itself; the one in the folder above caches the tracers of any provider.
//!
//! If the user configures a `SpanProcessor` of the SDK, the SDK's provider is installed instead: `on_start` takes a
//! span of a type that only the SDK can construct.

#![cfg_attr(
    not(feature = "init"),
    allow(dead_code, reason = "`testing` alone needs only a part of it")
)]

mod clock;
#[cfg(feature = "metrics")]
mod counts;
#[cfg(feature = "init")]
pub(crate) mod encode;
#[cfg(feature = "init")]
mod exporters;
#[cfg(not(feature = "init"))]
#[path = "recorder/no_exporters.rs"]
mod exporters;
mod ids;
#[cfg(feature = "init")]
mod intake;
mod pool;
mod provider;
mod record;
mod sampling;
mod scope;
#[cfg(feature = "init")]
pub(crate) mod sink;
mod span;
mod start;
#[cfg(feature = "init")]
mod sync;

use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(all(feature = "init", any(feature = "diesel", feature = "sqlx")))]
pub(crate) use self::clock::counter;
#[cfg(feature = "init")]
pub(crate) use self::clock::{calibrate, nanoseconds};
#[cfg(feature = "metrics")]
pub(crate) use self::counts::{ParentOrigin, SamplingResult, SpanCounts};
pub(crate) use self::exporters::Exporters;
#[cfg(feature = "init")]
pub(crate) use self::exporters::{ExactLimits, Parts};
#[cfg(feature = "init")]
pub(crate) use self::intake::Intake;
pub(crate) use self::provider::{Provider, Settings, Tracer, is_in_use, witness};
pub(crate) use self::record::{Observer, Record};
pub(crate) use self::sampling::Sampling;
#[cfg(feature = "init")]
pub(crate) use self::scope::{Scope, Scopes};
pub(crate) use self::start::Outcome;
use crate::self_log::{self, Level};

/// Runs user code that starting a span requires; `None` if it panicked, as the panic must not reach the caller that
/// starts the span. `what` names the code in the message.
fn guarded<R>(what: &str, run: impl FnOnce() -> R) -> Option<R> {
    let result = catch_unwind(AssertUnwindSafe(run));
    if result.is_err() {
        self_log::once(
            Level::Error,
            &format!("{what} panicked"),
            format_args!(
                "the {what} panicked: this span was started without it; it is called again for the next span"
            ),
        );
    }
    result.ok()
}
