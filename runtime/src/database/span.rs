//! The span of a statement.

use std::time::Duration;

use opentelemetry::trace::SpanKind;

use super::server::Server;
use super::statement::Statement;
use crate::attributes::Attributes;
use crate::call_site::CallSite;
use crate::current_span::event;
use crate::span::Hold;
#[cfg(any(feature = "diesel", feature = "sea-orm"))]
use crate::span::Started;
use crate::stopwatch::Stopwatch;

static STATEMENT: CallSite = CallSite::new(
    "SQL",
    SpanKind::Client,
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_VERSION"),
    "traced::database",
)
.of_no_function();

/// The settings and the server that the spans of a database share.
#[derive(Clone, Debug)]
pub(crate) struct Tracing {
    pub(crate) server: Server,
    pub(crate) keeps_literals: bool,
    /// A statement that takes at least this long has an event `slow statement`.
    pub(crate) slow: Duration,
    /// A wait for a connection that takes at least this long has a span.
    pub(crate) long_wait: Duration,
}

impl Tracing {
    pub(crate) fn new(server: Server) -> Self {
        Tracing {
            server,
            keeps_literals: false,
            slow: Duration::from_secs(1),
            long_wait: Duration::from_millis(10),
        }
    }

    /// Adds the event of a slow statement to the current span, if the statement was slow.
    pub(crate) fn note_time(&self, begun: &Stopwatch) {
        let elapsed = begun.elapsed();
        if self.is_slow(elapsed) {
            self.note_slow(elapsed);
        }
    }

    pub(crate) fn is_slow(&self, elapsed: Duration) -> bool {
        elapsed >= self.slow
    }

    /// Adds the event of a slow statement to the current span.
    #[cold]
    pub(crate) fn note_slow(&self, elapsed: Duration) {
        event("slow statement", &mut |attributes| {
            attributes.value("traced.elapsed_ns", &elapsed.as_nanos());
            attributes.value("traced.threshold_ns", &self.slow.as_nanos());
        });
    }
}

/// Whether no span would be recorded, so that there is nothing to do.
pub(crate) fn is_absent() -> bool {
    STATEMENT.is_absent()
}

/// Starts the span of a statement under the current context.
#[cfg(any(feature = "diesel", feature = "sea-orm"))]
pub(crate) fn start_statement(server: &Server, statement: &Statement) -> Started {
    let mut started = Started::default();
    start_statement_in(server, statement, &mut started);
    started
}

/// The same in `holder`, which has no span yet: a future that keeps it there does not move it.
///
/// Specification: OpenTelemetry semantic conventions, *Database client spans*, "Name".
pub(crate) fn start_statement_in(server: &Server, statement: &Statement, holder: &mut impl Hold) {
    let name = match statement.summary.is_empty() {
        true => &*server.name,
        false => &*statement.summary,
    };
    let (of_server, of_statement) = (server.attributes(), statement.attributes());
    let count = of_server.len() + of_statement.len();
    let fill = &mut |attributes: &mut Attributes| {
        attributes.constant(of_server);
        attributes.constant(of_statement);
    };
    STATEMENT.start_named(name, count, fill, holder);
}
