//! Commands of Redis in spans (feature `redis`).
//!
//! A [`Traced`] connection is a connection whose every command is in a client span that follows the semantic
//! conventions:
//!
//! ```no_run
//! use redis::AsyncCommands as _;
//!
//! # async fn open() -> redis::RedisResult<()> {
//! let client = redis::Client::open("redis://cache:6379/0")?;
//! let connection = client.get_multiplexed_async_connection().await?;
//! let mut cache = traced::redis::Traced::new(connection).of(client.get_connection_info());
//! let price: Option<u64> = cache.get("price:7").await?;
//! # let _ = price;
//! # Ok(())
//! # }
//! ```
//!
//! A span has the name of its command (`GET`). A pipeline is one span, named `PIPELINE`, or `MULTI` if it is
//! atomic, followed by the name of its commands if all have the same name; a pipeline of one command has the name of
//! the command. Keys and values are not recorded. `db.namespace` is the index of the database that was selected when
//! the connection was opened.
//!
//! Blocking and async connections can be traced, and everything else that implements
//! their traits: a connection manager, or a connection of a pool or a cluster. Messages of publish and subscribe do
//! not pass through the traits and have no spans.
//!
//! Specification: OpenTelemetry semantic conventions, *Redis*.

mod asynchronous;
mod blocking;
mod command;

use std::borrow::Cow;

use opentelemetry::trace::SpanKind;
use redis::{ConnectionAddr, ConnectionInfo, RedisError, RedisResult, Value};

use self::command::Operation;
use crate::call_site::CallSite;
use crate::current_span::record;
use crate::failure::Failure;
use crate::outcome::Observer;
use crate::span::Started;

static SITE: CallSite = CallSite::new(
    "redis",
    SpanKind::Client,
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_VERSION"),
    "traced::redis",
)
.of_no_function();

/// A connection whose commands are in spans: see [the module](crate::redis).
#[derive(Clone, Debug)]
pub struct Traced<C> {
    connection: C,
    address: Option<(String, Option<u16>)>,
}

impl<C> Traced<C> {
    /// Traces the commands of this connection.
    pub fn new(connection: C) -> Self {
        Traced {
            connection,
            address: None,
        }
    }

    /// Sets `server.address` and `server.port`, which the client knows but not the connection.
    ///
    /// ```
    /// let client = redis::Client::open("redis://cache:6379").unwrap();
    /// let connection = traced::redis::Traced::new(()).of(client.get_connection_info());
    /// # let _ = connection;
    /// ```
    #[must_use]
    pub fn of(mut self, info: &ConnectionInfo) -> Self {
        self.address = match info.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                Some((host.clone(), Some(*port)))
            }
            ConnectionAddr::Unix(path) => Some((path.display().to_string(), None)),
            _ => None,
        };
        self
    }

    /// The inner connection, whose commands have no spans.
    pub fn inner(&mut self) -> &mut C {
        &mut self.connection
    }

    /// The connection without its tracing.
    ///
    /// ```
    /// let connection = traced::redis::Traced::new(7); // any type, here in place of a connection
    /// assert_eq!(connection.into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> C {
        self.connection
    }

    /// Starts the span of a command or a pipeline; `operation` is evaluated only if there is a span.
    fn start(&self, database: i64, operation: &dyn Fn() -> Operation) -> Started {
        SITE.start_with(&mut |options| {
            let operation = operation();
            options.name(operation.name.as_str());
            let attributes = options.attributes(6);
            attributes.literal("db.system.name", "redis");
            attributes.value("db.operation.name", &operation.name);
            attributes.value("db.operation.batch.size", &operation.batch);
            attributes.value("db.namespace", &database.to_string());
            if let Some((host, port)) = &self.address {
                attributes.value("server.address", host);
                attributes.value("server.port", port);
            }
        })
    }
}

/// Observes results of commands, and records the code of an error.
#[derive(Clone, Copy, Debug)]
struct ByCode;

impl Observer<RedisResult<Value>> for ByCode {
    fn observe_on(&mut self, _: &SpanKind, result: &RedisResult<Value>) -> Option<Failure> {
        match result {
            // An error from the server is a value until the caller converts it.
            Ok(value) => server_error(value).as_ref().map(failure_of),
            Err(error) => Some(failure_of(error)),
        }
    }
}

/// Observes a pipeline, which fails with its first error.
impl Observer<RedisResult<Vec<Value>>> for ByCode {
    fn observe_on(&mut self, _: &SpanKind, result: &RedisResult<Vec<Value>>) -> Option<Failure> {
        let error = match result {
            Ok(values) => values.iter().find_map(|value| match value {
                // The response to an atomic pipeline is one list.
                Value::Array(values) => values.iter().find_map(server_error),
                value => server_error(value),
            })?,
            Err(error) => return Some(failure_of(error)),
        };
        Some(failure_of(&error))
    }
}

fn server_error(value: &Value) -> Option<RedisError> {
    match value {
        Value::ServerError(error) => Some(error.clone().into()),
        _ => None,
    }
}

fn failure_of(error: &RedisError) -> Failure {
    if let Some(code) = error.code() {
        record(&mut |attributes| attributes.value("db.response.status_code", code));
    }
    let error_type: Cow<'static, str> = match error.code() {
        Some(code) => Cow::Owned(code.to_owned()),
        None if error.is_timeout() => Cow::Borrowed("timeout"),
        None => Cow::Owned(format!("{:?}", error.kind())),
    };
    Failure::from_error(error).with_error_type(error_type)
}
