//! Annotate a function with [`#[traced]`](macro@traced) and its OpenTelemetry span is right: in
//! sync code, in async code, across every spawn, on every error and panic, with no context passed
//! by hand.
//!
//! ```
//! use traced::testing::capture_async;
//! use traced::traced;
//!
//! #[traced(attributes(id))]
//! async fn order(id: u64) -> Result<(), String> {
//!     tokio::spawn(confirm(id)).await.map_err(|error| error.to_string())?;
//!     Ok(())
//! }
//!
//! #[traced]
//! async fn confirm(_id: u64) {}
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let (_, spans) = capture_async(order(7)).await;
//! assert_eq!(spans.tree(), "order id=7\n  confirm\n");
//! # });
//! ```
//!
//! A library depends on this crate as it is: the OpenTelemetry API and the macros, no SDK. An
//! application turns on the feature `init` and writes `let _telemetry = traced::init()?;` at the start of
//! `main`: trees on the terminal in development, and in production a collector, chosen by environment
//! variables alone. An application that builds its own provider installs it with [`set_tracer_provider`].
//!
//! [`guide`] is the book: two minutes to the first trace, every argument with what it expands to, and when not to
//! use this crate.
//!
//! | feature | what it adds |
//! |---|---|
//! | `config-file` | `OTEL_CONFIG_FILE`, `TelemetryBuilder::config_file`: declarative configuration in YAML |
//! | `console` | `console`: finished traces as trees on the terminal |
//! | `actix-web` | `actix_web`: middleware for servers; the headers of requests as carriers, responses as [`Outcome`]s |
//! | `apalis` | `apalis`: jobs in spans, where they are sent and where they are processed |
//! | `async-nats`, `http`, `lapin`, `rdkafka`, `tonic` | the headers of these crates as carriers: [`propagation`]; with `http` and `tonic` their answers as [`Outcome`]s |
//! | `redis` | `redis`: a connection whose commands are in spans; the entries of streams as carriers |
//! | `tokio` | the environment of a `tokio::process::Command` as a carrier |
//! | `reqwest` | `http_client`: requests in a span, and the span in their headers |
//! | `reqwest-middleware` | the same for every request of a client |
//! | `diesel` | `diesel`: the statements of every connection of diesel and diesel-async in spans |
//! | `diesel-async` | `diesel::Blocking`: those of diesel-async's connections to SQLite, in the spans that send them |
//! | `detectors` | `TelemetryBuilder::detectors`: attributes of the operating system, host, process, container, Kubernetes and instance in the resource |
//! | `init` | `init`, `telemetry`: from the environment to an installed provider whose spans arrive |
//! | `metrics` | `TelemetryBuilder::metrics`: how long each function takes, and the counts of telemetry itself, through the metrics API |
//! | `logs` | `logs`: records of `tracing` and `log` with the ids of their spans, on the terminal and exported |
//! | `signals` | `TelemetryBuilder::flush_on_signals`: a flush on SIGTERM, SIGINT and SIGHUP |
//! | `rayon` | parallel iterators as spawn sites |
//! | `sea-orm` | `sea_orm`: the statements of a connection or a transaction of sea-orm in spans |
//! | `sqlx` | `sqlx`: the statements of a pool, a connection or a transaction in spans |
//! | `stream` | streams in a span, to their end; [`carry`](crate::carry()) for streams |
//! | `testing` | `testing`: the spans of one test, while others run |
//! | `tower` | `tower`: a layer for servers (axum, tonic, hyper), and one for clients |
//! | `tracing` | `tracing_layer`: spans of `tracing` in the same traces |
//! | `tls` | `https` endpoints for the exporters of `init` |
//! | `tls-webpki-roots` | Mozilla's certificate authorities beside the system's |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "init"),
    allow(
        clippy::default_constructed_unit_structs,
        reason = "what the exporters of `init` keep is empty without them"
    )
)]

