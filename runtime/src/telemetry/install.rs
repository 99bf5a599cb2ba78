//! Builds and installs telemetry from the builder and the environment. Only this file puts the parts together.

mod boxed;
mod checks;
mod default_exporters;
mod exporters;
mod processor;
mod provider_parts;
#[cfg(feature = "logs")]
mod records;
mod sdk_provider;

use std::sync::Arc;

use opentelemetry_sdk::trace::SpanData;

#[cfg(feature = "logs")]
use self::default_exporters::collectors;
use self::processor::Processor;
use self::provider_parts::ProviderParts;
use super::builder::TelemetryBuilder;
#[cfg(feature = "config-file")]
use super::config_file;
use super::environment::Environment;
use super::error::InitError;
use super::export::Exporting;
use super::guard::TelemetryGuard;
#[cfg(feature = "metrics")]
use super::metrics;
use super::otlp_file::OtlpFile;
use super::provider::Provider;
use super::running::{Parts, Running, installed};
#[cfg(all(feature = "signals", unix))]
use super::signals;
use super::variables::{CODE_ATTRIBUTES, HTML, SDK_DISABLED};
use super::watch::WatchSettings;
use super::{propagators, sampler};
use crate::Filter;
use crate::code_attributes;
use crate::html::{Pages, Target};
use crate::inherited;
use crate::recorder::Sampling;
use crate::self_log::{self, Level};

impl TelemetryBuilder {
    /// Installs telemetry for the whole process, for as long as the guard lives.
    ///
    /// There is one at a time; after a shutdown, and in a forked child, `init` can be called again.
    ///
    /// # Errors
    ///
    /// [`InitError`]: nothing was installed. An invalid environment variable is no error: it is reported on stderr, and
    /// counts as unset.
    ///
    /// ```
    /// use traced::telemetry::{InitError, TelemetryBuilder};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let telemetry = TelemetryBuilder::default().no_exporter().init()?;
    /// let again = TelemetryBuilder::default().no_exporter().init();
    /// assert!(matches!(again, Err(InitError::AlreadyInitialized)));
    /// # drop(telemetry);
    /// # Ok(())
    /// # }
    /// ```
    pub fn init(self) -> Result<TelemetryGuard, InitError> {
        init(self)
    }
}

/// Installs telemetry, if there is none in this process: provider, propagator and subscriber are
/// global values.
fn init(builder: TelemetryBuilder) -> Result<TelemetryGuard, InitError> {
    let claim = installed::claim().ok_or(InitError::AlreadyInitialized)?;
    #[cfg(all(feature = "signals", unix))]
    if claim.is_in_child {
        signals::leave_to_default_in_child();
    }
    let mut environment = Environment::of_process();
    #[cfg(feature = "config-file")]
    let telemetry = config_file::configure(builder, &mut environment)
        .and_then(|builder| install(builder, &mut environment, claim.is_in_child));
    #[cfg(not(feature = "config-file"))]
    let telemetry = install(builder, &mut environment, claim.is_in_child);
    // Also after an error, which they may explain.
    for warning in environment.into_warnings() {
        self_log::once(Level::Warn, &warning, &warning);
    }
    let telemetry = telemetry?;
    claim.put(&telemetry);
    Ok(TelemetryGuard::new(telemetry))
}

/// Builds all parts, and then installs them.
fn install(
    mut builder: TelemetryBuilder,
    environment: &mut Environment,
    is_in_child: bool,
) -> Result<Arc<Running>, InitError> {
    checks::check_level(environment);
    let adopts_parent = builder.parent_of_environment;
    let own_propagators = builder.propagators.take();
    // A forked child has the propagators of its parent. Installing them again takes a lock of OpenTelemetry, which
    // another thread of the parent may have held during the fork.
    let has_propagators = is_in_child && own_propagators.is_none();
    let propagators = own_propagators.unwrap_or_else(|| propagators::of_environment(environment));
    let propagate = move || {
        inherited::set(adopts_parent, || {
            propagators::parent_of_environment(&propagators)
        });
        if !has_propagators {
            propagators::install(propagators);
        }
    };
    if environment.boolean(&SDK_DISABLED) == Some(true) {
        self_log::once(Level::Debug, "disabled", "OTEL_SDK_DISABLED: no telemetry");
        propagate();
        let parts = Parts {
            adopts_parent,
            ..Parts::default()
        };
        return Ok(Running::new(parts, builder.deadline));
    }
    checks::warn_of_unsupported(environment);
    let deadline = builder.deadline;
    #[cfg(all(feature = "signals", unix))]
    let is_flushed_on_signals = builder.flush_on_signals;
    #[cfg(all(not(feature = "signals"), target_os = "linux"))]
    let is_flushed_on_signals = false;
    let filter = builder.filter.take().or_else(Filter::from_env);
    let redaction = builder.redaction.clone();
    let watch = builder.watch.settings(environment);
    let built = build(builder, environment, watch)?;
    #[cfg(feature = "metrics")]
    let counted = built.counted();
    let parts = Parts {
        tracer_provider: Some(built.provider.clone()),
        exporting: built.exporting.map(Arc::new),
        has_filter: filter.is_some(),
        redaction,
        is_watched: true,
        adopts_parent,
    };
    let telemetry = Running::new(parts, deadline);
    #[cfg(all(feature = "signals", unix))]
    handle_signals(is_flushed_on_signals, watch)?;
    // Nothing below can fail, so nothing is installed if something above has failed.
    watch.install();
    #[cfg(feature = "metrics")]
    metrics::install(counted);
    propagate();
    if let Some(filter) = filter {
        crate::set_filter(filter);
    }
    code_attributes::add_at_start(built.adds_code_attributes);
    built.provider.install();
    #[cfg(feature = "logs")]
    super::logs::install(built.records);
    #[cfg(target_os = "linux")]
    if !is_flushed_on_signals {
        super::unhandled::watch(&telemetry, built.at_end);
    }
    Ok(telemetry)
}

