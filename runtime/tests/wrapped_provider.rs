//! A provider that a program wraps around ours gets every span, however the program installs it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use opentelemetry::global::{self, BoxedSpan, BoxedTracer, GlobalTracerProvider};
use opentelemetry::trace::{SpanBuilder, Tracer, TracerProvider};
use opentelemetry::{Context, InstrumentationScope};
use traced::testing::Capture;
use traced::traced;

/// Counts the spans that go through it.
#[derive(Clone)]
struct Counting {
    inner: GlobalTracerProvider,
    spans: Arc<AtomicUsize>,
}

struct CountingTracer {
    inner: BoxedTracer,
    spans: Arc<AtomicUsize>,
}

impl Counting {
    /// Wraps the provider that is installed now.
    fn around_installed() -> Self {
        Counting {
            inner: global::tracer_provider(),
            spans: Arc::default(),
        }
    }

    fn take(&self) -> usize {
        self.spans.swap(0, Ordering::Relaxed)
    }
}

impl TracerProvider for Counting {
    type Tracer = CountingTracer;

    fn tracer_with_scope(&self, scope: InstrumentationScope) -> CountingTracer {
        CountingTracer {
            inner: self.inner.tracer_with_scope(scope),
            spans: Arc::clone(&self.spans),
        }
    }
}

impl Tracer for CountingTracer {
    type Span = BoxedSpan;

    fn build_with_context(&self, builder: SpanBuilder, parent: &Context) -> BoxedSpan {
        self.spans.fetch_add(1, Ordering::Relaxed);
        self.inner.build_with_context(builder, parent)
    }
}

#[traced]
fn outer() {
    inner();
}

#[traced(attributes(n = 1))]
fn inner() {}

/// A single test, because all tests of a process share the global provider.
#[test]
fn a_wrapping_provider_gets_every_span() {
    let capture = Capture::new();
    let _attached = capture.context().attach();
    outer();
    assert_eq!(capture.spans().tree(), "outer\n  inner n=1\n");

    // Installed through `traced`.
    let around = Counting::around_installed();
    traced::set_tracer_provider(around.clone());
    outer();
    assert_eq!(around.take(), 2);

    // Installed through `opentelemetry`: `traced` hears of it only by `refresh_tracer_provider`.
    let outermost = Counting::around_installed();
    global::set_tracer_provider(outermost.clone());
    traced::refresh_tracer_provider();
    outer();
    assert_eq!((around.take(), outermost.take()), (2, 2));
    let tree = "outer\n  inner n=1\n";
    assert_eq!(capture.spans().tree(), tree.repeat(3));
}
