//! The ids of the current span in a line of text, or in an object of JSON.

mod redacted;

use std::fmt;

use opentelemetry::trace::{SpanContext, TraceContextExt};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

pub(super) use self::redacted::{Fields, Objects};

/// The number of digits of a short trace id, as in the trees on the terminal.
const SHORT: usize = 8;

/// Lines with the trace id in front: see [`text`](super::text).
#[derive(Clone, Debug, Default)]
pub struct Text<F> {
    inner: F,
    is_full: bool,
}

impl<F> Text<F> {
    pub(super) fn new(inner: F) -> Self {
        Text {
            inner,
            is_full: false,
        }
    }

    /// Writes `trace_id=.. span_id=.. trace_flags=..` in front, for lines that are searched by a
    /// machine and not read in a terminal.
    ///
    /// Specification of the names: OpenTelemetry, *Trace Context in non-OTLP Log Formats*.
    ///
    /// ```
    /// let subscriber = tracing_subscriber::fmt()
    ///     .map_event_format(|format| traced::logs::text(format).with_full_ids());
    /// // trace_id=1545beb7.. span_id=.. trace_flags=03 2026-11-21T04:00:00.000000Z  INFO shop: paid order=7
    /// # let _ = subscriber.finish();
    /// ```
    pub fn with_full_ids(self) -> Self {
        Text {
            is_full: true,
            ..self
        }
    }
}

impl<S, N, F> FormatEvent<S, N> for Text<F>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        match (current(), self.is_full) {
            (Some(span), true) => {
                let (trace, id, flags) = parts(&span);
                write!(writer, "trace_id={trace} span_id={id} trace_flags={flags} ")?;
            }
            (None, true) => {}
            (Some(span), false) => {
                let trace = span.trace_id().to_string();
                write!(writer, "{} ", &trace[..SHORT])?;
            }
            // Blanks keep the columns aligned.
            (None, false) => write!(writer, "{:SHORT$} ", "")?,
        }
        self.inner.format_event(context, writer, event)
    }
}

/// Objects with the ids as members: see [`json`](super::json).
#[derive(Clone, Debug, Default)]
pub struct Json<F> {
    inner: F,
}

impl<F> Json<F> {
    pub(super) fn new(inner: F) -> Self {
        Json { inner }
    }
}

impl<S, N, F> FormatEvent<S, N> for Json<F>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(span) = current() else {
            return self.inner.format_event(context, writer, event);
        };
        let object = printed(&self.inner, context, event)?;
        // The ids become the first members. A text that is not an object is left unchanged.
        let Some(members) = object.strip_prefix('{') else {
            return writer.write_str(&object);
        };
        let (trace, id, flags) = parts(&span);
        let comma = if members.starts_with('}') { "" } else { "," };
        write!(
            writer,
            r#"{{"trace_id":"{trace}","span_id":"{id}","trace_flags":"{flags}"{comma}{members}"#
        )
    }
}

/// The span of the current context: one of this crate, or one of `tracing` that tracing-opentelemetry
/// made current.
fn current() -> Option<SpanContext> {
    let context = crate::current_context::current();
    let span = context.span().span_context().clone();
    span.is_valid().then_some(span)
}

/// The ids and flags in the hexadecimal digits of the W3C Trace Context.
fn parts(span: &SpanContext) -> (String, String, String) {
    let flags = format!("{:02x}", span.trace_flags().to_u8());
    (
        span.trace_id().to_string(),
        span.span_id().to_string(),
        flags,
    )
}

/// The event as the format prints it.
fn printed<S, N, F>(
    format: &F,
    context: &FmtContext<'_, S, N>,
    event: &Event<'_>,
) -> Result<String, fmt::Error>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    let mut line = String::new();
    format.format_event(context, Writer::new(&mut line), event)?;
    Ok(line)
}
