//! The redaction hook of the program, applied to the values of log records.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::logs::AnyValue;
use opentelemetry::{Key, Value};

use crate::fork::ForkMutex;
use crate::redaction::{MASK, Redaction};

/// The key of a record's body.
pub(super) const BODY: &str = "body";

static REDACTION: ForkMutex<Option<Redaction>> = ForkMutex::new(None);
static IS_SET: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Whether the values that this thread prints now were redacted already.
    static IS_DONE: Cell<bool> = const { Cell::new(false) };
}

/// Sets or removes the hook.
pub(super) fn set(redaction: Option<Redaction>) {
    IS_SET.store(redaction.is_some(), Ordering::Release);
    let replaced = REDACTION
        .lock()
        .map(|mut current| std::mem::replace(&mut *current, redaction));
    // Dropped after the lock, as the hook is code of the user.
    drop(replaced);
}

/// The hook, if there is one and it was not applied yet.
pub(super) fn current() -> Option<Redaction> {
    if !IS_SET.load(Ordering::Acquire) || IS_DONE.try_with(Cell::get).unwrap_or(false) {
        return None;
    }
    REDACTION.lock()?.clone()
}

/// Runs `print`, whose values were redacted already.
pub(super) fn without_redaction(print: impl FnOnce()) {
    struct Restored(bool);
    impl Drop for Restored {
        fn drop(&mut self) {
            let _ = IS_DONE.try_with(|done| done.set(self.0));
        }
    }
    let _restored = Restored(IS_DONE.try_with(|done| done.replace(true)).unwrap_or(false));
    print();
}

/// The redacted body of a record.
pub(super) fn body(body: AnyValue) -> AnyValue {
    match current() {
        Some(redaction) => any_value(&redaction, BODY, body),
        None => body,
    }
}

/// The redacted value of an attribute of a record.
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
        // As text, because the hook gets attribute values, which cannot be bytes.
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
