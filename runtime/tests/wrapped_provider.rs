//! Is a provider that somebody puts around ours asked for every span, however it is installed?

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
    /// Around whatever is installed.
    fn around() -> Self {
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

/// One test, as there is one global provider.
#[test]
fn a_provider_around_ours_is_not_bypassed() {
    let capture = Capture::new();
    let _attached = capture.context().attach();
    outer();
    assert_eq!(capture.spans().tree(), "outer\n  inner n=1\n");

    // Installed through us.
    let around = Counting::around();
    traced::set_tracer_provider(around.clone());
    outer();
    assert_eq!(around.take(), 2);

    // Around that one, and without a word to us but for `refresh_tracer_provider`.
    let behind_our_back = Counting::around();
    global::set_tracer_provider(behind_our_back.clone());
    traced::refresh_tracer_provider();
    outer();
    assert_eq!((around.take(), behind_our_back.take()), (2, 2));
    let tree = "outer\n  inner n=1\n";
    assert_eq!(capture.spans().tree(), tree.repeat(3));
}
