//! Declarative configuration: `OTEL_CONFIG_FILE` (feature `config-file`).
//!
//! The file replaces the variables: settings in code beat it, and with it all other variables of
//! OpenTelemetry are ignored. Anything unknown, malformed or unsupported is an error with its line, as applying
//! a file partly would be worse than not at all. Metrics and instrumentation are not configured here and are ignored.
//!
//! ```text
//! text ─► yaml.rs (nodes with their lines) ─► fields.rs (typed values) ─► resource, traces, logs ─► the builder
//!              └ substitution.rs
//! ```
//!
//! Specification: OpenTelemetry, *Declarative configuration*; the schema of `opentelemetry-configuration` 1.1.

pub(super) mod error;
mod exporter;
mod fields;
mod logs;
mod resource;
mod sampler;
mod substitution;
#[cfg(test)]
mod tests;
mod traces;
mod yaml;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

pub use self::error::ConfigFileError;
use self::error::Wrong;
use self::fields::Fields;
use self::logs::LogsConfig;
use self::resource::ResourceConfig;
use self::traces::TracesConfig;
use super::builder::TelemetryBuilder;
use super::environment::{Environment, Keyword, Keywords};
use super::error::InitError;
use super::limits::Limits;
use super::propagators::{self, Propagator};
use super::variables::{CONFIG_FILE, EXPERIMENTAL_CONFIG_FILE, SDK_DISABLED};
use crate::recorder::Sampling;
use crate::self_log::{self, Level};

/// The settings of a file.
struct ConfigFile {
    path: PathBuf,
    is_disabled: bool,
    log_level: Level,
    propagators: Vec<Propagator>,
    resource: ResourceConfig,
    limits: Limits,
    traces: Option<TracesConfig>,
    logs: Option<LogsConfig>,
    /// The variables to which it refers.
    referenced: BTreeSet<String>,
    /// The sections that are ignored.
    ignored: Vec<String>,
}

/// Applies the configuration file that code or a variable names, if there is one. From then on OpenTelemetry's
/// variables count as unset.
///
/// # Errors
///
/// The file cannot be read, or is not valid.
pub(super) fn configure(
    mut builder: TelemetryBuilder,
    environment: &mut Environment,
) -> Result<TelemetryBuilder, InitError> {
    let Some(path) = path(&mut builder, environment) else {
        return Ok(builder);
    };
    let file = ConfigFile::read(&path, environment).map_err(InitError::ConfigFile)?;
    self_log::level::set(file.log_level);
    report_ignored_variables(&path, &file.referenced);
    let is_disabled = file.is_disabled;
    file.apply(&mut builder);
    environment.look_up_with(move |name| match name {
        _ if name == SDK_DISABLED.name => is_disabled.then(|| "true".into()),
        _ if name.starts_with(PREFIX) => None,
        _ => env::var_os(name),
    });
    Ok(builder)
}

/// The prefix of OpenTelemetry's variables.
const PREFIX: &str = "OTEL_";

fn path(builder: &mut TelemetryBuilder, environment: &mut Environment) -> Option<PathBuf> {
    if let Some(path) = builder.config_file.take() {
        return Some(path);
    }
    if let Some(path) = environment.text(&CONFIG_FILE) {
        return Some(path.into());
    }
    let path = environment.text(&EXPERIMENTAL_CONFIG_FILE)?;
    environment.warn(
        &EXPERIMENTAL_CONFIG_FILE,
        "the variable has another name now; write `OTEL_CONFIG_FILE`",
    );
    Some(path.into())
}

