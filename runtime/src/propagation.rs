//! Trace context in the headers of messages: what crosses from process to process.
//!
//! [`extract`] reads a carrier, [`inject`] writes one; both go through the global
//! propagator (`opentelemetry::global::set_text_map_propagator`, or `use_w3c` with the
//! feature `sdk`), which decides which headers there are. Until one is set, nothing is read
//! and nothing is written. `#[traced(extract = ..)]` and `#[traced(inject = ..)]` call the two at the
//! right moments: before the span starts, and right after.
//!
//! A carrier is anything with keys and values of text: [`Carrier`] to be read,
//! [`CarrierMut`] to be written. Header maps, maps and lists of pairs are carriers; a type
//! of your own becomes one with the two methods of the one or the one method of the other.
//!
//! Specification: OpenTelemetry, *Context*, "Propagators API".

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use opentelemetry::propagation::{Extractor, Injector};
use opentelemetry::{Context, global};

#[cfg(feature = "http")]
mod http;
mod sender;

pub use sender::sender;

/// The context that `carrier` holds, on top of the current one.
///
/// Without a trace in the carrier, or without a propagator, this is the current context.
///
/// ```
/// use std::collections::HashMap;
/// use opentelemetry_sdk::propagation::TraceContextPropagator;
/// use traced::opentelemetry::{global, trace::TraceContextExt as _};
///
/// global::set_text_map_propagator(TraceContextPropagator::new());
/// let headers = HashMap::from([(
///     "traceparent".to_owned(),
///     "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned(),
/// )]);
/// let caller = traced::extract(&headers);
/// assert_eq!(caller.span().span_context().span_id().to_string(), "00f067aa0ba902b7");
/// ```
pub fn extract<C: Carrier + ?Sized>(carrier: &C) -> Context {
    let current = Context::current();
    global::get_text_map_propagator(|propagator| {
        propagator.extract_with_context(&current, &Reading(carrier))
    })
}

/// Writes the current context into `carrier`.
///
/// ```
/// use std::collections::HashMap;
/// use opentelemetry_sdk::propagation::TraceContextPropagator;
/// use opentelemetry_sdk::trace::SdkTracerProvider;
///
/// traced::opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
/// traced::set_tracer_provider(SdkTracerProvider::default());
///
/// #[traced::traced(kind = "producer")]
/// fn send() {
///     let mut headers: HashMap<String, String> = HashMap::new();
///     traced::inject(&mut headers);
///     assert!(headers.contains_key("traceparent"));
/// }
/// # send();
/// ```
pub fn inject<C: CarrierMut + ?Sized>(carrier: &mut C) {
    inject_context(&Context::current(), carrier);
}

pub(crate) fn inject_context<C: CarrierMut + ?Sized>(context: &Context, carrier: &mut C) {
    global::get_text_map_propagator(|propagator| {
        propagator.inject_context(context, &mut Writing(carrier));
    });
}

/// Sets the global propagator to the specification's default: W3C Trace Context
/// (`traceparent`, `tracestate`) and W3C Baggage (`baggage`).
///
/// Specification: OpenTelemetry, *Context*, "Global Propagators"; W3C *Trace Context* and
/// *Baggage*.
///
/// ```
/// traced::propagation::use_w3c();
/// ```
#[cfg(feature = "sdk")]
pub fn use_w3c() {
    use opentelemetry::propagation::TextMapCompositePropagator;
    use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};

    global::set_text_map_propagator(TextMapCompositePropagator::new(vec![
        Box::new(TraceContextPropagator::new()),
        Box::new(BaggagePropagator::new()),
    ]));
}

/// What a trace context is read from: keys and values of text.
///
/// Keys are compared without regard to case, as headers are. A value that is not text
/// counts as absent.
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
    note = "`http::HeaderMap` (feature `http`), `HashMap`, `BTreeMap`, `Vec<(K, V)>` and references to them are carriers",
    note = "implement `traced::propagation::Carrier` for a type of your own"
)]
pub trait Carrier {
    /// The value under `key`, if there is one and it is text.
    fn get(&self, key: &str) -> Option<&str>;

    /// Every key: some propagators look for a prefix.
    fn keys(&self) -> Vec<&str>;
}

/// What a trace context is written into.
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
/// traced::inject(&mut Envelope::default());
/// ```
#[diagnostic::on_unimplemented(
    message = "no trace context can be written into `{Self}`",
    label = "expected a header map, a map of strings or a list of pairs, to change",
    note = "`http::HeaderMap` (feature `http`), `HashMap`, `BTreeMap`, `Vec<(K, V)>` and mutable references to them are carriers",
    note = "implement `traced::propagation::CarrierMut` for a type of your own"
)]
pub trait CarrierMut {
    /// Puts `value` under `key`, in place of what was there.
    fn set(&mut self, key: &str, value: String);
}

/// A carrier as OpenTelemetry's propagators read it.
struct Reading<'c, C: ?Sized>(&'c C);

impl<C: Carrier + ?Sized> Extractor for Reading<'_, C> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys()
    }
}

/// A carrier as OpenTelemetry's propagators write it.
struct Writing<'c, C: ?Sized>(&'c mut C);

impl<C: CarrierMut + ?Sized> Injector for Writing<'_, C> {
    fn set(&mut self, key: &str, value: String) {
        self.0.set(key, value);
    }
}

// References.

macro_rules! pointers {
    ($($pointer:ty),* $(,)?) => {$(
        impl<C: Carrier + ?Sized> Carrier for $pointer {
            fn get(&self, key: &str) -> Option<&str> {
                (**self).get(key)
            }

            fn keys(&self) -> Vec<&str> {
                (**self).keys()
            }
        }
    )*};
}

