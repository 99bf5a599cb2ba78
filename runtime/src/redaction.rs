//! The hook by which a program redacts values before they leave the process.
//!
//! Values are passed to the hook when a span ends or a log record is made: before they are encoded, and before any
//! consumer (console, page, exporter) gets them. If the hook panics, the value is masked.

use std::cell::Cell;
use std::fmt;
use std::mem;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::{Event, Link, Status};
use opentelemetry::{KeyValue, Value};
#[cfg(feature = "init")]
use opentelemetry_sdk::trace::SpanData;

use crate::panic_hook::catch_silently;
use crate::self_log::{self, Level};

/// The user's hook, which gets the key and may change the value.
type Hook = dyn Fn(&str, &mut Value) + Send + Sync;

/// A hook, shared by all through which values leave the process.
#[derive(Clone)]
pub(crate) struct Redaction(Arc<Shared>);

struct Shared {
    hook: Box<Hook>,
    masked: AtomicU64,
}

/// Replaces a value that the hook could not process.
pub(crate) const MASK: &str = "[redacted]";

/// The key of an exception's message. The description of a status is passed to the hook with this key too.
const MESSAGE: &str = "exception.message";
/// The key of an exception's stack trace, which quotes the message.
const STACKTRACE: &str = "exception.stacktrace";

thread_local! {
    /// Whether the hook runs on this thread, to prevent endless recursion through spans of its own.
    static IS_RUNNING: Cell<bool> = const { Cell::new(false) };
}

#[cfg_attr(
    not(feature = "init"),
    allow(dead_code, reason = "only `init` has a hook")
)]
impl Redaction {
    pub(crate) fn new(hook: impl Fn(&str, &mut Value) + Send + Sync + 'static) -> Self {
        Redaction(Arc::new(Shared {
            hook: Box::new(hook),
            masked: AtomicU64::new(0),
        }))
    }

    /// How many values were masked because the hook could not process them.
    pub(crate) fn masked(&self) -> u64 {
        self.0.masked.load(Ordering::Relaxed)
    }

    /// Passes one value to the hook.
    pub(crate) fn value(&self, key: &str, value: &mut Value) {
        let is_nested = IS_RUNNING.try_with(|running| running.replace(true));
        if is_nested != Ok(false) {
            self.mask(value);
            return;
        }
        let hook = AssertUnwindSafe(|| (self.0.hook)(key, value));
        // The message of its panic may quote the value, so no panic hook may print it.
        let result = catch_silently(hook);
        let _ = IS_RUNNING.try_with(|running| running.set(false));
        if let Err(payload) = result {
            // The destructor of the payload may panic too.
            mem::forget(payload);
            self.mask(value);
            self_log::once(
                Level::Error,
                "redaction",
                "the redaction hook panicked; the value is masked, and the report counts it",
            );
        }
    }

    fn mask(&self, value: &mut Value) {
        *value = Value::String(MASK.into());
        self.0.masked.fetch_add(1, Ordering::Relaxed);
    }

    /// The text after redaction; `None` if the hook did not change it.
    pub(crate) fn text(&self, key: &str, text: &str) -> Option<String> {
        let mut value = Value::String(text.to_owned().into());
        self.value(key, &mut value);
        let redacted = value.as_str();
        (redacted != text).then(|| redacted.into_owned())
    }

    /// Passes each attribute to the hook. If the hook changes an exception's message, the message is replaced in the
    /// stack trace too, which quotes it.
    pub(crate) fn attributes(&self, attributes: &mut [KeyValue]) {
        let mut replaced = None;
        for attribute in &mut *attributes {
            if attribute.key.as_str() != STACKTRACE {
                let is_message = attribute.key.as_str() == MESSAGE;
                let before = is_message.then(|| attribute.value.to_string());
                self.value(attribute.key.as_str(), &mut attribute.value);
                replaced = before
                    .map(|before| (before, attribute.value.to_string()))
                    .filter(|(before, after)| before != after && !before.is_empty())
                    .or(replaced);
            }
        }
        let traces = attributes.iter_mut();
        for trace in traces.filter(|attribute| attribute.key.as_str() == STACKTRACE) {
            if let Some((before, after)) = &replaced {
                let text = trace.value.as_str().replace(before.as_str(), after);
                trace.value = Value::String(text.into());
            }
            self.value(STACKTRACE, &mut trace.value);
        }
    }