/// Reports the variables that are ignored because of the file.
fn report_ignored_variables(path: &Path, referenced: &BTreeSet<String>) {
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let ignored = names.filter(|name| {
        let names_file = [&CONFIG_FILE, &EXPERIMENTAL_CONFIG_FILE].map(|variable| variable.name);
        name.starts_with(PREFIX) && !names_file.contains(&&**name) && !referenced.contains(name)
    });
    let ignored: BTreeSet<String> = ignored.collect();
    let path = path.display();
    match ignored.is_empty() {
        true => self_log::once(
            Level::Info,
            "config file",
            format_args!("{path} configures telemetry, and no other variable `OTEL_*` does"),
        ),
        false => {
            let ignored: Vec<String> = ignored.into_iter().collect();
            let ignored = ignored.join(", ");
            self_log::once(
                Level::Warn,
                "config file",
                format_args!(
                    "{path} configures telemetry, so these variables are ignored: {ignored}; unset them, or \
                     refer to them in the file"
                ),
            );
        }
    }
}

/// The largest size of a file in bytes, so that a file of another kind is not read to its end.
const MAX_BYTES: u64 = 1 << 20;

impl ConfigFile {
    /// # Errors
    ///
    /// The file cannot be read, or is not valid.
    fn read(path: &Path, environment: &Environment) -> Result<Self, ConfigFileError> {
        let failed = |wrong| ConfigFileError::new(path, wrong);
        let size = fs::metadata(path).map_err(|error| failed(error.into()))?;
        if size.len() > MAX_BYTES {
            return Err(failed(Wrong::whole("the file has more than 1 MiB")));
        }
        let text = fs::read_to_string(path).map_err(|error| failed(error.into()))?;
        let referenced = RefCell::new(BTreeSet::new());
        let look_up = |name: &str| {
            referenced.borrow_mut().insert(name.to_owned());
            environment.raw(name)
        };
        let mut file = ConfigFile::parse(path, &text, &look_up).map_err(failed)?;
        file.referenced = referenced.take();
        Ok(file)
    }

