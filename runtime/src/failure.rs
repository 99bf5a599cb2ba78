//! Failures: the error type, the message and the event that are recorded when a function fails.

mod handed_over;

use std::any::type_name;
use std::borrow::Cow;
use std::error::Error;
use std::fmt::{Debug, Display, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use opentelemetry::trace::{SpanContext, TraceContextExt};
use opentelemetry::{Context, KeyValue};

#[cfg(any(feature = "init", feature = "testing"))]
pub(crate) use self::handed_over::handed_over;
pub(crate) use self::handed_over::{hand_over, is_handed_over};
use crate::attributes::printed;
use crate::in_flight_errors::{InFlightError, fingerprint};

/// A failure as it is recorded on a span: `error.type`, the message of the status `Error` (its description),
/// and the `exception` event if there is one.
///
/// Specification: OpenTelemetry semantic conventions, *Recording errors* and
/// *Exceptions on spans*.
///
/// ```
/// use traced::Failure;
///
/// // Without an event, as the HTTP conventions require for a response:
/// let response = Failure::new("503").with_message("service unavailable");
/// // With the `exception` event, as `#[traced]` records an `Err`:
/// let error = Failure::from_error(&"x".parse::<u8>().unwrap_err());
/// assert_eq!(error.message(), "invalid digit found in string");
/// # let _ = response;
/// ```
#[derive(Clone, Debug)]
pub struct Failure {
    error_type: Cow<'static, str>,
    message: String,
    exception: Option<Exception>,
    /// Whether `error_type` names a pointer to an error and not the error.
    is_dyn: bool,
    /// The type of the error, if `error_type` was set to something else.
    of: Option<&'static str>,
    /// `on_err` has set the attribute `error.type`.
    is_described: bool,
}

/// The `exception` event of a failure, without its message.
#[derive(Clone, Debug)]
pub(crate) struct Exception {
    pub(crate) type_name: &'static str,
    pub(crate) stacktrace: Option<String>,
}

impl Exception {
    /// The greatest number of attributes of the event.
    pub(crate) const MOST_ATTRIBUTES: usize = 3;

    /// The attributes of the event.
    pub(crate) fn into_attributes(self, message: String) -> Vec<KeyValue> {
        let mut attributes = Vec::with_capacity(Exception::MOST_ATTRIBUTES);
        attributes.push(KeyValue::new("exception.type", self.type_name));
        attributes.push(KeyValue::new("exception.message", message));
        if let Some(stacktrace) = self.stacktrace {
            attributes.push(KeyValue::new("exception.stacktrace", stacktrace));
        }
        attributes
    }
}

/// The marks of a failure that was recorded on the callee's span, by which the caller's span recognises it.
#[derive(Debug)]
pub(crate) struct Leaving {
    message: u64,
    error_type: Cow<'static, str>,
    of: Option<&'static str>,
}

impl Leaving {
    /// Notes that the failure left its function for the function whose context is `current` now.
    pub(crate) fn leave_to(self, current: &Context) {
        let current = current.span();
        let current = current.span_context();
        if current.is_valid() {
            let error = InFlightError {
                to: (current.trace_id(), current.span_id()),
                message: self.message,
                error_type: self.error_type,
                of: self.of,
            };
            error.note();
        }
    }
}

impl Failure {
    /// A failure with this `error.type`, an empty message and no event.
    ///
    /// `error.type` should be of low cardinality: a status code, or the name of an error's variant.
    pub fn new(error_type: impl Into<Cow<'static, str>>) -> Self {
        Failure {
            error_type: error_type.into(),
            message: String::new(),
            exception: None,
            is_dyn: false,
            of: None,
            is_described: false,
        }
    }

    /// Sets the message, which becomes the description of the span's status.
    ///
    /// ```
    /// let failure = traced::Failure::new("503").with_message("service unavailable");
    /// assert_eq!(failure.message(), "service unavailable");
    /// ```
    pub fn with_message(self, message: impl Into<String>) -> Self {
        Failure {
            message: message.into(),
            ..self
        }
    }

    /// Sets `error.type` to a name or a code that is more precise than the type of the error: see [`Failure::new`].
    ///
    /// ```
    /// use traced::{Failure, Outcome, traced};
    ///
    /// enum Answer { Refused(std::num::ParseIntError) }
    ///
    /// impl Outcome for Answer {
    ///     fn failure(&self) -> Option<Failure> {
    ///         let Answer::Refused(error) = self;
    ///         Some(Failure::from_error(error).with_error_type("refused"))
    ///     }
    /// }
    ///
    /// #[traced]
    /// fn ask() -> Answer {
    ///     Answer::Refused("x".parse::<u8>().unwrap_err())
    /// }
    ///
    /// let (_, spans) = traced::testing::capture(ask);
    /// assert_eq!(spans.named("ask").attribute("error.type"), Some("refused".into()));
    /// ```
    pub fn with_error_type(self, error_type: impl Into<Cow<'static, str>>) -> Self {
        let of = self.exception.as_ref().map(|exception| exception.type_name);
        Failure {
            error_type: error_type.into(),
            is_dyn: false,
            of,
            ..self
        }
    }

    /// An error with the chain of its sources.
    ///
    /// ```
    /// let error = std::io::Error::other("the disk is full");
    /// assert_eq!(traced::Failure::from_error(&error).message(), "the disk is full");
    /// ```
    pub fn from_error<E: Error + ?Sized>(error: &E) -> Self {
        Failure::from_chain(type_name::<E>(), &error, &|| error.source())
    }

    /// An error that is known only by its text.
    ///
    /// ```
    /// assert_eq!(traced::Failure::from_display("no card").message(), "no card");
    /// ```
    pub fn from_display<E: Display + ?Sized>(error: &E) -> Self {
        Failure::from_chain(type_name::<E>(), &error, &|| None)
    }

    /// An error with no text other than its `Debug`.
    ///
    /// ```
    /// #[derive(Debug)]
    /// struct NoCard { order: u64 }
    ///
    /// assert_eq!(traced::Failure::from_debug(&NoCard { order: 7 }).message(), "NoCard { order: 7 }");
    /// ```
    pub fn from_debug<E: Debug + ?Sized>(error: &E) -> Self {
        Failure::from_chain(type_name::<E>(), &format_args!("{error:?}"), &|| None)
    }

    /// An error that is known only by its type.
    ///
    /// ```
    /// assert_eq!(traced::Failure::from_type::<u8>().message(), "u8");
    /// ```
    pub fn from_type<E: ?Sized>() -> Self {
        Failure::from_chain(type_name::<E>(), &type_name::<E>(), &|| None)
    }

    /// An error behind a pointer (`Box<dyn Error>`, `anyhow::Error`): `E` is the type of the pointer, as the
    /// name of the dynamic type is not known.
    pub(crate) fn from_dyn<E: ?Sized>(error: &(dyn Error + 'static)) -> Self {
        Failure {
            is_dyn: true,
            ..Failure::from_chain(type_name::<E>(), &error, &|| error.source())
        }
    }

    /// The error of a tower service. It is often a boxed `dyn Error`, whose sources are recorded too.
    #[cfg(any(feature = "apalis", feature = "tower"))]
    pub(crate) fn from_display_or_boxed<E: Display + 'static>(error: &E) -> Self {
        type Boxed = Box<dyn Error + Send + Sync>;

        match (error as &dyn std::any::Any).downcast_ref::<Boxed>() {
            Some(error) => Failure::from_dyn::<Boxed>(&**error),
            None => Failure::from_display(error),
        }
    }

    /// A panic in the user's `Display` or `source` is caught, as the program itself might never have called them.
    fn from_chain<'e>(
        type_name: &'static str,
        error: &dyn Display,
        source: &dyn Fn() -> Option<&'e (dyn Error + 'static)>,
    ) -> Self {
        #[cfg(feature = "metrics")]
        if text::is_left_out() {
            return Failure::new(type_name);
        }
        let text = catch_unwind(AssertUnwindSafe(|| {
            let message = printed(format_args!("{error}"));
            let stacktrace = source().map(|source| write_chain(type_name, &message, source));
            (message, stacktrace)
        }));
        let (message, stacktrace) =
            text.unwrap_or_else(|_| (format!("{type_name} panicked while it was printed"), None));
        Failure {
            error_type: Cow::Borrowed(type_name),
            message,
            exception: Some(Exception {
                type_name,
                stacktrace,
            }),
            is_dyn: false,
            of: None,
            is_described: false,
        }
    }

    /// Replaces a text in the message and in the stack trace.
    #[cfg(feature = "reqwest")]
    pub(crate) fn replacing(mut self, text: &str, with: &str) -> Self {
        self.message = self.message.replace(text, with);
        if let Some(Exception {
            stacktrace: Some(stacktrace),
            ..
        }) = &mut self.exception
        {
            *stacktrace = stacktrace.replace(text, with);
        }
        self
    }

    /// The message: the description of the span's status, and the message of the error.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// A value that `fail_if` calls a failure: `error.type` is its type, and there is no event.
    pub(crate) fn from_value<V: ?Sized>() -> Self {
        Failure::new(type_name::<V>())
    }

    /// A value that `fail_if` calls a failure, whose `error.type` was set by `on_ok`.
    pub(crate) fn from_described_value() -> Self {
        Failure::new("")
    }

    /// The same, if `on_err` has set `error.type`.
    pub(crate) fn described(self, is_described: bool) -> Self {
        Failure {
            is_described,
            ..self
        }
    }

    /// The value of `error.type`; `None` if `on_ok` or `on_err` has set the attribute.
    pub(crate) fn error_type(&self) -> Option<Cow<'static, str>> {
        let error_type = self.measured_type();
        error_type.filter(|_| !self.is_described)
    }

    /// The same for a metric, which has no attributes of `on_err`.
    pub(crate) fn measured_type(&self) -> Option<Cow<'static, str>> {
        let error_type = Some(&self.error_type);
        error_type.filter(|written| !written.is_empty()).cloned()
    }

    /// The attributes of the `exception` event, if there is one.
    pub(crate) fn take_event_attributes(&mut self) -> Option<Vec<KeyValue>> {
        let exception = self.exception.take()?;
        Some(exception.into_attributes(self.message.clone()))
    }

    /// The value of `error.type`, the message and the event.
    #[cfg(any(feature = "init", feature = "testing"))]
    pub(crate) fn into_parts(self) -> (Option<Cow<'static, str>>, String, Option<Exception>) {
        let error_type = Some(self.error_type);
        let error_type = error_type.filter(|written| !written.is_empty() && !self.is_described);
        (error_type, self.message, self.exception)
    }

    /// Removes the event if it was recorded already: on `span` itself, or on a child from which the error came
    /// unchanged. Returns what the caller's span needs to recognise the failure.
    pub(crate) fn forget_what_is_recorded(&mut self, span: &SpanContext) -> Leaving {
        let message = fingerprint(&self.message);
        let same = InFlightError::take_last(span, |error| {
            error.message == message
                && (error.error_type == self.error_type || self.is_named_by(error) || self.is_dyn)
        });
        if let Some(error) = same {
            // `?` may have boxed the error, but the child knew its type.
            self.error_type = error.error_type;
            self.exception = None;
        }
        self.leaving(message)
    }

    fn leaving(&self, message: u64) -> Leaving {
        Leaving {
            message,
            error_type: self.error_type.clone(),
            of: self.of,
        }
    }

    /// Whether the child's span named an error by another `error.type` that has its type as `error.type` here.
    fn is_named_by(&self, error: &InFlightError) -> bool {
        error.of.is_some_and(|of| self.error_type == of)
    }

    /// Notes that the failure left its function for the function whose context is `current` now.
    pub(crate) fn leave_to(self, current: &Context) {
        self.leaving(fingerprint(&self.message)).leave_to(current);
    }
}

