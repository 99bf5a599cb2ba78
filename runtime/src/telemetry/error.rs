//! Why there is no telemetry.

use std::error::Error;
use std::{fmt, io};

#[cfg(feature = "config-file")]
use super::config_file::error::ConfigFileError;

/// Why telemetry was not installed.
///
/// A variable of the environment that cannot be read is no reason: it is reported on stderr, and
/// counts as unset. A file that one of them names, and that cannot be read, is: without it nobody
/// would know whom to trust.
///
/// `Debug` is the message with its causes, as that is what `main` prints of an error that it returns.
///
/// ```
/// use traced::telemetry::{InitError, Otlp, TelemetryBuilder};
///
/// let mistaken = TelemetryBuilder::default().otlp(Otlp::new().endpoint("collector"));
/// assert!(matches!(mistaken.init(), Err(InitError::Endpoint { .. })));
/// ```
#[non_exhaustive]
pub enum InitError {
    /// There is telemetry in this process already; it stays as it is. After a shutdown there can be
    /// another one.
    AlreadyInitialized,
    /// An endpoint in code is no URL.
    Endpoint {
        /// The endpoint as it was written, unless it may hold a password.
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
    /// An endpoint in code is one of `https`, and the feature `tls` is off.
    TlsIsOff {
        /// Without user and password.
        endpoint: String,
    },
    /// An exporter could not be built: a file of its certificates, or of its key, cannot be read.
    Exporter(Box<dyn Error + Send + Sync>),
    /// The configuration file cannot be read, or something in it (feature `config-file`).
    #[cfg(feature = "config-file")]
    ConfigFile(ConfigFileError),
    /// The operating system gives the exporters no thread.
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
            InitError::Thread(_) => f.write_str("the exporters' thread cannot be started"),
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
            // The message is its own.
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
    fn what_main_prints_is_the_message_with_its_causes() {
        let error = InitError::Thread(io::Error::other("no more of them"));
        assert_eq!(
            format!("{error:?}"),
            "the exporters' thread cannot be started: no more of them"
        );
    }
}
