//! Settings of log records (feature `logs`), from code and environment.
//!
//! Specification: OpenTelemetry, *Environment Variable Specification*, "Batch `LogRecord` Processor"
//! and "Exporter Selection"; semantic conventions, *Exceptions*.

use super::batch::Batch;
use super::environment::{Environment, Keyword, Keywords};
use super::error::InitError;
use super::exporters::{self, Chosen, ExporterName};
use super::logs::{Exceptions, Format};
use super::otlp::Otlp;
use super::settings;
use super::signal::Signal;
use super::variables::SEMCONV_EXCEPTIONS;

/// Settings of log records. The environment sets those that are not set here.
///
/// ```
/// use traced::logs::Format;
/// use traced::telemetry::{LogRecords, TelemetryBuilder};
///
/// let telemetry = TelemetryBuilder::default().log_records(LogRecords::new().console(Format::Json));
/// # drop(telemetry);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "this does nothing until a builder has it"]
pub struct LogRecords {
    /// `None` if code sets no exporter.
    exporters: Option<Exporters>,
    batch: Batch,
    exceptions: Option<Exceptions>,
    has_own_subscriber: bool,
}

#[derive(Debug, Clone, Default)]
struct Exporters {
    otlp: Vec<Otlp>,
    console: Option<Format>,
    stdout: bool,
}

impl LogRecords {
    /// Settings of which none is set.
    ///
    /// ```
    /// use traced::telemetry::{LogRecords, TelemetryBuilder};
    ///
    /// let builder = TelemetryBuilder::default().log_records(LogRecords::new());
    /// # drop(builder);
    /// ```
    pub fn new() -> Self {
        LogRecords::default()
    }

    /// These settings, and those of `weaker` that are not set here.
    #[cfg(feature = "config-file")]
    pub(super) fn or(self, weaker: LogRecords) -> Self {
        LogRecords {
            exporters: self.exporters.or(weaker.exporters),
            batch: self.batch.or(weaker.batch),
            exceptions: self.exceptions.or(weaker.exceptions),
            has_own_subscriber: self.has_own_subscriber || weaker.has_own_subscriber,
        }
    }

    /// Exports log records to a collector.
    ///
    /// The first call of `otlp`, [`console`](Self::console) or [`no_exporter`](Self::no_exporter) replaces
    /// `OTEL_LOGS_EXPORTER`; each further call adds an exporter.
    ///
    /// ```
    /// use traced::telemetry::{LogRecords, Otlp, TelemetryBuilder};
    ///
    /// let builder = TelemetryBuilder::default().log_records(LogRecords::new().otlp(Otlp::new().endpoint("http://logs:4318")));
    /// # drop(builder);
    /// ```
    pub fn otlp(mut self, otlp: Otlp) -> Self {
        self.exporters.get_or_insert_default().otlp.push(otlp);
        self
    }

    /// Writes log records to standard output, as lines of OTLP JSON (`OTEL_LOGS_EXPORTER=otlp/stdout`).
    ///
    /// ```
    /// use traced::telemetry::{LogRecords, TelemetryBuilder};
    ///
    /// let builder = TelemetryBuilder::default().log_records(LogRecords::new().otlp_stdout());
    /// # drop(builder);
    /// ```
    pub fn otlp_stdout(mut self) -> Self {
        self.exporters.get_or_insert_default().stdout = true;
        self
    }

    /// Prints log records on standard error.
    ///
    /// ```
    /// use traced::logs::Format;
    /// use traced::telemetry::{LogRecords, TelemetryBuilder};
    ///
    /// let builder = TelemetryBuilder::default().log_records(LogRecords::new().console(Format::Json));
    /// # drop(builder);
    /// ```
    pub fn console(mut self, format: Format) -> Self {
        self.exporters.get_or_insert_default().console = Some(format);
        self
    }

    /// Exports no log records, regardless of the environment.
    ///
    /// ```
    /// use traced::telemetry::{LogRecords, TelemetryBuilder};
    ///
    /// let builder = TelemetryBuilder::default().log_records(LogRecords::new().no_exporter());
    /// # drop(builder);
    /// ```
    pub fn no_exporter(mut self) -> Self {
        self.exporters.get_or_insert_default();
        self
    }

