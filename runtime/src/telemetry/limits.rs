//! The limits of spans. Those that the SDK does not implement are applied here, to spans that have ended.
//!
//! The SDK counts how often attributes are set, not how many different keys there are; it has no limit for the
//! length of a value; and it exports a key twice that was set twice. So it gets a higher limit, and its spans
//! are corrected: only the last value of each key is kept, long texts are cut, and excess attributes are dropped.
//!
//! Specification: OpenTelemetry, *Common*, "Attribute Limits"; *Tracing SDK*, "Span Limits".

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use opentelemetry::{Array, Context, Key, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanLimits, SpanProcessor};

use super::environment::Environment;
use super::settings;
use super::variables::{
    ATTRIBUTE_COUNT_LIMIT, ATTRIBUTE_VALUE_LENGTH_LIMIT, EVENT_ATTRIBUTE_COUNT_LIMIT,
    LINK_ATTRIBUTE_COUNT_LIMIT, LOGRECORD_ATTRIBUTE_COUNT_LIMIT,
    LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT, SPAN_ATTRIBUTE_COUNT_LIMIT,
    SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT, SPAN_EVENT_COUNT_LIMIT, SPAN_LINK_COUNT_LIMIT, Variable,
};
use crate::recorder::{ExactLimits, Observer, Parts, Record};
use crate::redaction::Redaction;

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident)*) => {
        /// The limits of spans and log records. The environment sets those that are not set here.
        ///
        /// `usize::MAX` means no limit. The number of dropped values is exported. A specific limit takes
        /// precedence over the general one, no matter where each is set.
        ///
        /// Specification: OpenTelemetry, *Common*, "Attribute Limits"; *Tracing SDK*, "Span Limits".
        ///
        /// ```
        /// use traced::telemetry::{Limits, TelemetryBuilder};
        ///
        /// let limits = Limits::new().attribute_value_length(4096).span_events(1000);
        /// let telemetry = TelemetryBuilder::default().limits(limits);
        /// # drop(telemetry);
        /// ```
        #[derive(Debug, Clone, Copy, Default)]
        #[must_use = "limits do nothing until a builder has them"]
        pub struct Limits {
            $($name: Option<usize>,)*
        }

        impl Limits {
            /// Limits of which none is set.
            pub fn new() -> Self {
                Limits::default()
            }

            /// These limits, and those of `weaker` that are not set here.
            #[cfg(feature = "config-file")]
            pub(super) fn or(self, weaker: Limits) -> Self {
                Limits {
                    $($name: self.$name.or(weaker.$name),)*
                }
            }

            $(
                $(#[$doc])*
                pub fn $name(mut self, limit: usize) -> Self {
                    self.$name = Some(limit);
                    self
                }
            )*
        }
    };
}

limits! {
    /// Sets the maximum length of texts in characters, also of each text in an array; by default there is no limit
    /// (`OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`).
    attribute_value_length
    /// Sets the maximum number of attributes, unless one of the limits below is set; by default 128
    /// (`OTEL_ATTRIBUTE_COUNT_LIMIT`).
    attributes
    /// Sets the maximum length of texts on spans, their events and links, in characters
    /// (`OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`).
    span_attribute_value_length
    /// Sets the maximum number of attributes of a span (`OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`).
    span_attributes
    /// Sets the maximum number of events of a span; by default 128 (`OTEL_SPAN_EVENT_COUNT_LIMIT`).
    span_events
    /// Sets the maximum number of links of a span; by default 128 (`OTEL_SPAN_LINK_COUNT_LIMIT`).
    span_links
    /// Sets the maximum number of attributes of an event (`OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT`).
    event_attributes
    /// Sets the maximum number of attributes of a link (`OTEL_LINK_ATTRIBUTE_COUNT_LIMIT`).
    link_attributes
    /// Sets the maximum length of texts on log records, in characters
    /// (`OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT`).
    log_record_attribute_value_length
    /// Sets the maximum number of attributes of a log record (`OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT`).
    log_record_attributes
}

const DEFAULT_COUNT: usize = 128;

impl Limits {
    /// These limits, and those of the environment that are not set here.
    pub(super) fn settings(self, environment: &mut Environment) -> settings::LimitSettings {
        let mut limit = |code: Option<usize>, variable: &Variable| {
            let limit = environment.count(variable, 0);
            code.or(limit)
        };
        let general_length = limit(self.attribute_value_length, &ATTRIBUTE_VALUE_LENGTH_LIMIT);
        let general = limit(self.attributes, &ATTRIBUTE_COUNT_LIMIT).unwrap_or(DEFAULT_COUNT);
        let value_length = limit(
            self.span_attribute_value_length,
            &SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT,
        );
        let record_value_length = limit(
            self.log_record_attribute_value_length,
            &LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT,
        );
        let mut count = |code, variable| limit(code, variable).unwrap_or(general);
        settings::LimitSettings {
            value_length: value_length.or(general_length),
            attributes: count(self.span_attributes, &SPAN_ATTRIBUTE_COUNT_LIMIT),
            event_attributes: count(self.event_attributes, &EVENT_ATTRIBUTE_COUNT_LIMIT),
            link_attributes: count(self.link_attributes, &LINK_ATTRIBUTE_COUNT_LIMIT),
            record_value_length: record_value_length.or(general_length),
            record_attributes: count(self.log_record_attributes, &LOGRECORD_ATTRIBUTE_COUNT_LIMIT),
            events: limit(self.span_events, &SPAN_EVENT_COUNT_LIMIT).unwrap_or(DEFAULT_COUNT),
            links: limit(self.span_links, &SPAN_LINK_COUNT_LIMIT).unwrap_or(DEFAULT_COUNT),
        }
    }
}

