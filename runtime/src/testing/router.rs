//! The provider that tests capture with, and the way of a span to its capture.

use std::borrow::Cow;
use std::sync::Once;
use std::time::Duration;

use opentelemetry::trace::{Link, Span as _, SpanId, SpanKind, Tracer as _};
use opentelemetry::{Context, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanLimits, SpanProcessor};

use super::ended::{self, Ended};
use super::strays;
use crate::recorder::{Exporters, Observer, Provider, Record, Sampling, Settings};
use crate::scoped_attributes::ScopedAttributes;
use crate::{current_context, propagation};

/// Whether the variable asks for the SDK's provider, for who wants to know that both do the same.
const SDK: &str = "TRACED_TESTING_SDK";

/// Installs the provider if this is the first capture of the process.
///
/// # Panics
///
/// If another provider was installed since.
#[track_caller]
pub(super) fn install_once() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(install);
    assert!(is_ours_installed(), "{REPLACED}");
}

fn install() {
    // As in a program with `init`, requests take the trace along. A propagator of the program stays.
    if global::get_text_map_propagator(|installed| installed.fields().next().is_none()) {
        propagation::use_w3c();
    }
    // Samples everything, even if `OTEL_TRACES_SAMPLER` says otherwise where the tests run.
    let sampler = Sampler::ParentBased(Box::new(Sampler::AlwaysOn));
    if std::env::var_os(SDK).is_some() {
        let provider = SdkTracerProvider::builder()
            .with_sampler(sampler)
            .with_span_processor(ScopedAttributes)
            .with_span_processor(Router);
        crate::set_tracer_provider(provider.build());
    } else {
        crate::set_tracer_provider(Provider::new(Settings {
            sampling: Sampling::Plain(sampler),
            ids: None,
            limits: SpanLimits::default(),
            observers: vec![Box::new(Router)],
            redaction: None,
            exporters: Exporters::default(),
            #[cfg(feature = "metrics")]
            counts: None,
        }));
    }
}

/// Whether spans still come to [`Router`]. The API does not say whose the global provider is, so
/// a span has to find out.
pub(super) fn is_ours_installed() -> bool {
    let probe = Ended::default();
    let context = probe.context(&Context::new());
    let tracer = global::tracer(env!("CARGO_PKG_NAME"));
    tracer.start_with_context("probe", &context).end();
    !probe.snapshot().spans.is_empty()
}

pub(super) const REPLACED: &str = "another tracer provider was installed after the first capture of this \
    process (`traced::init()`, `set_tracer_provider`): it gets all spans, and captures get none; \
    install none where tests capture";

/// Sends every span to the capture whose context it started under, or to that of its parent, or of a span that it
/// is linked to.
#[derive(Debug)]
struct Router;

/// The data that is known when a span starts.
struct Starting<'s> {
    id: SpanId,
    name: Cow<'static, str>,
    parent: SpanId,
    kind: SpanKind,
    links: &'s [Link],
}

impl Router {
    fn started(&self, context: &Context, span: Starting<'_>) {
        // A root starts under a context of its own, but in the caller's.
        let caller = current_context::current();
        let capture = Ended::of(context).or_else(|| Ended::of(&caller));
        // A server of the test knows of it only what the headers of a request say: a span.
        let capture = capture.cloned().or_else(|| ended::capture_of(span.parent));
        let linked = || {
            let mut links = span.links.iter();
            links.find_map(|link| ended::capture_of(link.span_context.span_id()))
        };
        if let Some(capture) = capture.or_else(linked) {
            capture.start(span.id, span.name);
        } else if span.parent == SpanId::INVALID && strays::may_be_lost(&span.kind) {
            strays::note(span.name);
        }
    }

    fn ended(&self, span: SpanData) {
        if let Some(capture) = ended::capture_of(span.span_context.span_id()) {
            capture.end(span);
        }
    }
}

impl Observer for Router {
    fn started(&self, span: &mut Record, parent: &Context) {
        let starting = Starting {
            id: span.span_context().span_id(),
            name: span.name().clone(),
            parent: span.parent(),
            kind: span.kind().clone(),
            links: span.links(),
        };
        self.started(parent, starting);
    }

    fn ended(&self, span: SpanData) {
        self.ended(span);
    }
}

impl SpanProcessor for Router {
    fn on_start(&self, span: &mut opentelemetry_sdk::trace::Span, context: &Context) {
        let Some(data) = span.exported_data() else {
            return;
        };
        let starting = Starting {
            id: data.span_context.span_id(),
            name: data.name,
            parent: data.parent_span_id,
            kind: data.span_kind,
            links: &data.links.links,
        };
        self.started(context, starting);
    }

    fn on_end(&self, span: SpanData) {
        self.ended(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _timeout: Duration) -> OTelSdkResult {
        Ok(())
    }

    fn set_resource(&mut self, _resource: &Resource) {}
}
