//! A server for a test, and the spans of one trace from all tasks of client and server.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use axum::Router;
use opentelemetry::trace::{FutureExt as _, SpanKind, Status, TraceContextExt as _, TraceId};
use opentelemetry::trace::{Tracer as _, TracerProvider as _};
use opentelemetry::{Context, Value};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tokio::net::TcpListener;

/// Starts a server with these routes on a free port.
pub(crate) async fn serve(routes: Router) -> SocketAddr {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    address
}

/// Runs `f` in a trace of its own, waits until it has `spans` spans, and returns them.
pub(crate) async fn traced<F: Future>(spans: usize, f: F) -> (F::Output, Trace) {
    let (provider, exporter) = telemetry();
    let root = provider.tracer("test").start("test");
    let context = Context::current_with_span(root);
    let id = context.span().span_context().trace_id();
    let out = f.with_context(context.clone()).await;
    context.span().end();
    for _ in 0..1000 {
        if of_trace(exporter, id).len() > spans {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let found = of_trace(exporter, id);
    assert_eq!(found.len(), spans + 1, "{found:#?}");
    (out, Trace(found))
}

fn telemetry() -> &'static (SdkTracerProvider, InMemorySpanExporter) {
    static TELEMETRY: OnceLock<(SdkTracerProvider, InMemorySpanExporter)> = OnceLock::new();
    TELEMETRY.get_or_init(|| {
        let exporter = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder()
            .with_simple_exporter(exporter.clone())
            .build();
        traced::set_tracer_provider(provider.clone());
        traced::propagation::use_w3c();
        (provider, exporter)
    })
}

fn of_trace(exporter: &InMemorySpanExporter, id: TraceId) -> Vec<SpanData> {
    let finished = exporter.get_finished_spans().unwrap();
    let of_trace = |span: &SpanData| span.span_context.trace_id() == id;
    finished.into_iter().filter(of_trace).collect()
}

/// The spans of a trace, with the root span of the test.
pub(crate) struct Trace(Vec<SpanData>);

impl Trace {
    #[track_caller]
    pub(crate) fn named(&self, name: &str) -> Seen<'_> {
        match self.all_named(name)[..] {
            [span] => span,
            ref found => panic!("{} spans named {name:?}: {:#?}", found.len(), self.0),
        }
    }

    /// The spans with this name, in the order of their end.
    pub(crate) fn all_named(&self, name: &str) -> Vec<Seen<'_>> {
        let named = self.0.iter().filter(|span| span.name == name);
        named.map(Seen).collect()
    }

    #[track_caller]
    pub(crate) fn of_kind(&self, kind: &SpanKind) -> Seen<'_> {
        let of_kind: Vec<_> = self
            .0
            .iter()
            .filter(|span| span.span_kind == *kind)
            .collect();
        match of_kind[..] {
            [span] => Seen(span),
            _ => panic!("{} spans of kind {kind:?}: {:#?}", of_kind.len(), self.0),
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'t>(pub(crate) &'t SpanData);

impl Seen<'_> {
    pub(crate) fn value(self, key: &str) -> Option<Value> {
        let mut attributes = self.0.attributes.iter();
        let found = attributes.find(|attribute| attribute.key.as_str() == key);
        found.map(|attribute| attribute.value.clone())
    }

    pub(crate) fn text(self, key: &str) -> Option<String> {
        self.value(key).map(|value| value.to_string())
    }

    pub(crate) fn number(self, key: &str) -> Option<i64> {
        match self.value(key)? {
            Value::I64(number) => Some(number),
            other => panic!("{key} is {other:?}"),
        }
    }

    pub(crate) fn is_error(self) -> bool {
        matches!(self.0.status, Status::Error { .. })
    }

    pub(crate) fn is_child_of(self, parent: Seen<'_>) -> bool {
        self.0.parent_span_id == parent.0.span_context.span_id()
    }
}
