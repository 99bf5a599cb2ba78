//! The provider, subscriber and reporter behind the measured spans.

use std::any::Any;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fastrace_opentelemetry::OpenTelemetryReporter;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider,
};
use opentelemetry::{Context, InstrumentationScope};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, Span, SpanData,
    SpanExporter, SpanProcessor,
};
use tracing_subscriber::layer::SubscriberExt;

/// A setup behind the measured spans.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    /// No provider is installed.
    NoProvider,
    /// The result of `OTEL_SDK_DISABLED=true`: propagators without a provider, so that functions
    /// run below a remote parent.
    SdkDisabled,
    /// The SDK, and a filter that excludes every function.
    FilterOff,
    /// The SDK with a sampler that drops every span.
    AlwaysOff,
    /// The SDK with its default sampler, below a remote parent that is not sampled.
    Unsampled,
    /// Every span is recorded, and a processor drops it.
    Recording,
    /// Every span is recorded and goes through the batch processor to an exporter that drops it.
    Batched,
    /// For `traced` the provider that `init` installs, with an exporter that drops spans; for the
    /// others as [`Mode::Batched`].
    Init,
    /// As [`Mode::Init`] with a sampler that drops every span; for the others as
    /// [`Mode::AlwaysOff`].
    InitOff,
    /// As [`Mode::Init`], and the polls of futures are timed.
    InitPollTimes,
    /// As [`Mode::Init`], and open spans are kept for `live()`.
    InitLive,
}

