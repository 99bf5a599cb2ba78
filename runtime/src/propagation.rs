//! Propagates trace context between processes, in the headers of messages.
//!
//! [`extract`] reads a carrier and [`inject`] writes one. Both use the global
//! propagator ([`use_w3c`], or `opentelemetry::global::set_text_map_propagator`), which
//! determines the headers. Until one is set, nothing is read and nothing is written.
//! `#[traced(extract = ..)]` and `#[traced(inject = ..)]` call them at the right moments:
//! before the span starts, and right after.
//!
//! A carrier is a type with keys and values that are strings: [`Carrier`] to be read, [`CarrierMut`] to be written.
//! These types are carriers:
//!
//! | type | feature | a key that is there twice |
//! |---|---|---|
//! | `HashMap`, `BTreeMap`, `Vec<(K, V)>`; to read also slices and arrays; of bytes or strings, a map that is written into of `String`s | | counts twice |
//! | `http::HeaderMap`, `http::Request` | `http` | counts twice |
//! | `actix_web::http::header::HeaderMap`; to read also its `HttpRequest` and `ServiceRequest` | `actix-web` | counts twice |
//! | `reqwest::Request` | `reqwest` | counts twice |
//! | `tonic::metadata::MetadataMap`, `tonic::Request` | `tonic` | counts twice |
//! | `lapin::types::FieldTable`, `lapin::BasicProperties` | `lapin` | only in another case, counts twice |
//! | `async_nats::HeaderMap` | `async-nats` | counts twice |
//! | `rdkafka::message::{OwnedHeaders, BorrowedHeaders}` | `rdkafka` | the last one counts, as for Kafka's own clients |
//! | [`Environment`], to read; `std::process::Command`, to write; with the feature `tokio` also `tokio::process::Command` | | counts twice |
//! | `redis::streams::StreamId`; what `XADD` takes is a list or a map | `redis` | only in another case, counts twice |
//!
//! The feature `rdkafka` builds librdkafka, with a C compiler and make in half a minute, unless
//! the application selects another feature of rdkafka: `cmake-build`, or `dynamic-linking`
//! for a librdkafka that is installed (2.12.1 or later). A key that is not UTF-8 makes rdkafka panic;
//! the panic is caught and the key ignored, except with `panic = "abort"`.
//!
//! References and boxes of carriers, and an `Option` of one, are carriers too. A type of your own
//! becomes one by implementing the two methods of [`Carrier`] or the one method of [`CarrierMut`].
//!
//! Two `traceparent` headers are both ignored; two `tracestate` or `baggage` headers are joined to one list.
//! Invalid headers are not an error: without a valid parent, the parent is the current span, if there is
//! one. A `traceparent` that could not be parsed is recorded on the span of `#[traced(extract = ..)]` as
//! the attribute `traced.ignored_parent`, truncated to 64 characters.
//!
//! # What leaves the process
//!
//! [`inject`] writes the ids of the trace, its `tracestate` and **all of the baggage** unencrypted into the
//! message: see [`BaggagePropagator`]. If a carrier already has such headers, because a message is forwarded,
//! they are replaced, and those that the current context does not write are removed, if the type of
//! the carrier can do so; other headers do not change.
//!
//! Specification: OpenTelemetry, *Context*, "Propagators API".

use opentelemetry::global;

#[cfg(feature = "actix-web")]
mod actix_web;
mod baggage;
mod collections;
mod environment;
pub(crate) mod extract;
#[cfg(feature = "http")]
mod http;
pub(crate) mod inject;
#[cfg(feature = "lapin")]
mod lapin;
#[cfg(feature = "async-nats")]
mod nats;
#[cfg(feature = "rdkafka")]
mod rdkafka;
mod reading;
#[cfg(feature = "redis")]
mod redis;
pub(crate) mod remote_span_context;
#[cfg(feature = "tonic")]
mod tonic;
mod trace_context;

pub use self::baggage::BaggagePropagator;
pub use self::environment::Environment;
#[cfg(feature = "init")]
pub(crate) use self::extract::context_in;
pub(crate) use self::extract::ignored_parent;
pub(crate) use self::inject::inject_context;
pub use self::trace_context::TraceContextPropagator;

// The path of these is the root of the crate.
#[doc(hidden)]
pub use self::{extract::extract, inject::inject, remote_span_context::remote_span_context};