impl settings::LimitSettings {
    /// The limits for the SDK.
    pub(super) fn of_sdk(&self) -> SpanLimits {
        // More than the limit, as the SDK counts an attribute that is set twice as two. This only bounds
        // memory; `apply` enforces the limit.
        let places = |limit: usize| saturated(limit.saturating_mul(2).saturating_add(64));
        SpanLimits {
            max_attributes_per_span: places(self.attributes),
            max_attributes_per_event: places(self.event_attributes),
            max_attributes_per_link: places(self.link_attributes),
            max_events_per_span: saturated(self.events),
            max_links_per_span: saturated(self.links),
        }
    }

    /// Applies the limits to a span that the SDK has ended.
    pub(crate) fn apply(&self, span: &mut SpanData) {
        self.apply_to(Parts {
            attributes: &mut span.attributes,
            dropped_attributes: &mut span.dropped_attributes_count,
            events: &mut span.events.events,
            links: &mut span.links.links,
        });
    }

    /// The limits for spans of our own provider, applied when they are exported.
    pub(super) fn exact(self) -> ExactLimits {
        ExactLimits {
            attributes: self.attributes,
            event_attributes: self.event_attributes,
            is_about_values: self.value_length.is_some(),
            apply: Box::new(move |parts| self.apply_to(parts)),
        }
    }

    fn apply_to(&self, span: Parts<'_>) {
        *span.dropped_attributes += self.cut(span.attributes, self.attributes);
        for event in span.events {
            event.dropped_attributes_count +=
                self.cut(&mut event.attributes, self.event_attributes);
        }
        for link in span.links {
            link.dropped_attributes_count += self.cut(&mut link.attributes, self.link_attributes);
        }
    }

    /// Returns the number of dropped attributes.
    fn cut(&self, attributes: &mut Vec<KeyValue>, limit: usize) -> u32 {
        keep_last_of_each_key(attributes);
        let dropped = attributes.len().saturating_sub(limit);
        attributes.truncate(limit);
        if let Some(length) = self.value_length {
            for attribute in attributes {
                truncate(&mut attribute.value, length);
            }
        }
        saturated(dropped)
    }
}

fn saturated(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Keeps each key once, at its first position and with its last value.
fn keep_last_of_each_key(attributes: &mut Vec<KeyValue>) {
    if !repeats_a_key(attributes) {
        return;
    }
    let mut places: HashMap<Key, usize> = HashMap::with_capacity(attributes.len());
    let mut kept: Vec<KeyValue> = Vec::with_capacity(attributes.len());
    for attribute in attributes.drain(..) {
        match places.get(&attribute.key) {
            Some(place) => kept[*place].value = attribute.value,
            None => {
                places.insert(attribute.key.clone(), kept.len());
                kept.push(attribute);
            }
        }
    }
    *attributes = kept;
}

fn repeats_a_key(attributes: &[KeyValue]) -> bool {
    // Comparing a few keys is faster than hashing them.
    const FEW: usize = 16;
    if attributes.len() <= FEW {
        let mut rest = attributes.iter().enumerate();
        return rest
            .any(|(index, one)| attributes[..index].iter().any(|other| other.key == one.key));
    }
    let mut seen = HashSet::with_capacity(attributes.len());
    attributes
        .iter()
        .any(|attribute| !seen.insert(&attribute.key))
}

fn truncate(value: &mut Value, length: usize) {
    match value {
        Value::String(text) => truncate_text(text, length),
        Value::Array(Array::String(texts)) => {
            texts
                .iter_mut()
                .for_each(|text| truncate_text(text, length));
        }
        _ => {}
    }
}

fn truncate_text(text: &mut StringValue, length: usize) {
    if let Some(cut) = truncated(text.as_str(), length) {
        *text = StringValue::from(cut.to_owned());
    }
}

/// The first `length` characters, if there are more.
pub(super) fn truncated(text: &str, length: usize) -> Option<&str> {
    let (end, _) = text.char_indices().nth(length)?;
    Some(&text[..end])
}

/// A processor or observer that gets ended spans within the limits.
#[derive(Debug)]
pub(super) struct Limited<P> {
    limits: settings::LimitSettings,
    /// For spans of the SDK; our own spans are redacted already.
    redaction: Option<Redaction>,
    inner: P,
}

impl<P> Limited<P> {
    /// For spans of our own provider.
    pub(super) fn new(limits: settings::LimitSettings, inner: P) -> Self {
        Limited {
            limits,
            redaction: None,
            inner,
        }
    }

    /// For spans of the SDK.
    pub(super) fn redacted(
        limits: settings::LimitSettings,
        redaction: Option<Redaction>,
        inner: P,
    ) -> Self {
        Limited {
            redaction,
            ..Limited::new(limits, inner)
        }
    }
}

impl<P: SpanProcessor> SpanProcessor for Limited<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.inner.on_start(span, context);
    }

    fn on_end(&self, mut span: SpanData) {
        // Before the limits, as the hook may not recognise a value that was cut.
        if let Some(redaction) = &self.redaction {
            redaction.data(&mut span);
        }
        self.limits.apply(&mut span);
        self.inner.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

impl<O: Observer> Observer for Limited<O> {
    fn started(&self, span: &mut Record, parent: &Context) {
        self.inner.started(span, parent);
    }

    fn ended(&self, mut span: SpanData) {
        self.limits.apply(&mut span);
        self.inner.ended(span);
    }

    fn flush(&self) -> OTelSdkResult {
        self.inner.flush()
    }

    fn shutdown(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown(timeout)
    }
}