impl Mode {
    pub(crate) const ALL: [Mode; 11] = [
        Mode::NoProvider,
        Mode::SdkDisabled,
        Mode::FilterOff,
        Mode::AlwaysOff,
        Mode::Unsampled,
        Mode::Recording,
        Mode::Batched,
        Mode::Init,
        Mode::InitOff,
        Mode::InitPollTimes,
        Mode::InitLive,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Mode::NoProvider => "no-provider",
            Mode::SdkDisabled => "sdk-disabled",
            Mode::FilterOff => "filter-off",
            Mode::AlwaysOff => "always-off",
            Mode::Unsampled => "unsampled",
            Mode::Recording => "recording",
            Mode::Batched => "batched",
            Mode::Init => "init",
            Mode::InitOff => "init-off",
            Mode::InitPollTimes => "init-poll-times",
            Mode::InitLive => "init-live",
        }
    }

    /// Whether no provider is installed.
    pub(crate) fn has_no_provider(self) -> bool {
        matches!(self, Mode::NoProvider | Mode::SdkDisabled)
    }

    /// Installs the provider; with `lean`, tracing's subscriber records no code locations, threads
    /// or idle times.
    pub(crate) fn install(self, lean: bool) {
        if self == Mode::FilterOff {
            traced::set_filter("off".parse().expect("a filter"));
        }
        if self == Mode::SdkDisabled {
            opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
        }
        if self.has_no_provider() {
            return;
        }
        let provider = self.provider();
        traced::set_tracer_provider(provider.clone());
        install_tracing(&provider, lean);
        let reporter = OpenTelemetryReporter::new(
            Null { counts: false },
            std::borrow::Cow::Owned(Resource::builder_empty().build()),
            InstrumentationScope::builder("bench").build(),
        );
        fastrace::set_reporter(reporter, fastrace::collector::Config::default());
        assert!(PROVIDER.set(provider).is_ok(), "a mode is installed once");
        self.init();
    }

    /// Installs telemetry for `traced` beside the SDK's provider for the others.
    fn init(self) {
        let sampler = match self {
            Mode::Init | Mode::InitPollTimes | Mode::InitLive => Sampler::AlwaysOn,
            Mode::InitOff => Sampler::AlwaysOff,
            _ => return,
        };
        // The variant `c` caches the first tracer that it finds, which must be the SDK's.
        crate::variants::keep_tracer_of_c();
        let batch = traced::telemetry::Batch::new()
            .max_queue_size(QUEUE)
            .max_queue_bytes(usize::MAX)
            // Only a full batch and a flush are exported, so that a count of instructions is the same each time.
            .schedule_delay(Duration::from_secs(10));
        let builder = traced::telemetry::TelemetryBuilder::default();
        let builder = match self {
            Mode::InitPollTimes => builder.poll_times(true),
            Mode::InitLive => builder.live(true),
            _ => builder,
        };
        let telemetry = builder
            .sampler(sampler)
            .span_batch(batch)
            .span_exporter(Null { counts: true })
            .init()
            .expect("the first time");
        assert!(TELEMETRY.set(telemetry).is_ok(), "a mode is installed once");
    }

    fn provider(self) -> SdkTracerProvider {
        let builder = SdkTracerProvider::builder();
        match self {
            Mode::NoProvider | Mode::SdkDisabled => unreachable!("it has none"),
            Mode::AlwaysOff | Mode::InitOff => builder
                .with_sampler(Sampler::AlwaysOff)
                .with_span_processor(NoOp)
                .build(),
            Mode::Unsampled => builder
                .with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOn)))
                .with_span_processor(NoOp)
                .build(),
            Mode::Recording | Mode::FilterOff => builder.with_span_processor(NoOp).build(),
            Mode::Batched | Mode::Init | Mode::InitPollTimes | Mode::InitLive => {
                let config = BatchConfigBuilder::default()
                    .with_max_queue_size(QUEUE)
                    .with_scheduled_delay(Duration::from_millis(100))
                    .build();
                let processor = BatchSpanProcessor::builder(Null { counts: true })
                    .with_batch_config(config)
                    .build();
                builder.with_span_processor(processor).build()
            }
        }
    }

    /// The current spans around the measured ones: the remote parent for OpenTelemetry, and the
    /// local root without which fastrace records nothing.
    pub(crate) fn surroundings(self, variant: &str) -> Option<Box<dyn Any>> {
        match (self, variant) {
            (Mode::NoProvider, _) | (Mode::SdkDisabled, "fastrace") => None,
            (_, "fastrace") => {
                let sampled = !matches!(self, Mode::AlwaysOff | Mode::InitOff | Mode::Unsampled);
                let context = fastrace::prelude::SpanContext::random().sampled(sampled);
                let root = fastrace::Span::root("root", context);
                let guard = root.set_local_parent();
                Some(Box::new((guard, root)))
            }
            (Mode::Unsampled, _) => Some(below_a_remote_parent(TraceFlags::default())),
            (Mode::SdkDisabled, _) => Some(below_a_remote_parent(TraceFlags::SAMPLED)),
            _ => None,
        }
    }

    /// Flushes, so that no queue is full and drops spans.
    pub(crate) fn flush(self) {
        if self.is_batched() {
            let provider = PROVIDER.get().expect("installed");
            provider.force_flush().expect("a null exporter can");
        }
        if let Some(telemetry) = TELEMETRY.get() {
            telemetry.force_flush();
        }
    }

    /// Whether spans go through a queue to an exporter that counts them.
    pub(crate) fn is_batched(self) -> bool {
        matches!(
            self,
            Mode::Batched | Mode::Init | Mode::InitPollTimes | Mode::InitLive
        )
    }

    /// The shapes that show what one more thing that is recorded costs; `None` where all do.
    pub(crate) fn shapes(self) -> Option<&'static str> {
        matches!(self, Mode::InitPollTimes | Mode::InitLive)
            .then_some("sync;async;async, 10 yields")
    }
}

fn below_a_remote_parent(flags: TraceFlags) -> Box<dyn Any> {
    let parent = SpanContext::new(
        TraceId::from(1),
        SpanId::from(2),
        flags,
        true,
        TraceState::default(),
    );
    let context = Context::new().with_remote_span_context(parent);
    Box::new(context.attach())
}

fn install_tracing(provider: &SdkTracerProvider, lean: bool) {
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
    let layer = match lean {
        true => layer
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false),
        false => layer,
    };
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::set_global_default(subscriber).expect("a mode is installed once");
}

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();
static TELEMETRY: OnceLock<traced::telemetry::TelemetryGuard> = OnceLock::new();

/// The queue's size in spans, large enough that none is dropped, as dropping is cheaper.
const QUEUE: usize = 1 << 18;

/// The number of spans that the exporters received.
static SEEN: AtomicU64 = AtomicU64::new(0);

/// The number of spans that the exporters received.
pub(crate) fn exported() -> u64 {
    SEEN.load(Ordering::Relaxed)
}

#[derive(Debug)]
struct NoOp;

impl SpanProcessor for NoOp {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, _: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[derive(Debug)]
struct Null {
    // Whether spans are counted; fastrace reports at times of its own choosing, so its spans are
    // not.
    counts: bool,
}

impl SpanExporter for Null {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        if self.counts {
            SEEN.fetch_add(batch.len() as u64, Ordering::Relaxed);
        }
        Ok(())
    }
}
