//! The redaction hook of the program, applied to the records that are printed.

use std::fmt;

use opentelemetry::Value;
use serde_json::Value as Json;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{DefaultFields, FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

use super::printed;
use crate::redaction::{MASK, Redaction};
use crate::telemetry::logs::redacted::{BODY, current};

/// The name of the message field in `tracing`.
const MESSAGE: &str = "message";

/// The fields of a line on the terminal.
#[derive(Debug, Default)]
pub(in super::super) struct Fields(DefaultFields);

impl<'writer> FormatFields<'writer> for Fields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let Some(redaction) = current() else {
            return self.0.format_fields(writer, fields);
        };
        let mut line = Line {
            redaction,
            writer,
            is_first: true,
            result: Ok(()),
        };
        fields.record(&mut line);
        line.result
    }
}

/// Writes fields as `DefaultFields` does, without its colours.
struct Line<'writer> {
    redaction: Redaction,
    writer: Writer<'writer>,
    is_first: bool,
    result: fmt::Result,
}

impl Line<'_> {
    fn write(&mut self, field: &Field, mut value: Value, is_quoted: bool) {
        // The fields of `tracing-log` with the position of a record are not printed.
        if self.result.is_err() || field.name().starts_with("log.") {
            return;
        }
        let name = field.name().strip_prefix("r#").unwrap_or(field.name());
        let key = if name == MESSAGE { BODY } else { name };
        self.redaction.value(key, &mut value);
        let space = if self.is_first { "" } else { " " };
        self.is_first = false;
        self.result = match (name == MESSAGE, &value) {
            (true, value) => write!(self.writer, "{space}{value}"),
            (false, Value::String(text)) if is_quoted => {
                write!(self.writer, "{space}{name}={:?}", text.as_str())
            }
            (false, value) => write!(self.writer, "{space}{name}={value}"),
        };
    }
}

impl Visit for Line<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.write(field, Value::String(value.to_owned().into()), true);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.write(field, value.into(), false);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.write(field, value.into(), false);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.write(field, value.into(), false);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.write(field, format!("{value:?}").into(), false);
    }
}

/// The objects of a JSON format.
#[derive(Debug)]
pub(in super::super) struct Objects<F>(pub(in super::super) F);

impl<S, N, F> FormatEvent<S, N> for Objects<F>
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
        let Some(redaction) = current() else {
            return self.0.format_event(context, writer, event);
        };
        let object = printed(&self.0, context, event)?;
        match serde_json::from_str(&object) {
            Ok(mut object) => {
                redact_object(&redaction, &mut object);
                writeln!(writer, "{object}")
            }
            Err(_) => writeln!(writer, "{{\"fields\":{{\"message\":\"{MASK}\"}}}}"),
        }
    }
}

/// Redacts the fields of the event and of the spans of `tracing` around it.
fn redact_object(redaction: &Redaction, object: &mut Json) {
    for (name, member) in object.as_object_mut().into_iter().flatten() {
        match name.as_str() {
            "fields" | "span" => redact_fields(redaction, member),
            "spans" => {
                let spans = member.as_array_mut().into_iter().flatten();
                spans.for_each(|span| redact_fields(redaction, span));
            }
            _ => {}
        }
    }
}

fn redact_fields(redaction: &Redaction, fields: &mut Json) {
    for (name, field) in fields.as_object_mut().into_iter().flatten() {
        let key = if name == MESSAGE { BODY } else { name };
        redact_json(redaction, key, field);
    }
}

fn redact_json(redaction: &Redaction, key: &str, json: &mut Json) {
    let mut value: Value = match json {
        Json::Bool(value) => (*value).into(),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(value), _) => value.into(),
            (None, Some(value)) => value.into(),
            (None, None) => number.to_string().into(),
        },
        Json::String(text) => text.clone().into(),
        Json::Null | Json::Array(_) | Json::Object(_) => return,
    };
    let before = value.clone();
    redaction.value(key, &mut value);
    if value != before {
        *json = match value {
            Value::Bool(value) => value.into(),
            Value::I64(value) => value.into(),
            Value::F64(value) => value.into(),
            other => other.as_str().into_owned().into(),
        };
    }
}
