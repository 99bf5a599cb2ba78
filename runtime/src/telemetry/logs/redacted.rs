//! Log records without what a hook of the program redacts: where they are made, and where they are printed.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::logs::AnyValue;
use opentelemetry::{Key, Value};
use serde_json::Value as Json;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FmtContext;
use tracing_subscriber::fmt::format::{DefaultFields, FormatEvent, FormatFields, Writer};
use tracing_subscriber::registry::LookupSpan;

use crate::fork::ForkMutex;
use crate::redaction::{MASK, Redaction};

/// The key of a record's body.
const BODY: &str = "body";
/// The name of the field in `tracing`.
const MESSAGE: &str = "message";

static REDACTION: ForkMutex<Option<Redaction>> = ForkMutex::new(None);
static IS_SET: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether what is printed on this thread was redacted already.
    static IS_DONE: Cell<bool> = const { Cell::new(false) };
}

/// Redacts records from now on, or no longer.
pub(super) fn set(redaction: Option<Redaction>) {
    IS_SET.store(redaction.is_some(), Ordering::Release);
    let replaced = REDACTION
        .lock()
        .map(|mut current| std::mem::replace(&mut *current, redaction));
    // The hook is the user's: dropped after the lock.
    drop(replaced);
}

/// The hook, if there is one and it was not applied yet.
pub(super) fn current() -> Option<Redaction> {
    if !IS_SET.load(Ordering::Acquire) || IS_DONE.try_with(Cell::get).unwrap_or(false) {
        return None;
    }
    REDACTION.lock()?.clone()
}

/// Runs `print`, whose values were redacted.
pub(super) fn already(print: impl FnOnce()) {
    struct Restored(bool);
    impl Drop for Restored {
        fn drop(&mut self) {
            let _ = IS_DONE.try_with(|done| done.set(self.0));
        }
    }
    let _restored = Restored(IS_DONE.try_with(|done| done.replace(true)).unwrap_or(false));
    print();
}

/// A record's body.
pub(super) fn body(body: AnyValue) -> AnyValue {
    match current() {
        Some(redaction) => any_value(&redaction, BODY, body),
        None => body,
    }
}

/// The value of a record's attribute.
pub(super) fn attribute(key: &str, value: AnyValue) -> AnyValue {
    match current() {
        Some(redaction) => any_value(&redaction, key, value),
        None => value,
    }
}

/// The hook gets each value of a list with the key of the list, and each value of a map with its
/// own key.
fn any_value(redaction: &Redaction, key: &str, value: AnyValue) -> AnyValue {
    let scalar = |value: Value| {
        let mut value = value;
        redaction.value(key, &mut value);
        match value {
            Value::Bool(value) => value.into(),
            Value::I64(value) => value.into(),
            Value::F64(value) => value.into(),
            Value::String(text) => AnyValue::String(text),
            other => other.as_str().into_owned().into(),
        }
    };
    match value {
        AnyValue::Boolean(value) => scalar(value.into()),
        AnyValue::Int(value) => scalar(value.into()),
        AnyValue::Double(value) => scalar(value.into()),
        AnyValue::String(text) => scalar(Value::String(text)),
        // As text, because OpenTelemetry's attribute values have no bytes.
        AnyValue::Bytes(bytes) => match redaction.text(key, &String::from_utf8_lossy(&bytes)) {
            Some(redacted) => redacted.into(),
            None => AnyValue::Bytes(bytes),
        },
        AnyValue::ListAny(values) => {
            let values = values.into_iter();
            let values = values.map(|value| any_value(redaction, key, value));
            AnyValue::ListAny(Box::new(values.collect()))
        }
        AnyValue::Map(members) => {
            let members = members.into_iter().map(|(key, value)| {
                let value = any_value(redaction, key.as_str(), value);
                (key, value)
            });
            AnyValue::Map(Box::new(members.collect::<HashMap<Key, AnyValue>>()))
        }
        // A type that OpenTelemetry has added.
        _ => MASK.into(),
    }
}

/// The fields of a line on the terminal.
#[derive(Debug, Default)]
pub(super) struct Fields(DefaultFields);

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
pub(super) struct Objects<F>(pub(super) F);

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
        let mut object = String::new();
        self.0
            .format_event(context, Writer::new(&mut object), event)?;
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
