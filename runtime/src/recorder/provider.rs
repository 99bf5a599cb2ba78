//! The provider and its tracers: implementations of OpenTelemetry's API.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{IdGenerator, SpanLimits};

#[cfg(feature = "metrics")]
use super::counts::SpanCounts;
use super::exporters::Exporters;
use super::ids::Ids;
use super::record::{Observer, Shared};
use super::sampling::Sampling;
use super::scope::Scope;
use crate::encoding::MAX_WRITTEN;
use crate::failure::Exception;
use crate::redaction::Redaction;

/// A tracer provider. Clones, tracers and spans share its state.
#[derive(Debug, Clone)]
pub(crate) struct Provider(Arc<Shared>);

/// The parts of a provider.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) sampling: Sampling,
    /// Random ids unless set.
    pub(crate) ids: Option<Box<dyn IdGenerator>>,
    pub(crate) limits: SpanLimits,
    /// In the order in which they are called.
    pub(crate) observers: Vec<Box<dyn Observer>>,
    /// Applied once to each span, before observers and exporters have it.
    pub(crate) redaction: Option<Redaction>,
    pub(crate) exporters: Exporters,
    /// Counts of spans, if metrics are enabled.
    #[cfg(feature = "metrics")]
    pub(crate) counts: Option<Arc<SpanCounts>>,
}

/// Whether there was ever a provider of ours.
static IS_IN_USE: AtomicBool = AtomicBool::new(false);

/// Whether a span may be one of ours.
pub(crate) fn is_in_use() -> bool {
    IS_IN_USE.load(Ordering::Relaxed)
}

impl Provider {
    pub(crate) fn new(settings: Settings) -> Self {
        IS_IN_USE.store(true, Ordering::Relaxed);
        let writes_attributes = settings.sampling.is_ours()
            && settings.observers.is_empty()
            && settings.redaction.is_none()
            && settings.limits.max_attributes_per_span as usize >= MAX_WRITTEN
            && settings.exporters.take_written();
        let writes_exceptions = writes_attributes
            && settings.limits.max_attributes_per_event as usize >= Exception::MOST_ATTRIBUTES
            && settings.exporters.take_written_exceptions();
        let is_watched = !settings.observers.is_empty();
        #[cfg(feature = "metrics")]
        let is_watched = is_watched || settings.counts.is_some();
        Provider(Arc::new(Shared {
            writes_attributes,
            writes_exceptions,
            known_root: settings.sampling.known_root(),
            sampling: settings.sampling,
            ids: Ids::new(settings.ids),
            limits: settings.limits,
            tells_starts: is_watched,
            tells_ends: is_watched || settings.redaction.is_some(),
            #[cfg(feature = "metrics")]
            counts: settings.counts,
            observers: settings.observers,
            redaction: settings.redaction,
            scopes: settings.exporters.scopes(),
            exporters: settings.exporters,
            is_shut_down: AtomicBool::new(false),
        }))
    }

    /// Whether attributes are encoded as they are collected.
    #[cfg(all(test, feature = "init"))]
    pub(crate) fn writes_attributes(&self) -> bool {
        self.0.writes_attributes
    }

    /// Counts of spans, if metrics are enabled.
    #[cfg(feature = "metrics")]
    pub(crate) fn counts(&self) -> Option<Arc<SpanCounts>> {
        self.0.counts.clone()
    }

    /// Flushes all observers, and returns the first error.
    pub(crate) fn force_flush(&self) -> OTelSdkResult {
        let flushed = self.0.observers.iter().map(|observer| observer.flush());
        flushed.fold(Ok(()), OTelSdkResult::and)
    }

    /// Shuts the observers down, and returns the first error. No span starts from now on.
    pub(crate) fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        if self.0.is_shut_down.swap(true, Ordering::AcqRel) {
            return Ok(());
        }
        let ended = self
            .0
            .observers
            .iter()
            .map(|observer| observer.shutdown(timeout));
        ended.fold(Ok(()), OTelSdkResult::and)
    }
}

impl TracerProvider for Provider {
    type Tracer = Tracer;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> Tracer {
        let tracer = Tracer {
            scope: self.0.scopes.intern(scope),
            shared: Arc::clone(&self.0),
        };
        Witness::note(&tracer);
        tracer
    }
}