pointers!(&C, &mut C, Box<C>);

impl<C: CarrierMut + ?Sized> CarrierMut for &mut C {
    fn set(&mut self, key: &str, value: String) {
        (**self).set(key, value);
    }
}

impl<C: CarrierMut + ?Sized> CarrierMut for Box<C> {
    fn set(&mut self, key: &str, value: String) {
        (**self).set(key, value);
    }
}

/// Headers that a message may lack altogether.
impl<C: Carrier> Carrier for Option<C> {
    fn get(&self, key: &str) -> Option<&str> {
        self.as_ref()?.get(key)
    }

    fn keys(&self) -> Vec<&str> {
        self.as_ref().map_or_else(Vec::new, Carrier::keys)
    }
}

// Maps and lists, of text or of bytes: message brokers have both.

impl<K: AsRef<[u8]>, V: AsRef<[u8]>, S> Carrier for HashMap<K, V, S> {
    fn get(&self, key: &str) -> Option<&str> {
        find(self, key)
    }

    fn keys(&self) -> Vec<&str> {
        texts(self.keys())
    }
}

impl<S: BuildHasher> CarrierMut for HashMap<String, String, S> {
    fn set(&mut self, key: &str, value: String) {
        self.retain(|present, _| !present.eq_ignore_ascii_case(key));
        self.insert(key.to_owned(), value);
    }
}

impl<K: AsRef<[u8]>, V: AsRef<[u8]>> Carrier for BTreeMap<K, V> {
    fn get(&self, key: &str) -> Option<&str> {
        find(self, key)
    }

    fn keys(&self) -> Vec<&str> {
        texts(self.keys())
    }
}

impl CarrierMut for BTreeMap<String, String> {
    fn set(&mut self, key: &str, value: String) {
        self.retain(|present, _| !present.eq_ignore_ascii_case(key));
        self.insert(key.to_owned(), value);
    }
}

impl<K: AsRef<[u8]>, V: AsRef<[u8]>> Carrier for [(K, V)] {
    fn get(&self, key: &str) -> Option<&str> {
        find(self.iter().map(|(key, value)| (key, value)), key)
    }

    fn keys(&self) -> Vec<&str> {
        texts(self.iter().map(|(key, _)| key))
    }
}

impl<K: AsRef<[u8]>, V: AsRef<[u8]>> Carrier for Vec<(K, V)> {
    fn get(&self, key: &str) -> Option<&str> {
        Carrier::get(self.as_slice(), key)
    }

    fn keys(&self) -> Vec<&str> {
        Carrier::keys(self.as_slice())
    }
}

impl<K, V> CarrierMut for Vec<(K, V)>
where
    K: AsRef<[u8]> + From<String>,
    V: From<String>,
{
    fn set(&mut self, key: &str, value: String) {
        self.retain(|(present, _)| !is(present, key));
        self.push((key.to_owned().into(), value.into()));
    }
}

/// The value under `key`; one whose key is written the same way comes first, because a
/// map has no order that could choose.
fn find<'c, K: AsRef<[u8]> + 'c, V: AsRef<[u8]> + 'c>(
    pairs: impl IntoIterator<Item = (&'c K, &'c V)>,
    key: &str,
) -> Option<&'c str> {
    let mut found = None;
    for (present, value) in pairs {
        if present.as_ref() == key.as_bytes() {
            return text(value);
        }
        if found.is_none() && is(present, key) {
            found = Some(value);
        }
    }
    found.and_then(text)
}

fn is(present: &impl AsRef<[u8]>, key: &str) -> bool {
    present.as_ref().eq_ignore_ascii_case(key.as_bytes())
}

fn text(bytes: &impl AsRef<[u8]>) -> Option<&str> {
    std::str::from_utf8(bytes.as_ref()).ok()
}

fn texts<'c, K: AsRef<[u8]> + 'c>(keys: impl Iterator<Item = &'c K>) -> Vec<&'c str> {
    keys.filter_map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_compared_without_regard_to_case() {
        let pairs = vec![("TraceParent", "a"), ("other", "b")];
        assert_eq!(Carrier::get(&pairs, "traceparent"), Some("a"));
        let map: BTreeMap<_, _> = pairs.into_iter().collect();
        assert_eq!(Carrier::get(&map, "traceparent"), Some("a"));
    }

    #[test]
    fn the_key_as_written_comes_first() {
        for _ in 0..8 {
            let map = HashMap::from([("KEY", "a"), ("key", "b"), ("Key", "c")]);
            assert_eq!(Carrier::get(&map, "key"), Some("b"));
        }
    }

    #[test]
    fn what_is_not_text_is_absent() {
        let pairs = vec![(b"key".to_vec(), vec![0xff]), (vec![0xff], b"b".to_vec())];
        assert_eq!(Carrier::get(&pairs, "key"), None);
        assert_eq!(Carrier::keys(&pairs), ["key"]);
    }

    #[test]
    fn setting_replaces() {
        let mut pairs = vec![("Key".to_owned(), b"a".to_vec()), ("b".to_owned(), vec![])];
        pairs.set("key", "c".to_owned());
        assert_eq!(Carrier::get(&pairs, "key"), Some("c"));
        assert_eq!(pairs.len(), 2);
        let mut map = HashMap::from([("Key".to_owned(), "a".to_owned())]);
        CarrierMut::set(&mut map, "key", "c".to_owned());
        assert_eq!(map, HashMap::from([("key".to_owned(), "c".to_owned())]));
    }

    #[test]
    fn headers_may_be_missing() {
        let none: Option<&HashMap<String, String>> = None;
        assert_eq!(Carrier::get(&none, "key"), None);
        assert!(Carrier::keys(&none).is_empty());
    }
}