#[cfg(feature = "actix-web")]
pub mod actix_web;
#[cfg(feature = "apalis")]
pub mod apalis;
mod attributes;
mod automatic_status;
mod block;
mod call_site;
mod carry;
mod carry_unit;
#[cfg(feature = "init")]
mod code_attributes;
#[cfg(any(feature = "console", feature = "logs"))]
mod color;
#[cfg(feature = "console")]
pub mod console;
mod current_context;
mod current_span;
#[cfg(any(feature = "diesel", feature = "sqlx"))]
mod database;
#[cfg(feature = "diesel")]
pub mod diesel;
mod encoding;
mod end_time;
mod envelope;
mod exception;
mod failure;
mod filter;
mod fork;
mod function_paths;
mod future;
#[cfg(any(feature = "init", feature = "tonic", feature = "tower"))]
mod grpc;
#[cfg(doc)]
pub mod guide;
#[cfg(any(feature = "init", feature = "testing"))]
mod html;
#[cfg(feature = "reqwest")]
pub mod http_client;
#[cfg(any(feature = "actix-web", feature = "reqwest", feature = "tower"))]
mod http_conventions;
#[cfg(any(feature = "actix-web", feature = "tower"))]
mod http_spans;
mod in_flight_errors;
mod inherited;
#[cfg(feature = "init")]
mod lifetimes;
mod links;
#[cfg(feature = "init")]
mod live;
#[cfg(feature = "init")]
mod lost_context;
#[cfg(feature = "metrics")]
mod metrics;
mod outcome;
mod panic;
mod panic_hook;
#[cfg(feature = "rayon")]
mod parallel;
mod parent;
mod percent_encoding;
#[cfg(feature = "stream")]
mod polled_stream;
mod polls;
#[cfg(any(feature = "console", feature = "init"))]
mod printer;
#[cfg(feature = "init")]
mod probability;
pub mod propagation;
mod provider;
#[cfg(all(test, feature = "init"))]
mod random;
#[cfg(any(feature = "init", feature = "testing"))]
mod recorder;
#[cfg(not(any(feature = "init", feature = "testing")))]
#[path = "recorder/absent.rs"]
mod recorder;
#[cfg(any(feature = "init", feature = "testing"))]
mod redaction;
#[cfg(feature = "redis")]
pub mod redis;
mod reentrancy;
mod reused;
mod scope_state;
mod scoped_attributes;
#[cfg(feature = "sea-orm")]
pub mod sea_orm;
mod self_log;
mod span;
mod span_level;
#[cfg(feature = "sqlx")]
pub mod sqlx;
mod start_flags;
mod start_options;
#[cfg(any(feature = "diesel", feature = "sqlx"))]
mod stopwatch;
#[cfg(feature = "stream")]
mod stream;
mod task;
#[cfg(feature = "init")]
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(any(feature = "console", feature = "init"))]
mod thread;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "tracing")]
mod tracing_layer;
mod used_import;
mod value;
#[cfg(not(feature = "rayon"))]
mod without_rayon;

#[doc(hidden)]
pub mod __private;

pub use opentelemetry;
#[cfg(feature = "testing")]
#[doc = include_str!("../docs/test.md")]
pub use traced_macros::test;
#[cfg(not(feature = "testing"))]
#[doc(hidden)]
pub use traced_macros::test_without_testing as test;
#[doc = include_str!("../docs/traced.md")]
pub use traced_macros::traced;
#[doc = include_str!("../docs/traced_spawn.md")]
pub use traced_macros::traced_spawn;

pub use crate::attributes::ToValue;
pub use crate::carry::{Carried, carry, carry_fn, carry_fn_with};
pub use crate::current_span::{CurrentSpan, Recordable, add_link, current, record_error};
pub use crate::envelope::Envelope;
pub use crate::failure::Failure;
pub use crate::filter::{Filter, FilterError, filter, set_filter};
pub use crate::links::{ToLink, ToLinks};
#[cfg(feature = "init")]
pub use crate::live::{Live, LiveSpan, LiveState, live};
#[cfg(feature = "metrics")]
pub use crate::metrics::{refresh_meter_provider, set_meter_provider};
pub use crate::outcome::Outcome;
#[cfg(feature = "tonic")]
pub use crate::outcome::grpc_code_name;
pub use crate::parent::ToParent;
pub use crate::propagation::extract::extract;
pub use crate::propagation::inject::inject;
pub use crate::propagation::remote_span_context::remote_span_context;
pub use crate::provider::{refresh_tracer_provider, set_tracer_provider};
pub use crate::span_level::{SpanLevel, SpanLevelError};
#[cfg(feature = "init")]
pub use crate::telemetry::init;
#[cfg(feature = "logs")]
#[doc(inline)]
pub use crate::telemetry::logs;
#[cfg(feature = "tracing")]
pub use crate::tracing_layer::{GlobalTracer, tracing_layer};
#[doc(hidden)]
pub use crate::used_import::traced_spawn;

/// The README's examples, tested.
#[cfg(all(doctest, feature = "console", feature = "logs"))]
#[doc = include_str!("../../README.md")]
struct Readme;

/// Runs the examples of the page on servers.
#[cfg(all(doctest, feature = "http"))]
#[doc = include_str!("../../docs/servers.md")]
struct Servers;

/// Runs the examples of the skill for assistants.
#[cfg(all(doctest, feature = "testing"))]
#[doc = include_str!("../../skills/traced/SKILL.md")]
struct Skill;
