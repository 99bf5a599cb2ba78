//! The settings of a file of OTLP JSON lines, from code and environment.
//!
//! Specification: OpenTelemetry, *OTLP File Exporter*.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::settings;
use super::variables::{FILE, FILE_KEEP, FILE_MAX_BYTES};

/// A file of OTLP JSON lines, and its rotation. The environment sets each option that is not set here.
///
/// A path converts into a file without any option set.
///
/// ```
/// use traced::telemetry::{OtlpFile, TelemetryBuilder};
///
/// let file = OtlpFile::new("/var/log/shop/spans.jsonl").max_bytes(10 << 20).keep(5);
/// let builder = TelemetryBuilder::default().file(file);
/// # drop(builder);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "this does nothing until a builder has it"]
pub struct OtlpFile {
    path: PathBuf,
    max_bytes: Option<u64>,
    keep: Option<usize>,
}

impl OtlpFile {
    /// The file with this path. Its folders are made when the first spans are written.
    ///
    /// ```
    /// use traced::telemetry::OtlpFile;
    ///
    /// assert_eq!(OtlpFile::new("spans.jsonl"), OtlpFile::from("spans.jsonl"));
    /// ```
    pub fn new(path: impl Into<PathBuf>) -> Self {
        OtlpFile {
            path: path.into(),
            max_bytes: None,
            keep: None,
        }
    }

    /// Sets the maximum size of the file, after which it becomes `spans.jsonl.1` and a new one starts; by default 100
    /// MiB (`TRACED_FILE_MAX_BYTES`). A single line may be longer.
    ///
    /// ```
    /// use traced::telemetry::OtlpFile;
    ///
    /// let file = OtlpFile::new("spans.jsonl").max_bytes(10 << 20); // 10 MiB
    /// # drop(file);
    /// ```
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = Some(bytes.max(1));
        self
    }

    /// Sets how many older files are kept, of which `spans.jsonl.1` is the newest; by default 3
    /// (`TRACED_FILE_KEEP`).
    ///
    /// ```
    /// use traced::telemetry::OtlpFile;
    ///
    /// let file = OtlpFile::new("spans.jsonl").keep(5);
    /// # drop(file);
    /// ```
    pub fn keep(mut self, files: usize) -> Self {
        self.keep = Some(files);
        self
    }

    pub(super) fn settings(self, environment: &mut Environment) -> settings::FileSettings {
        const MAX_BYTES: u64 = 100 << 20;
        const KEEP: usize = 3;

        let max_bytes = environment
            .count(&FILE_MAX_BYTES, 1)
            .map(|bytes| bytes as u64);
        let keep = environment.count(&FILE_KEEP, 0);
        settings::FileSettings {
            path: self.path,
            max_bytes: self.max_bytes.or(max_bytes).unwrap_or(MAX_BYTES),
            keep: self.keep.or(keep).unwrap_or(KEEP),
        }
    }

    /// The file that the environment names.
    pub(super) fn of_environment(environment: &mut Environment) -> Option<Self> {
        environment.text(&FILE).map(OtlpFile::new)
    }
}

impl settings::FileSettings {
    /// The file of the log records: the specification allows only one signal in a file.
    #[cfg(feature = "logs")]
    pub(super) fn of_log_records(&self) -> Self {
        let mut name = self.path.file_stem().unwrap_or_default().to_owned();
        name.push(".logs");
        if let Some(extension) = self.path.extension() {
            name.push(".");
            name.push(extension);
        }
        settings::FileSettings {
            path: self.path.with_file_name(name),
            ..self.clone()
        }
    }
}

impl From<PathBuf> for OtlpFile {
    fn from(path: PathBuf) -> Self {
        OtlpFile::new(path)
    }
}

impl From<&Path> for OtlpFile {
    fn from(path: &Path) -> Self {
        OtlpFile::new(path)
    }
}

impl From<&PathBuf> for OtlpFile {
    fn from(path: &PathBuf) -> Self {
        OtlpFile::new(path)
    }
}

impl From<&str> for OtlpFile {
    fn from(path: &str) -> Self {
        OtlpFile::new(path)
    }
}

impl From<String> for OtlpFile {
    fn from(path: String) -> Self {
        OtlpFile::new(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_takes_precedence_over_the_environment_and_that_over_the_default() {
        let of = |file: OtlpFile, variables: &'static [(&'static str, &'static str)]| {
            let mut environment = Environment::new(|name| {
                let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
                Some((*value).into())
            });
            let settings = file.settings(&mut environment);
            (settings.max_bytes, settings.keep)
        };
        let file = OtlpFile::new("spans.jsonl");
        assert_eq!(of(file.clone(), &[]), (100 << 20, 3));
        let variables = &[("TRACED_FILE_MAX_BYTES", "5"), ("TRACED_FILE_KEEP", "0")];
        assert_eq!(of(file.clone(), variables), (5, 0));
        assert_eq!(of(file.max_bytes(7).keep(1), variables), (7, 1));
    }

    #[cfg(feature = "logs")]
    #[test]
    fn log_records_have_a_file_beside_that_of_the_spans() {
        for (spans, records) in [
            ("a/spans.jsonl", "a/spans.logs.jsonl"),
            ("spans", "spans.logs"),
        ] {
            let settings = OtlpFile::new(spans).settings(&mut Environment::new(|_| None));
            assert_eq!(settings.of_log_records().path, Path::new(records));
        }
    }
}
