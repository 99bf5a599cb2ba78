//! The provider of tests, which sends each span to its capture.

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

/// The variable that selects the SDK's provider, to check that both providers behave the same.
const SDK: &str = "TRACED_TESTING_SDK";

/// Installs the provider if this is the first capture of the process.
///
/// # Panics
///
/// If another provider was installed afterwards.
#[track_caller]
pub(super) fn install_once() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(install);
    assert!(is_ours_installed(), "{REPLACED}");
}

fn install() {
    // Requests send the trace, as in a program with `init`. A propagator of the program is kept.
    if global::get_text_map_propagator(|installed| installed.fields().next().is_none()) {
        propagation::use_w3c();
    }
    // Samples everything, whatever `OTEL_TRACES_SAMPLER` is.
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

/// Whether spans still reach [`Router`]. The API does not tell which provider is installed, so
/// this starts and ends a span.
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

/// Sends each span to the capture in whose context it started, otherwise to that of its parent or of a linked span.
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
        // A span with `root` starts in an empty context, but its caller's context may have a capture.
        let caller = current_context::current();
        let capture = Ended::of(context).or_else(|| Ended::of(&caller));
        // The span of a server in the test has no context of the test, only a span that the headers of a request name.
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