    /// Passes the description of an error to the hook, as the message of an exception.
    pub(crate) fn status(&self, status: &mut Status) {
        if let Status::Error { description } = status {
            if !description.is_empty() {
                if let Some(redacted) = self.text(MESSAGE, description) {
                    *description = redacted.into();
                }
            }
        }
    }

    /// Passes all values of a span to the hook.
    pub(crate) fn span(
        &self,
        attributes: &mut [KeyValue],
        events: &mut [Event],
        links: &mut [Link],
        status: &mut Status,
    ) {
        self.attributes(attributes);
        for event in events {
            self.attributes(&mut event.attributes);
        }
        for link in links {
            self.attributes(&mut link.attributes);
        }
        self.status(status);
    }

    /// Redacts a span of the SDK's type.
    #[cfg(feature = "init")]
    pub(crate) fn data(&self, span: &mut SpanData) {
        self.span(
            &mut span.attributes,
            &mut span.events.events,
            &mut span.links.links,
            &mut span.status,
        );
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction")
            .field("masked", &self.masked())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Masks digits of texts.
    fn digits() -> Redaction {
        Redaction::new(|_, value| {
            if let Value::String(text) = value {
                let masked = text.as_str().replace(|c: char| c.is_ascii_digit(), "#");
                *value = Value::String(masked.into());
            }
        })
    }

    #[test]
    fn every_value_of_a_span_is_given_to_the_hook_with_its_key() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let keys = Arc::clone(&seen);
        let redaction = Redaction::new(move |key, _| keys.lock().unwrap().push(key.to_owned()));
        let attributes = |key: &'static str| vec![KeyValue::new(key, 1)];
        let mut span_attributes = attributes("a");
        let now = std::time::SystemTime::now();
        let mut events = vec![Event::new("paid", now, attributes("b"), 0)];
        let target = opentelemetry::trace::SpanContext::NONE;
        let mut links = vec![Link::new(target, attributes("c"), 0)];
        let mut status = Status::error("d");
        redaction.span(&mut span_attributes, &mut events, &mut links, &mut status);
        assert_eq!(*seen.lock().unwrap(), ["a", "b", "c", MESSAGE]);
    }

    #[test]
    fn a_message_is_redacted_where_the_stack_trace_quotes_it() {
        // This hook does not handle the stack trace.
        let redaction = Redaction::new(|key, value| {
            if key == MESSAGE {
                *value = "hidden".into();
            }
        });
        let mut attributes = [
            KeyValue::new(STACKTRACE, "Refused: card 4711\n    at pay.rs:7"),
            KeyValue::new(MESSAGE, "card 4711"),
        ];
        redaction.attributes(&mut attributes);
        assert_eq!(
            attributes[0].value.as_str(),
            "Refused: hidden\n    at pay.rs:7"
        );
        assert_eq!(attributes[1].value.as_str(), "hidden");
    }

    #[test]
    fn a_description_is_a_message() {
        let mut status = Status::error("card 4711");
        digits().status(&mut status);
        assert_eq!(status, Status::error("card ####"));
    }

    #[test]
    fn a_value_over_which_the_hook_panics_is_masked_and_counted() {
        let redaction = Redaction::new(|_, value| {
            let text = value.as_str().into_owned();
            *value = format!("half of {text}").into();
            assert_ne!(text, "secret", "{text}");
        });
        let mut values = [KeyValue::new("a", "secret"), KeyValue::new("b", "open")];
        redaction.attributes(&mut values);
        assert_eq!(values[0].value.as_str(), MASK);
        assert_eq!(values[1].value.as_str(), "half of open");
        assert_eq!(redaction.masked(), 1);
    }

    #[test]
    fn a_hook_is_not_called_recursively() {
        static REDACTION: std::sync::OnceLock<Redaction> = std::sync::OnceLock::new();
        let redaction = REDACTION.get_or_init(|| {
            Redaction::new(|_, value| {
                let mut inner = value.clone();
                REDACTION.get().unwrap().value("inner", &mut inner);
                *value = inner;
            })
        });
        let mut value = Value::from("secret");
        redaction.value("outer", &mut value);
        assert_eq!((value.as_str().as_ref(), redaction.masked()), (MASK, 1));
    }
}