/// The tracer of one scope.
#[derive(Debug, Clone)]
pub(crate) struct Tracer {
    pub(super) shared: Arc<Shared>,
    pub(super) scope: Scope,
}

/// Whether a call site is getting a tracer from the global provider, and the tracer if it is one of ours: the API
/// returns a boxed tracer, whose type cannot be seen.
#[derive(Debug, Default)]
enum Witness {
    #[default]
    Idle,
    Waiting,
    Made(Tracer),
}

thread_local! {
    static WITNESS: Cell<Witness> = const { Cell::new(Witness::Idle) };
}

impl Witness {
    fn note(tracer: &Tracer) {
        let _ = WITNESS.try_with(|witness| match witness.take() {
            Witness::Idle => {}
            Witness::Waiting | Witness::Made(_) => witness.set(Witness::Made(tracer.clone())),
        });
    }
}

/// Runs `get`, which gets a tracer from the global provider, and also returns our tracer if one of our
/// providers made one.
///
/// A provider that wraps ours gets a tracer from it too, so the caller must know whether ours is wrapped.
pub(crate) fn witness<R>(get: impl FnOnce() -> R) -> (R, Option<Tracer>) {
    let before = WITNESS.try_with(|witness| witness.replace(Witness::Waiting));
    let result = get();
    let answer = WITNESS.try_with(Cell::take);
    drop(before);
    match answer {
        Ok(Witness::Made(tracer)) => (result, Some(tracer)),
        _ => (result, None),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use opentelemetry::KeyValue;
    use opentelemetry::trace::{Span as _, Tracer as _};
    use opentelemetry_sdk::trace::{Sampler, SpanData};

    use super::*;

    fn provider() -> Provider {
        observed(Vec::new())
    }

    fn observed(observers: Vec<Box<dyn Observer>>) -> Provider {
        Provider::new(Settings {
            sampling: Sampling::new(Sampler::AlwaysOn),
            ids: None,
            limits: SpanLimits::default(),
            observers,
            redaction: None,
            exporters: Exporters::default(),
            #[cfg(feature = "metrics")]
            counts: None,
        })
    }

    #[derive(Debug)]
    struct Ended(mpsc::Sender<SpanData>);

    impl Observer for Ended {
        fn ended(&self, span: SpanData) {
            self.0.send(span).unwrap();
        }
    }

    #[test]
    fn a_span_that_starts_with_too_many_attributes_keeps_the_first() {
        let (sender, ended) = mpsc::channel();
        let tracer = observed(vec![Box::new(Ended(sender))]).tracer("limits");
        let limit = i64::from(SpanLimits::default().max_attributes_per_span);
        for count in [limit, limit + 1, limit + 2] {
            let attributes = (0..count).map(|n| KeyValue::new(n.to_string(), n));
            let builder = tracer.span_builder("span").with_attributes(attributes);
            let mut span = tracer.build(builder);
            // One more has no place, and one that is there gets another value.
            span.set_attribute(KeyValue::new("later", 1));
            span.set_attribute(KeyValue::new("100", -1));
            drop(span);
            let span = ended.recv().unwrap();
            let kept = span.attributes.iter().map(|kept| kept.key.to_string());
            assert!(kept.eq((0..limit).map(|n| n.to_string())), "{count}");
            assert_eq!(span.attributes[100].value, (-1).into());
            let dropped = i64::from(span.dropped_attributes_count);
            assert_eq!(dropped, count - limit + 1);
        }
    }

    #[test]
    fn a_span_of_a_tracer_records_until_it_ends() {
        let mut span = provider().tracer("ours").start("span");
        assert!(span.is_recording());
        span.end();
        assert!(!span.is_recording());
    }

    #[test]
    fn a_tracer_of_ours_is_witnessed_where_one_is_asked_for() {
        let provider = provider();
        let ((), seen) = witness(|| drop(provider.tracer("ours")));
        let seen = seen.expect("a tracer of ours was made");
        assert!(Arc::ptr_eq(&seen.shared, &provider.0));
        let ((), seen) = witness(|| ());
        assert!(seen.is_none());
        // The last one that was made is that of the provider which wraps others.
        let outer = self::provider();
        let ((), seen) = witness(|| {
            drop(provider.tracer("inner"));
            drop(outer.tracer("outer"));
        });
        assert!(Arc::ptr_eq(&seen.unwrap().shared, &outer.0));
    }
}
