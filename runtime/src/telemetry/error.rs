//! The errors of `init`.

use std::error::Error;
use std::{fmt, io};

#[cfg(feature = "config-file")]
use super::config_file::error::ConfigFileError;

/// The reason why telemetry was not installed.
///
/// An invalid environment variable is not an error: it is reported on stderr and counts as unset. But it is an error if
/// a file of certificates or keys in a variable cannot be read, as continuing without it would be insecure.
///
/// `Debug` shows the message with its causes, as `main` prints a returned error with `Debug`.
///
/// ```
/// use traced::telemetry::{InitError, Otlp, TelemetryBuilder};
///
/// let mistaken = TelemetryBuilder::default().otlp(Otlp::new().endpoint("collector"));
/// assert!(matches!(mistaken.init(), Err(InitError::Endpoint { .. })));
/// ```
#[non_exhaustive]
pub enum InitError {
    /// Telemetry is already installed in this process, and is not changed. After a shutdown it can be installed again.
    AlreadyInitialized,
    /// An endpoint in code is not a URL.
    Endpoint {
        /// The endpoint as it was written, unless it may contain a password.
        endpoint: String,
        /// The expected form.
        wrong: String,
    },
    /// A header set in code is not valid.
    Header {
        /// Its name.
        name: String,
        /// The mistake in it.
        wrong: &'static str,
    },
    /// An endpoint in code has the scheme `https`, and the feature `tls` is off.
    TlsIsOff {
        /// Without user and password.
        endpoint: String,
    },
    /// An exporter could not be built: a file of certificates or keys cannot be read, only half of a client's identity
    /// (certificate and key) is set, or its endpoint has no host.
    Exporter(Box<dyn Error + Send + Sync>),
    /// The configuration file cannot be read, or is not valid (feature `config-file`).
    #[cfg(feature = "config-file")]
    ConfigFile(ConfigFileError),
    /// The operating system could not create a thread: that of the exporters, or one that waits for signals. Or it could
    /// not install the handlers of signals.
    Thread(io::Error),
}

impl fmt::Display for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InitError::AlreadyInitialized => f.write_str(
                "telemetry was initialised before and has not ended; do so once, at the start of `main`",
            ),
            InitError::Endpoint { wrong, .. } => {
                write!(
                    f,
                    "`Otlp::endpoint`: {wrong}; write for example `http://localhost:4318`"
                )
            }
            InitError::Header { name, wrong } => write!(f, "`Otlp::header`: `{name}` {wrong}"),
            InitError::TlsIsOff { endpoint } => write!(
                f,
                "`Otlp::endpoint`: `{endpoint}` needs TLS, and the feature `tls` of `traced` is off; \
                 turn it on, or write `http://`"
            ),
            #[cfg(feature = "config-file")]
            InitError::ConfigFile(error) => error.fmt(f),
            InitError::Exporter(_) => f.write_str("an exporter cannot be built"),
            InitError::Thread(_) => f.write_str("a thread, or a signal handler, cannot be started"),
        }
    }
}

impl fmt::Debug for InitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)?;
        let mut source = self.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

impl Error for InitError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            InitError::Exporter(error) => Some(error.as_ref()),
            InitError::Thread(error) => Some(error),
            // This error is shown by `Display` itself, so only its source follows.
            #[cfg(feature = "config-file")]
            InitError::ConfigFile(error) => error.source(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_the_message_with_its_causes() {
        let error = InitError::Thread(io::Error::other("no more of them"));
        assert_eq!(
            format!("{error:?}"),
            "a thread, or a signal handler, cannot be started: no more of them"
        );
    }
}
