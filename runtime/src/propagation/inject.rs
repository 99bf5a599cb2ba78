//! Writes a context into a carrier.

use opentelemetry::propagation::{Injector, TextMapPropagator};
use opentelemetry::{Context, global};

use super::CarrierMut;
use crate::current_context;

/// Writes the current context into `carrier`; does nothing without a propagator.
///
/// Specification: OpenTelemetry, *Context*, "Propagators API".
///
/// ```
/// use std::collections::HashMap;
/// use opentelemetry_sdk::trace::SdkTracerProvider;
///
/// traced::propagation::use_w3c();
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
    inject_context(&current_context::current(), carrier);
}

pub(crate) fn inject_context<C: CarrierMut + ?Sized>(context: &Context, carrier: &mut C) {
    global::get_text_map_propagator(|propagator| {
        let mut writing = Writing {
            carrier,
            propagator,
            written: 0,
        };
        propagator.inject_context(context, &mut writing);
        writing.remove_the_rest();
    });
}

/// Implements OpenTelemetry's [`Injector`] for a carrier.
struct Writing<'c, C: ?Sized> {
    carrier: &'c mut C,
    propagator: &'c dyn TextMapPropagator,
    /// A bit for each of the propagator's fields that was written.
    written: u64,
}

impl<C: CarrierMut + ?Sized> Writing<'_, C> {
    /// Removes the fields that this context did not write.
    ///
    /// Removes nothing if the context wrote nothing, so that a caller without a trace forwards the trace in the
    /// carrier.
    fn remove_the_rest(&mut self) {
        if self.written == 0 {
            return;
        }
        for (index, field) in self.propagator.fields().take(64).enumerate() {
            if self.written & (1 << index) == 0 {
                self.carrier.remove(field);
            }
        }
    }
}

/// Leaves out headers with control characters: a line break would begin another header. Our propagators write none,
/// but those of other crates may not check values.
impl<C: CarrierMut + ?Sized> Injector for Writing<'_, C> {
    fn set(&mut self, key: &str, value: String) {
        if key.contains(char::is_control) || value.contains(char::is_control) {
            return;
        }
        let mut fields = self.propagator.fields().take(64);
        if let Some(index) = fields.position(|field| field == key) {
            self.written |= 1 << index;
        }
        self.carrier.set(key, value);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use opentelemetry::propagation::Extractor;
    use opentelemetry::propagation::text_map_propagator::FieldIter;

    use super::*;
    use crate::propagation::Carrier;

    /// A propagator that sets unchecked keys and values.
    #[derive(Debug)]
    struct Careless;

    impl TextMapPropagator for Careless {
        fn inject_context(&self, _: &Context, injector: &mut dyn Injector) {
            injector.set("good", "a b".to_owned());
            for value in ["a\r\nset-cookie: b", "a\nb", "a\rb", "a\0b", "\u{7f}"] {
                injector.set("bad", value.to_owned());
            }
            injector.set("bad\r\nset-cookie", "b".to_owned());
        }

        fn extract_with_context(&self, context: &Context, _: &dyn Extractor) -> Context {
            context.clone()
        }

        fn fields(&self) -> FieldIter<'_> {
            FieldIter::new(&[])
        }
    }

    fn keys<C: CarrierMut + Carrier>(mut carrier: C) -> Vec<String> {
        let mut writing = Writing {
            carrier: &mut carrier,
            propagator: &Careless,
            written: 0,
        };
        Careless.inject_context(&Context::new(), &mut writing);
        carrier.keys().into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn no_carrier_gets_a_line_break() {
        assert_eq!(keys(HashMap::<String, String>::new()), ["good"]);
        assert_eq!(keys(BTreeMap::<String, String>::new()), ["good"]);
        assert_eq!(keys(Vec::<(String, String)>::new()), ["good"]);
        assert_eq!(keys(Vec::<(Vec<u8>, Vec<u8>)>::new()), ["good"]);
        assert_eq!(keys(None::<HashMap<String, String>>), ["good"]);
    }
}