/// Sets the global propagator to the specification's default: W3C Trace Context
/// (`traceparent`, `tracestate`) and W3C Baggage (`baggage`).
///
/// These are [`TraceContextPropagator`] and [`BaggagePropagator`]; see there how they handle
/// invalid headers, and what leaves the process.
///
/// Specification: OpenTelemetry, *Context*, "Global Propagators"; W3C *Trace Context* and
/// *Baggage*.
///
/// ```
/// use traced::opentelemetry::global::get_text_map_propagator;
///
/// traced::propagation::use_w3c();
/// let mut fields = get_text_map_propagator(|w3c| w3c.fields().map(str::to_owned).collect::<Vec<_>>());
/// fields.sort();
/// assert_eq!(fields, ["baggage", "traceparent", "tracestate"]);
/// ```
pub fn use_w3c() {
    use opentelemetry::propagation::TextMapCompositePropagator;

    global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
        Box::new(TraceContextPropagator::new()),
        Box::new(BaggagePropagator::new()),
    ]));
}

/// A source of a trace context: keys and values that are strings.
///
/// Keys are compared without regard to case, as in headers. A value that is not UTF-8 counts as absent.
///
/// ```
/// use traced::propagation::Carrier;
///
/// struct Envelope { trace: Option<String>, body: Vec<u8> }
///
/// impl Carrier for Envelope {
///     fn get(&self, key: &str) -> Option<&str> {
///         self.trace.as_deref().filter(|_| key.eq_ignore_ascii_case("traceparent"))
///     }
///
///     fn keys(&self) -> Vec<&str> {
///         self.trace.iter().map(|_| "traceparent").collect()
///     }
/// }
///
/// # let envelope = Envelope { trace: None, body: Vec::new() };
/// # assert!(envelope.body.is_empty());
/// let caller = traced::extract(&envelope);
/// # let _ = caller;
/// ```
#[diagnostic::on_unimplemented(
    message = "no trace context can be read from `{Self}`",
    label = "expected a header map, a map of strings or a list of pairs",
    note = "`HashMap`, `BTreeMap`, `Vec<(K, V)>` and references to them are carriers; so are, with the feature of its name, the headers of `http`, `tonic`, `lapin`, `async-nats`, `rdkafka` and `redis`",
    note = "implement `traced::propagation::Carrier` for a type of your own"
)]
pub trait Carrier {
    /// The value under `key`, if there is one and it is UTF-8.
    fn get(&self, key: &str) -> Option<&str>;

    /// Every key, as some propagators look for a prefix.
    fn keys(&self) -> Vec<&str>;

    /// Every value under `key`, in order. A value that is not UTF-8 becomes an empty string, so that it still
    /// counts: two `traceparent` headers are both ignored.
    ///
    /// Carriers that cannot hold a key twice need not implement this.
    fn get_all(&self, key: &str) -> Vec<&str> {
        self.get(key).into_iter().collect()
    }
}

/// A target into which a trace context is written.
///
/// ```
/// use traced::propagation::CarrierMut;
///
/// #[derive(Default)]
/// struct Envelope { headers: Vec<String> }
///
/// impl CarrierMut for Envelope {
///     fn set(&mut self, key: &str, value: String) {
///         self.headers.push(format!("{key}: {value}"));
///     }
/// }
///
/// #[traced::traced(kind = "producer", inject = envelope)]
/// fn seal(mut envelope: Envelope) -> Envelope { envelope }
///
/// traced::propagation::use_w3c();
/// let (envelope, _) = traced::testing::capture(|| seal(Envelope::default()));
/// assert!(envelope.headers[0].starts_with("traceparent: 00-"));
/// ```
#[diagnostic::on_unimplemented(
    message = "no trace context can be written into `{Self}`",
    label = "expected a header map, a map of strings or a list of pairs, to change",
    note = "`HashMap`, `BTreeMap`, `Vec<(K, V)>` and mutable references to them are carriers; so are, with the feature of its name, the headers of `http`, `tonic`, `lapin`, `async-nats`, `rdkafka` and `redis`",
    note = "implement `traced::propagation::CarrierMut` for a type of your own"
)]
pub trait CarrierMut {
    /// Sets the value under `key`, replacing previous values.
    fn set(&mut self, key: &str, value: String);

    /// Removes the value under `key`.
    ///
    /// [`inject`] calls it for the headers of a forwarded message, so that a previous `tracestate` or `baggage`
    /// is not sent with the new `traceparent`. Carriers whose headers are always new need not implement
    /// this.
    fn remove(&mut self, key: &str) {
        let _ = key;
    }
}

/// The carrier of `inject = ..`, borrowed.
///
/// A method call reborrows `headers: &mut HeaderMap` and borrows `mut headers: HeaderMap`, so that users
/// can write the same expression for both. The trait is implemented for every type, so that a type
/// which is not a carrier is rejected by the bound on [`CarrierMut`], whose message says what to do.
pub trait BorrowCarrier {
    /// The carrier itself.
    fn __traced_borrow(&mut self) -> &mut Self {
        self
    }
}

impl<C: ?Sized> BorrowCarrier for C {}