/// Leaves out the texts of errors where only their types are needed, as formatting them costs time.
#[cfg(feature = "metrics")]
pub(crate) mod text {
    use std::cell::Cell;

    use opentelemetry::trace::TraceContextExt as _;

    use crate::current_context;

    thread_local! {
        static IS_LEFT_OUT: Cell<bool> = const { Cell::new(false) };
    }

    /// Whether the text of a failure is of no use here. A function that is called meanwhile may have a span of its own,
    /// which is current while its result is observed and records the text.
    pub(super) fn is_left_out() -> bool {
        IS_LEFT_OUT.try_with(Cell::get).unwrap_or(false)
            && !current_context::current().span().is_recording()
    }

    /// Until this is dropped, failures that are made on this thread have no text, unless a span that records is current.
    #[derive(Debug)]
    pub(crate) struct LeftOut(bool);

    impl LeftOut {
        pub(crate) fn begin() -> Self {
            LeftOut(
                IS_LEFT_OUT
                    .try_with(|out| out.replace(true))
                    .unwrap_or(true),
            )
        }
    }

    impl Drop for LeftOut {
        fn drop(&mut self) {
            let _ = IS_LEFT_OUT.try_with(|out| out.set(self.0));
        }
    }
}

/// The greatest number of sources that are recorded: a longer chain is assumed to be a cycle.
const LONGEST_CHAIN: usize = 64;

fn write_chain(type_name: &str, message: &str, first: &(dyn Error + 'static)) -> String {
    // With room for a source, so that the string is seldom reallocated.
    let mut text = String::with_capacity(type_name.len() + message.len() + 128);
    text.push_str(type_name);
    text.push_str(": ");
    text.push_str(message);
    let mut next = Some(first);
    for _ in 0..LONGEST_CHAIN {
        let Some(source) = next else { break };
        // Fails only if the source's `Display` does; what it wrote before stays.
        let _ = write!(text, "\nCaused by: {source}");
        next = source.source();
    }
    text
}
