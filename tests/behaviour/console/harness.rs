//! A provider whose console prints into memory, with ids and times chosen by the test.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, TraceContextExt as _, TraceId, TraceState, Tracer as _,
    TracerProvider as _,
};
use opentelemetry_sdk::trace::{IdGenerator, SdkTracer, SdkTracerProvider};
use traced::console::{ColorChoice, ConsoleProcessor, ConsoleProcessorBuilder};

/// Longer than any test runs.
const FOREVER: Duration = Duration::from_secs(3_600);

/// A provider that prints into memory, and its tracer.
pub(super) struct Console {
    pub(super) provider: SdkTracerProvider,
    tracer: SdkTracer,
    printed: Printed,
}

/// A writer that keeps everything.
#[derive(Clone, Default)]
pub(super) struct Printed(pub(super) Arc<Mutex<Vec<u8>>>);

impl io::Write for Printed {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Console {
    /// 60 columns wide, and no tree is printed because time has passed.
    pub(super) fn new() -> Self {
        Console::with(|builder| builder)
    }

    pub(super) fn with(
        set: impl FnOnce(ConsoleProcessorBuilder) -> ConsoleProcessorBuilder,
    ) -> Self {
        let printed = Printed::default();
        let builder = ConsoleProcessor::builder()
            .writer(printed.clone())
            .color(ColorChoice::Never)
            .width(60)
            .grace(FOREVER)
            .max_age(FOREVER);
        let provider = SdkTracerProvider::builder()
            .with_id_generator(Counting::default())
            .with_span_processor(set(builder).build())
            .build();
        Console {
            tracer: provider.tracer("shop"),
            provider,
            printed,
        }
    }

    pub(super) fn start(&self, name: &'static str, parent: &Context, start: u64) -> Context {
        self.start_kind(name, SpanKind::Internal, parent, start)
    }

    pub(super) fn start_kind(
        &self,
        name: &'static str,
        kind: SpanKind,
        parent: &Context,
        start: u64,
    ) -> Context {
        let builder = self.tracer.span_builder(name).with_kind(kind);
        let builder = builder.with_start_time(at(start));
        parent.with_span(builder.start_with_context(&self.tracer, parent))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.printed.0.lock().unwrap().clone()).unwrap()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }
}

/// An id generator with the same ids in every run.
#[derive(Debug, Default)]
pub(super) struct Counting(AtomicU64);

impl Counting {
    /// Puts the varying digits first, where a shortened id shows them.
    fn next(&self) -> u64 {
        (self.0.fetch_add(1, Ordering::Relaxed) + 1).rotate_right(8)
    }
}

impl IdGenerator for Counting {
    fn new_trace_id(&self) -> TraceId {
        TraceId::from(u128::from(self.next()) << 64)
    }

    fn new_span_id(&self) -> SpanId {
        SpanId::from(self.next())
    }
}

pub(super) fn at(milliseconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(milliseconds)
}

pub(super) fn end(span: &Context, milliseconds: u64) {
    span.span().end_with_timestamp(at(milliseconds));
}

/// The context as extracted from the headers of a request.
pub(super) fn received(sent: &Context) -> Context {
    let span = sent.span().span_context().clone();
    Context::new().with_remote_span_context(SpanContext::new(
        span.trace_id(),
        span.span_id(),
        span.trace_flags(),
        true,
        TraceState::NONE,
    ))
}

/// A writer that sends the text to a channel, so that a test can wait for it.
pub(super) struct Sending(pub(super) Sender<String>);

impl io::Write for Sending {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        let _ = self.0.send(String::from_utf8_lossy(text).into_owned());
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits for text; the limit only ends a test that would never end.
pub(super) fn received_text(printed: &Receiver<String>) -> String {
    let text = printed.recv_timeout(Duration::from_secs(60));
    text.expect("the timer prints")
}
