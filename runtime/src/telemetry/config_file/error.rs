//! A mistake in a configuration file, with its position.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{fmt, io};

/// A mistake in a configuration file: the file in `OTEL_CONFIG_FILE`, or that of
/// [`TelemetryBuilder::config_file`](crate::telemetry::TelemetryBuilder::config_file).
///
/// It is shown as `telemetry.yaml:7:3: ..`, so that editors recognise the position.
///
/// ```
/// use traced::telemetry::{InitError, TelemetryBuilder};
///
/// let result = TelemetryBuilder::default().config_file("/nowhere/telemetry.yaml").init();
/// let Err(InitError::ConfigFile(error)) = result else { panic!() };
/// assert_eq!(error.line(), None);
/// assert!(error.to_string().starts_with("/nowhere/telemetry.yaml: cannot be read"));
/// ```
#[derive(Debug)]
pub struct ConfigFileError {
    path: PathBuf,
    wrong: Wrong,
}

impl ConfigFileError {
    pub(super) fn new(path: &Path, wrong: Wrong) -> Self {
        ConfigFileError {
            path: path.to_owned(),
            wrong,
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The line, counted from 1; `None` if the error is about the file as a whole.
    pub fn line(&self) -> Option<usize> {
        self.wrong.place.map(|place| place.line)
    }

    /// The column, counted from 1.
    pub fn column(&self) -> Option<usize> {
        self.wrong.place.map(|place| place.column)
    }
}

impl fmt::Display for ConfigFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        if let Some(Place { line, column }) = self.wrong.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.wrong.what)
    }
}

impl Error for ConfigFileError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.wrong.cause.as_ref().map(|cause| cause as _)
    }
}

/// A position in a file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// A mistake, and where it is.
#[derive(Debug)]
pub(super) struct Wrong {
    place: Option<Place>,
    what: String,
    cause: Option<io::Error>,
}

impl Wrong {
    pub(super) fn at(place: Place, what: impl fmt::Display) -> Self {
        Wrong {
            place: Some(place),
            what: what.to_string(),
            cause: None,
        }
    }

    /// An error about the file as a whole.
    pub(super) fn whole(what: impl fmt::Display) -> Self {
        Wrong {
            place: None,
            what: what.to_string(),
            cause: None,
        }
    }
}

impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Self {
        Wrong {
            place: None,
            what: "cannot be read".to_owned(),
            cause: Some(error),
        }
    }
}
