//! The span of a statement: how it starts, and what is recorded of its end.

use std::time::{Duration, Instant};

use opentelemetry::trace::SpanKind;

use super::server::Server;
use super::statement::Statement;
use crate::attributes::Attributes;
use crate::call_site::CallSite;
use crate::current_span::event;
use crate::span::Started;

static STATEMENT: CallSite = CallSite::new(
    "SQL",
    SpanKind::Client,
    env!("CARGO_PKG_NAME"),
    env!("CARGO_PKG_VERSION"),
    "traced::database",
);

/// The settings and the server that the spans of a database share.
#[derive(Clone, Debug)]
pub(crate) struct Tracing {
    pub(crate) server: Server,
    pub(crate) keeps_literals: bool,
    /// A statement that takes longer has an event that says so.
    pub(crate) slow: Duration,
    /// A wait for a connection that takes longer is a span.
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

    /// Adds the event of a slow statement to the current span.
    pub(crate) fn note_time(&self, begun: Instant) {
        let elapsed = begun.elapsed();
        if elapsed >= self.slow {
            event("slow statement", &mut |attributes| {
                attributes.value("traced.elapsed_ns", &elapsed.as_nanos());
                attributes.value("traced.threshold_ns", &self.slow.as_nanos());
            });
        }
    }
}

/// Whether there is nothing to do, as no span would be recorded.
pub(crate) fn is_absent() -> bool {
    STATEMENT.is_absent()
}

/// Starts the span of a statement under the current context.
///
/// Specification: OpenTelemetry semantic conventions, *Database client spans*, "Name".
pub(crate) fn start_statement(server: &Server, statement: &Statement) -> Started {
    STATEMENT.start_with(&mut |options| {
        options.name(match statement.summary.is_empty() {
            true => &*server.name,
            false => &*statement.summary,
        });
        let attributes = options.attributes(10);
        add_server(server, attributes);
        attributes.value("db.query.text", &statement.text);
        if !statement.summary.is_empty() {
            attributes.value("db.query.summary", &statement.summary);
        }
        attributes.value("db.operation.name", &statement.operation);
        attributes.value("db.collection.name", &statement.collection);
        attributes.value("db.stored_procedure.name", &statement.procedure);
    })
}

/// The attributes that name the database.
pub(crate) fn add_server(server: &Server, attributes: &mut Attributes) {
    attributes.value("db.system.name", &server.name);
    attributes.value("db.namespace", &server.namespace);
    attributes.value("server.address", &server.address);
    attributes.value("server.port", &server.port);
}
