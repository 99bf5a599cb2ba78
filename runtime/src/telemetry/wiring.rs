//! From code and environment to an installed provider: the one place that puts the parts together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanProcessor, TracerProviderBuilder};

use super::builder::{Exporter, TelemetryBuilder};
use super::environment::{Choice, Choices, Environment};
use super::error::InitError;
use super::export::{BatchedSpans, Exporting};
use super::guard::{Parts, TelemetryGuard};
use super::limits::Limited;
use super::notice::{self, Level};
use super::otlp::{Otlp, Signal};
use super::variables::{
    CONFIG_FILE, ENTITIES, EXPERIMENTAL_CONFIG_FILE, LOG_LEVEL, SDK_DISABLED, Variable,
};
use super::{exporters, propagators, sampler, settings};
use crate::Filter;
use crate::console::ConsoleProcessor;

/// Once a process: the provider, the propagator and the guard's report are all there is one of.
static IS_INITIALIZED: AtomicBool = AtomicBool::new(false);

pub(super) fn init(builder: TelemetryBuilder) -> Result<TelemetryGuard, InitError> {
    if IS_INITIALIZED.swap(true, Ordering::AcqRel) {
        return Err(InitError::AlreadyInitialized);
    }
    let mut environment = Environment::of_process();
    let guard = install(builder, &mut environment);
    for warning in environment.into_warnings() {
        notice::once(Level::Warn, &warning, &warning);
    }
    if guard.is_err() {
        IS_INITIALIZED.store(false, Ordering::Release);
    }
    guard
}

fn install(
    mut builder: TelemetryBuilder,
    environment: &mut Environment,
) -> Result<TelemetryGuard, InitError> {
    environment.choice(&LOG_LEVEL, LEVELS);
    let propagators = builder.propagators.take();
    let propagators = propagators.unwrap_or_else(|| propagators::of_environment(environment));
    if environment.boolean(&SDK_DISABLED) == Some(true) {
        propagators::install(propagators);
        return Ok(TelemetryGuard::new(Parts::default(), builder.deadline));
    }
    warn_of_unsupported(environment);
    let deadline = builder.deadline;
    #[cfg(all(feature = "signals", unix))]
    let flush_on_signals = builder.flush_on_signals;
    let filter = builder.filter.take();
    let parts = build(builder, environment)?;
    propagators::install(propagators);
    if let Some(filter) = filter.or_else(Filter::from_env) {
        crate::set_filter(filter);
    }
    if let Some(provider) = &parts.tracer_provider {
        crate::set_tracer_provider(provider.clone());
    }
    let guard = TelemetryGuard::new(parts, deadline);
    #[cfg(all(feature = "signals", unix))]
    if flush_on_signals {
        guard.flush_on_signals().map_err(InitError::Thread)?;
    }
    Ok(guard)
}

static LEVELS: &Choices<()> = &[
    ("none", Choice::Is(())),
    ("off", Choice::Is(())),
    ("error", Choice::Is(())),
    ("fatal", Choice::Is(())),
    ("warn", Choice::Is(())),
    ("warning", Choice::Is(())),
    ("info", Choice::Is(())),
    ("debug", Choice::Is(())),
    ("trace", Choice::Is(())),
    ("verbose", Choice::Is(())),
    ("all", Choice::Is(())),
];

/// What the specification has and we do not.
fn warn_of_unsupported(environment: &mut Environment) {
    let unsupported: [(&Variable, &str); 3] = [
        (
            &CONFIG_FILE,
            "configuration files are not supported, the other variables count; leave it out",
        ),
        (
            &EXPERIMENTAL_CONFIG_FILE,
            "configuration files are not supported, the other variables count; leave it out",
        ),
        (
            &ENTITIES,
            "entities are not supported; write `OTEL_RESOURCE_ATTRIBUTES` instead",
        ),
    ];
    for (variable, why) in unsupported {
        if environment.text(variable).is_some() {
            environment.warn(variable, why);
        }
    }
}

/// Nothing in here changes anything of the process's, but for the exporters' thread.
fn build(builder: TelemetryBuilder, environment: &mut Environment) -> Result<Parts, InitError> {
    let limits = builder.limits.settings(environment);
    let batch = builder.span_batch.of_spans(environment);
    let resource = builder.described.resource(environment);
    let sampler = match builder.sampler {
        Some(sampler) => sampler,
        None => sampler::of_environment(environment).into(),
    };
    let exporters = builder
        .exporters
        .unwrap_or_else(|| of_environment(environment));
    let mut pipelines = Pipelines::new(limits, batch);
    for processor in builder.processors {
        pipelines.add(processor);
    }
    for exporter in exporters {
        match exporter {
            Exporter::Otlp(otlp) => {
                pipelines.export(&otlp.settings(environment, Signal::Traces)?)?
            }
            Exporter::Console(console) => pipelines.add(Box::new(console)),
            Exporter::Own(processor) => pipelines.add(processor(batch)),
        }
    }
    let provider = SdkTracerProvider::builder()
        .with_resource(resource)
        .with_sampler(sampler)
        .with_span_limits(limits.of_sdk());
    let provider = match builder.ids {
        Some(ids) => provider.with_id_generator(ids),
        None => provider,
    };
    Ok(pipelines.of(provider))
}

fn of_environment(environment: &mut Environment) -> Vec<Exporter> {
    let named = exporters::of_environment(environment, Signal::Traces).into_iter();
    let exporters = named.map(|exporter| match exporter {
        exporters::Exporter::Otlp => Exporter::Otlp(Otlp::new()),
        exporters::Exporter::Console => Exporter::Console(ConsoleProcessor::new()),
    });
    exporters.collect()
}

enum Processor {
    Limited(Limited),
    /// Limits are applied on the exporters' thread.
    Batched(BatchedSpans),
}

/// The processors of the provider, in order.
struct Pipelines {
    limits: settings::Limits,
    batch: settings::Batch,
    processors: Vec<Processor>,
    /// Only where something is exported is there a thread for it.
    exporting: Option<Exporting>,
}

impl Pipelines {
    fn new(limits: settings::Limits, batch: settings::Batch) -> Self {
        Pipelines {
            limits,
            batch,
            processors: Vec::new(),
            exporting: None,
        }
    }

    fn add(&mut self, processor: Box<dyn SpanProcessor>) {
        let limited = Limited::new(self.limits, processor);
        self.processors.push(Processor::Limited(limited));
    }

    fn export(&mut self, otlp: &settings::Otlp) -> Result<(), InitError> {
        let limits = self.limits;
        let exporting = match &mut self.exporting {
            Some(exporting) => exporting,
            none => none.insert(Exporting::start().map_err(InitError::Thread)?),
        };
        let finish = Arc::new(move |span: &mut SpanData| limits.apply(span));
        let spans = exporting.spans(otlp, self.batch, finish);
        let spans = spans.map_err(|error| InitError::Exporter(Box::new(error)))?;
        self.processors.push(Processor::Batched(spans));
        Ok(())
    }

    fn of(self, mut provider: TracerProviderBuilder) -> Parts {
        for processor in self.processors {
            provider = match processor {
                Processor::Limited(processor) => provider.with_span_processor(processor),
                Processor::Batched(processor) => provider.with_span_processor(processor),
            };
        }
        Parts {
            tracer_provider: Some(provider.build()),
            exporting: self.exporting.map(Arc::new),
        }
    }
}
