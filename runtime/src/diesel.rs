//! SQL of [diesel](https://docs.rs/diesel) and [diesel-async](https://docs.rs/diesel-async) in spans (feature
//! `diesel`), through the instrumentation that both support.
//!
//! [`install`] traces every connection that is established later, and
//! `connection.set_instrumentation(DieselTracing::new(url))` traces an existing one:
//!
//! ```
//! traced::diesel::install()?;
//! # Ok::<(), diesel::result::Error>(())
//! ```
//!
//! Each statement has a span of kind CLIENT that follows the semantic conventions for databases, as described in
//! `traced::sqlx`. Diesel does not report the number of rows, nor the code of an error, so `error.type` is diesel's
//! name for the kind of error (`UniqueViolation`). Bound values are not recorded. An attempt to connect that fails, or
//! takes at least 10 milliseconds, has a span `connect`.
//!
//! Specification: OpenTelemetry semantic conventions, *Database client spans*.

#[cfg(feature = "diesel-async")]
mod blocking;
mod server;
mod statements;

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use diesel::connection::{
    DebugQuery, Instrumentation, InstrumentationEvent, set_default_instrumentation,
};
use diesel::result::{Error, QueryResult};
use opentelemetry::trace::SpanKind;

#[cfg(feature = "diesel-async")]
pub use self::blocking::Blocking;
use self::statements::{Open, OpenStatements};
use crate::call_site::CallSite;
use crate::current_context::ContextStack;
use crate::database::{self, Server, Statements, System, Tracing, start_statement};
use crate::failure::Failure;
use crate::stopwatch::Stopwatch;

static CONNECT: CallSite = CallSite::new(
    "connect",
    SpanKind::Client,
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_VERSION"),
    "traced::diesel",
)
.of_no_function();

/// Puts the statements of every connection that is established from now on in spans, with the default
/// settings of [`DieselTracing`]. It replaces the instrumentation that was installed for all connections.
///
/// ```
/// traced::diesel::install()?;
/// # Ok::<(), diesel::result::Error>(())
/// ```
///
/// # Errors
///
/// If diesel's lock for the default instrumentation is poisoned.
pub fn install() -> QueryResult<()> {
    set_default_instrumentation(|| Some(Box::new(DieselTracing::default())))
}

/// The instrumentation of a connection, which puts its statements in spans: see the
/// [module](crate::diesel).
///
/// ```
/// use std::time::Duration;
///
/// use traced::diesel::DieselTracing;
///
/// let tracing = DieselTracing::new("postgres://ann@db.example.com/shop")
///     .slow_threshold(Duration::from_millis(200));
/// # let _ = tracing;
/// ```
#[derive(Debug)]
pub struct DieselTracing {
    tracing: Tracing,
    statements: Arc<Statements>,
    open: OpenStatements,
    /// Since when an attempt to connect is going on. Statements may be sent during it.
    connecting: Option<Stopwatch>,
}

impl Default for DieselTracing {
    /// Takes the server from the URL with which the connection is established.
    fn default() -> Self {
        DieselTracing::with(Tracing::new(Server::of(System::Other)))
    }
}

impl DieselTracing {
    /// The instrumentation of a connection to this URL, or SQLite file. Passwords are not taken from it.
    ///
    /// ```
    /// use traced::diesel::DieselTracing;
    ///
    /// let tracing = DieselTracing::new("shop.sqlite");
    /// # let _ = tracing;
    /// ```
    pub fn new(url: &str) -> Self {
        DieselTracing::with(Tracing::new(server::of(url)))
    }

    fn with(tracing: Tracing) -> Self {
        DieselTracing {
            statements: statements(&tracing),
            tracing,
            open: OpenStatements::default(),
            connecting: None,
        }
    }

    /// Records statements unchanged, with the literals and the comments in them. By
    /// default each literal is recorded as `?`, and comments are left out.
    ///
    /// ```
    /// use traced::diesel::DieselTracing;
    ///
    /// let tracing = DieselTracing::new("shop.sqlite").keep_literals();
    /// # let _ = tracing;
    /// ```
    pub fn keep_literals(mut self) -> Self {
        self.tracing.keeps_literals = true;
        self.statements = statements(&self.tracing);
        self
    }