    fn parse(
        path: &Path,
        text: &str,
        look_up: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Wrong> {
        let node = yaml::parse(text, look_up)?;
        let mut fields = Fields::of(&node, "the file")?;
        let format = fields.required("file_format")?;
        let version = format.text()?;
        if !version.starts_with("1.") {
            return Err(format.wrong(format_args!(
                "expected version 1.0 or a later one of `file_format`, found `{version}`"
            )));
        }
        let ignored = ignored_sections(&mut fields);
        let is_disabled = fields
            .get("disabled")
            .map(|node| node.boolean())
            .transpose()?;
        let log_level = fields.get("log_level").map(log_level).transpose()?;
        let limits = fields.get("attribute_limits").map(attribute_limits);
        // The sections of the two providers add their own limits.
        let mut limits = limits.transpose()?.unwrap_or_default();
        let propagators = fields.get("propagator").map(propagators).transpose()?;
        let resource = fields
            .get("resource")
            .map(|node| ResourceConfig::read(node, look_up));
        let traces = fields.get("tracer_provider");
        let traces = traces.map(|node| TracesConfig::read(node, &mut limits));
        let logs = fields.get("logger_provider");
        let logs = logs.map(|node| LogsConfig::read(node, &mut limits));
        let config = ConfigFile {
            path: path.to_owned(),
            is_disabled: is_disabled.unwrap_or(false),
            log_level: log_level.unwrap_or(Level::Info),
            propagators: propagators.unwrap_or_default(),
            resource: resource.transpose()?.unwrap_or_default(),
            traces: traces.transpose()?,
            logs: logs.transpose()?,
            limits,
            referenced: BTreeSet::new(),
            ignored,
        };
        fields.end()?;
        Ok(config)
    }

    /// Applies the settings that are not made in code. A missing section means that there is nothing of its kind, as
    /// the specification requires, whereas missing variables mean a default.
    fn apply(self, builder: &mut TelemetryBuilder) {
        let code_exports = builder.exporters.is_some() || builder.has_processor;
        builder.limits = builder.limits.or(self.limits);
        let propagators = self.propagators.into_iter().map(Propagator::boxed);
        builder
            .propagators
            .get_or_insert_with(|| propagators.collect());
        self.resource.apply(&mut builder.described);
        match self.traces {
            Some(traces) => traces.apply(builder),
            None => {
                builder.exporters.get_or_insert_default();
                if !code_exports && builder.sampling.is_none() {
                    let off = opentelemetry_sdk::trace::Sampler::AlwaysOff;
                    builder.sampling = Some(Sampling::new(off));
                }
            }
        }
        #[cfg(feature = "logs")]
        {
            let logs = self.logs.unwrap_or_default();
            builder.log_records = logs.apply(std::mem::take(&mut builder.log_records));
        }
        #[cfg(not(feature = "logs"))]
        drop(self.logs);
        if !self.ignored.is_empty() {
            self_log::once(
                Level::Info,
                "config file sections",
                format_args!(
                    "{}: {} not read, as `traced` has neither metrics nor instrumentation to configure",
                    self.path.display(),
                    match &*self.ignored {
                        [one] => format!("{one} is"),
                        more => format!("{} are", more.join(", ")),
                    },
                ),
            );
        }
    }
}

/// The sections that are accepted and have no effect, each with its line.
fn ignored_sections(fields: &mut Fields<'_>) -> Vec<String> {
    let sections = [
        "meter_provider",
        "instrumentation/development",
        "distribution",
    ];
    let ignored = sections.into_iter().filter_map(|section| {
        let node = fields.get(section)?;
        Some(format!("`{section}` (line {})", node.place.line))
    });
    ignored.collect()
}

fn attribute_limits(node: &yaml::Node) -> Result<Limits, Wrong> {
    let mut limits = Limits::new();
    let mut fields = Fields::of(node, "attribute_limits")?;
    if let Some(length) = fields.count("attribute_value_length_limit", 0)? {
        limits = limits.attribute_value_length(length);
    }
    if let Some(count) = fields.count("attribute_count_limit", 0)? {
        limits = limits.attributes(count);
    }
    fields.end_of_limits()?;
    Ok(limits)
}

static SEVERITIES: &[(&str, Level)] = &[
    ("trace", Level::Debug),
    ("debug", Level::Debug),
    ("info", Level::Info),
    ("warn", Level::Warn),
    ("error", Level::Error),
    ("fatal", Level::Error),
];

/// Reads a severity, optionally followed by a number from 2 to 4.
fn log_level(node: &yaml::Node) -> Result<Level, Wrong> {
    let text = node.text()?;
    let name = text.trim_end_matches(['2', '3', '4']);
    let found = SEVERITIES.iter().find(|(known, _)| *known == name);
    let level = found.ok_or_else(|| {
        node.wrong(format_args!(
            "expected `trace`, `debug`, `info`, `warn`, `error` or `fatal`, found `{text}`"
        ))
    })?;
    Ok(level.1)
}

/// Reads the propagators in `composite`, followed by those in `composite_list`, without duplicates.
fn propagators(node: &yaml::Node) -> Result<Vec<Propagator>, Wrong> {
    let mut fields = Fields::of(node, "propagator")?;
    let mut found: Vec<Propagator> = Vec::new();
    for item in fields.list("composite")? {
        let (name, settings) = item.choice("composite")?;
        Fields::of(settings, &name.text)?.end()?;
        found.extend(propagator(&name.text).map_err(|wrong| name.wrong(wrong))?);
    }
    if let Some(list) = fields.get("composite_list") {
        for name in list.text()?.split(',').map(str::trim) {
            found.extend(propagator(name).map_err(|wrong| list.wrong(wrong))?);
        }
    }
    fields.end()?;
    let mut each = Vec::new();
    for propagator in found {
        if !each.contains(&propagator) {
            each.push(propagator);
        }
    }
    Ok(each)
}

fn propagator(name: &str) -> Result<Option<Propagator>, String> {
    keyword(name, propagators::KEYWORDS)
}

/// The meaning of a name that is also a keyword of a variable.
fn keyword<T: Copy>(name: &str, keywords: &Keywords<T>) -> Result<T, String> {
    match keywords.iter().find(|(known, _)| *known == name) {
        Some((_, Keyword::Is(value))) => Ok(*value),
        Some((name, Keyword::Unsupported(why))) => Err(format!("`{name}` is not supported, {why}")),
        None => Err(format!("`{name}` is not known here")),
    }
}