    /// Sets how log records are batched (`OTEL_BLRP_*`).
    ///
    /// ```
    /// use traced::telemetry::{Batch, LogRecords, TelemetryBuilder};
    ///
    /// let builder = TelemetryBuilder::default().log_records(LogRecords::new().batch(Batch::new().max_queue_size(10_000)));
    /// # drop(builder);
    /// ```
    pub fn batch(mut self, batch: Batch) -> Self {
        self.batch = batch;
        self
    }

    /// Sets whether exceptions are span events or log records (`OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN`).
    ///
    /// ```
    /// use traced::logs::Exceptions;
    /// use traced::telemetry::{LogRecords, TelemetryBuilder};
    ///
    /// let builder = TelemetryBuilder::default().log_records(LogRecords::new().exceptions(Exceptions::Both));
    /// # drop(builder);
    /// ```
    pub fn exceptions(mut self, exceptions: Exceptions) -> Self {
        self.exceptions = Some(exceptions);
        self
    }

    /// Installs neither a subscriber for `tracing` nor a logger for `log`: the program installs its
    /// own later, with [`traced::logs::layer`](super::logs::layer) or
    /// [`traced::logs::logger`](super::logs::logger).
    ///
    /// ```
    /// use traced::telemetry::{LogRecords, TelemetryBuilder};
    ///
    /// let builder = TelemetryBuilder::default().log_records(LogRecords::new().no_subscriber());
    /// # drop(builder);
    /// ```
    pub fn no_subscriber(mut self) -> Self {
        self.has_own_subscriber = true;
        self
    }
}

/// The settings, resolved from code and environment.
#[derive(Debug)]
pub(super) struct LogRecordSettings {
    pub(super) otlp: Vec<settings::OtlpSettings>,
    pub(super) console: Option<Format>,
    /// Lines of OTLP JSON on standard output.
    pub(super) stdout: bool,
    pub(super) batch: settings::BatchSettings,
    pub(super) exceptions: Exceptions,
    pub(super) may_install: bool,
}

static EXCEPTIONS: &Keywords<Exceptions> = &[
    ("logs", Keyword::Is(Exceptions::Logs)),
    ("logs/dup", Keyword::Is(Exceptions::Both)),
];

impl LogRecords {
    /// `collectors` are those that code sets for spans.
    pub(super) fn settings(
        self,
        environment: &mut Environment,
        collectors: &[Otlp],
    ) -> Result<LogRecordSettings, InitError> {
        let exporters = self
            .exporters
            .unwrap_or_else(|| of_environment(environment, collectors));
        let otlp = exporters.otlp.iter();
        let otlp = otlp.map(|otlp| otlp.settings(environment, Signal::Logs));
        let otlp = otlp.collect::<Result<_, _>>()?;
        let exceptions = environment.keyword(&SEMCONV_EXCEPTIONS, EXCEPTIONS);
        Ok(LogRecordSettings {
            otlp,
            console: exporters.console,
            stdout: exporters.stdout,
            batch: self.batch.of_log_records(environment),
            exceptions: self.exceptions.or(exceptions).unwrap_or_default(),
            may_install: !self.has_own_subscriber,
        })
    }
}

/// The exporters of the environment. Log records are printed even if they are also exported, unless
/// `OTEL_LOGS_EXPORTER` names the exporters.
fn of_environment(environment: &mut Environment, collectors: &[Otlp]) -> Exporters {
    let has_collector = !collectors.is_empty();
    let chosen = exporters::of_environment(environment, Signal::Logs, has_collector);
    let named = match chosen {
        Some(Chosen::Named(named)) => named,
        Some(Chosen::Collector) => vec![ExporterName::Otlp, ExporterName::Console],
        None => vec![ExporterName::Console],
    };
    let mut exporters = Exporters::default();
    for exporter in named {
        match exporter {
            ExporterName::Otlp if has_collector => {
                exporters.otlp.extend(collectors.iter().cloned());
            }
            ExporterName::Otlp => exporters.otlp.push(Otlp::new()),
            ExporterName::OtlpStdout => exporters.stdout = true,
            ExporterName::Console => exporters.console = Some(Format::of_environment(environment)),
        }
    }
    exporters
}