#[cfg(all(feature = "signals", unix))]
fn handle_signals(is_flushed_on_signals: bool, watch: WatchSettings) -> Result<(), InitError> {
    match is_flushed_on_signals {
        true => signals::flush_on_signals().map_err(InitError::Thread)?,
        // A child inherits the signal handlers of its parent, but not the thread that they wake.
        false => signals::leave_to_default(),
    }
    if watch.is_on_signal() {
        signals::print_live().map_err(InitError::Thread)?;
    }
    Ok(())
}

/// The parts of telemetry, not yet installed.
struct Built {
    provider: Provider,
    /// Whether call sites add the code attributes, because the provider is the SDK's.
    adds_code_attributes: bool,
    #[cfg(feature = "logs")]
    records: super::logs::LogPipeline,
    exporting: Option<Exporting>,
    #[cfg(target_os = "linux")]
    at_end: Vec<&'static str>,
    #[cfg(feature = "metrics")]
    are_counted: bool,
}

#[cfg(feature = "metrics")]
impl Built {
    /// The source of metrics, if they are enabled.
    fn counted(&self) -> Option<metrics::Source> {
        let exporting = self.exporting.as_ref();
        self.are_counted.then(|| metrics::Source {
            spans: self.provider.counts(),
            exporters: exporting
                .map(|exporting| exporting.measured().to_vec())
                .unwrap_or_default(),
        })
    }
}

/// Builds the parts. Installs nothing. It starts threads, which end when the parts are dropped after an error.
fn build(
    builder: TelemetryBuilder,
    environment: &mut Environment,
    watch: WatchSettings,
) -> Result<Built, InitError> {
    let limits = builder.limits.settings(environment);
    let batch = builder.span_batch.of_spans(environment);
    let resource = builder.described.resource(environment);
    let sampling = match builder.sampling {
        Some(sampling) => sampling,
        // A sampler of the environment calls no code of the user.
        None => Sampling::Plain(sampler::of_environment(environment)),
    };
    let html = match builder.html {
        Some(target) => Some(target),
        None => environment.text(&HTML).map(Target::of),
    };
    let file = builder
        .file
        .or_else(|| OtlpFile::of_environment(environment));
    let file = file.map(|file| file.settings(environment));
    let code = builder.code_attributes;
    let code = code.or_else(|| environment.boolean(&CODE_ATTRIBUTES)) == Some(true);
    let is_read = builder.has_processor || html.is_some() || file.is_some();
    let exporters = builder
        .exporters
        .unwrap_or_else(|| default_exporters::of_environment(environment, is_read));
    #[cfg(feature = "logs")]
    let records = builder
        .log_records
        .settings(environment, &collectors(&exporters))?;
    self_log::once(
        Level::Debug,
        "settings",
        format_args!("{batch:?}, {limits:?}, {sampling:?}, {resource:?}"),
    );
    let mut parts = ProviderParts::new(limits, batch, builder.redaction.clone());
    #[cfg(feature = "metrics")]
    {
        parts.are_counted = metrics::are_enabled(builder.metrics, environment);
    }
    parts.add_processors(builder.processors);
    let pages = html.map(|target| {
        // Only limits: an open span was redacted when it started.
        let finish = Arc::new(move |span: &mut SpanData| limits.apply(span));
        Pages::new(target, finish, builder.redaction)
    });
    if let Some(pages) = &pages {
        pages.describe(&resource);
        parts.processors.push(Processor::Pages(pages.clone()));
    }
    parts.add_watchers(watch);
    parts.add_exporters(exporters, environment)?;
    parts.add_lifetimes(watch);
    #[cfg(feature = "logs")]
    let of_records = file
        .as_ref()
        .map(super::settings::FileSettings::of_log_records);
    if let Some(file) = file {
        parts.write(Some(file))?;
    }
    #[cfg(feature = "logs")]
    let records = parts.add_records(records, &resource, pages.as_ref(), of_records)?;
    #[cfg(target_os = "linux")]
    let at_end = processor::at_end(&parts.processors, parts.exporting.is_some());
    let provider = parts.provider(code, sampling, builder.ids, resource);
    Ok(Built {
        adds_code_attributes: code && matches!(provider, Provider::Sdk(_)),
        provider,
        #[cfg(feature = "logs")]
        records,
        exporting: parts.exporting,
        #[cfg(target_os = "linux")]
        at_end,
        #[cfg(feature = "metrics")]
        are_counted: parts.are_counted,
    })
}