    /// Sets the duration from which a statement has an event `slow statement`, by default a second.
    ///
    /// ```
    /// use std::time::Duration;
    /// use traced::diesel::DieselTracing;
    ///
    /// let tracing = DieselTracing::new("shop.sqlite").slow_threshold(Duration::from_millis(200));
    /// # let _ = tracing;
    /// ```
    pub fn slow_threshold(mut self, threshold: Duration) -> Self {
        self.tracing.slow = threshold;
        self
    }

    /// Sets `db.system.name`, if the driver serves several systems: `mariadb`, `cockroachdb`.
    ///
    /// ```
    /// use traced::diesel::DieselTracing;
    ///
    /// let tracing = DieselTracing::new("mysql://db/shop").system_name("mariadb");
    /// # let _ = tracing;
    /// ```
    pub fn system_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.tracing.server.rename(name.into());
        self
    }

    fn start_query(&mut self, query: &dyn DebugQuery) {
        if database::is_absent() {
            return;
        }
        let text = text_of(query);
        let statement = self.statements.get(&text);
        let started = start_statement(&self.tracing.server, &statement);
        self.open.add(text, started.of_call().active);
    }

    fn finish_query(&mut self, query: &dyn DebugQuery, error: Option<&Error>) {
        let Some(Open { span, begun, .. }) = self.open.take(|| text_of(query)) else {
            return;
        };
        if let Some(stack) = ContextStack::of_this_thread() {
            let attached = span.attach(stack);
            self.tracing.note_time(&begun);
            drop(attached);
        }
        let may_be_recording = span.may_be_recording();
        let failure = error.filter(|_| may_be_recording).map(failure);
        span.finish(may_be_recording, failure);
    }

    fn start_connection(&mut self, url: &str) {
        self.tracing.server = server::of(url);
        self.statements = statements(&self.tracing);
        self.connecting = Some(Stopwatch::start());
    }

    /// Makes the span afterwards, with the start time of the attempt, once the attempt is known to have failed or to be
    /// long.
    fn finish_connection(&mut self, error: Option<Failure>) {
        let Some(elapsed) = self.connecting.take().map(|begun| begun.elapsed()) else {
            return;
        };
        if CONNECT.is_absent() || (error.is_none() && elapsed < self.tracing.long_wait) {
            return;
        }
        let started = CONNECT.start_with(&mut |options| {
            if let Some(begun) = SystemTime::now().checked_sub(elapsed) {
                options.started(begun);
            }
            let server = self.tracing.server.attributes();
            options.attributes(server.len()).constant(server);
        });
        if let Some(span) = started.of_call().active {
            span.finish(span.may_be_recording(), error);
        }
    }
}

impl Drop for DieselTracing {
    fn drop(&mut self) {
        self.open.cancel_all();
    }
}

impl Instrumentation for DieselTracing {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => {
                self.start_connection(url);
            }
            InstrumentationEvent::FinishEstablishConnection { error, .. } => {
                self.finish_connection(error.map(Failure::from_error));
            }
            InstrumentationEvent::StartQuery { query, .. } => self.start_query(query),
            InstrumentationEvent::FinishQuery { query, error, .. } => {
                self.finish_query(query, error);
            }
            _ => {}
        }
    }
}

/// The cache of statements that all connections in one dialect share.
fn statements(tracing: &Tracing) -> Arc<Statements> {
    type Shared = LazyLock<[Arc<Statements>; 2]>;
    macro_rules! of {
        ($system:ident) => {{
            static SHARED: Shared = LazyLock::new(|| {
                [false, true].map(|keeps| Arc::new(Statements::new(System::$system, keeps)))
            });
            &SHARED
        }};
    }
    let shared: &Shared = match tracing.server.system {
        System::PostgreSql => of!(PostgreSql),
        System::MySql => of!(MySql),
        System::Sqlite => of!(Sqlite),
        System::Other => of!(Other),
    };
    shared[usize::from(tracing.keeps_literals)].clone()
}

/// The text of a statement without the bound values, which diesel appends in a comment.
///
/// If a literal looks like that comment, the text is cut within the literal, which is then masked.
fn text_of(query: &dyn DebugQuery) -> String {
    let mut text = String::new();
    // Fails only if the statement cannot be built, and then diesel fails too.
    let _: fmt::Result = write!(text, "{query}");
    if let Some(end) = text.find(" -- binds: ") {
        text.truncate(end);
    }
    text
}

fn failure(error: &Error) -> Failure {
    let failure = Failure::from_error(error);
    match error {
        Error::DatabaseError(kind, _) => failure.with_error_type(format!("{kind:?}")),
        _ => failure,
    }
}
