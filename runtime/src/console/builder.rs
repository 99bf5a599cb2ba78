//! The settings of a [`ConsoleProcessor`].

use std::fmt;
use std::io::Write;
use std::time::Duration;

use super::collect::TraceLimits;
use super::processor::ConsoleProcessor;
use super::terminal::{ColorChoice, OutputStyle, Target};
use crate::printer::Stream;

/// Builds a [`ConsoleProcessor`]; see [`ConsoleProcessor::builder`].
///
/// ```
/// use std::time::Duration;
/// use traced::console::ConsoleProcessor;
///
/// let processor = ConsoleProcessor::builder()
///     .stderr()
///     .width(120)
///     .grace(Duration::from_millis(200))
///     .build();
/// # drop(processor);
/// ```
#[must_use = "a builder does nothing until `build` is called"]
pub struct ConsoleProcessorBuilder {
    target: Target,
    color: ColorChoice,
    width: Option<usize>,
    limits: TraceLimits,
}

impl ConsoleProcessorBuilder {
    fn new() -> Self {
        ConsoleProcessorBuilder {
            target: Target::Stream(Stream::Stderr),
            color: ColorChoice::Auto,
            width: None,
            limits: TraceLimits {
                traces: 4_096,
                spans: 1_000,
                all_spans: 100_000,
                grace: Duration::from_millis(500),
                age: Duration::from_secs(30),
            },
        }
    }

    /// Writes to `writer` instead of standard error.
    ///
    /// Every tree is passed in one `write_all` followed by a `flush`; errors are ignored.
    /// The writer is called while no lock of the processor is held, on the thread
    /// that ended the last span of a trace or on the processor's own. While one thread is writing,
    /// the others queue their trees and continue. The queue holds four megabytes; trees that do not fit
    /// are left out and counted. A writer that may block for long should pass the output to a thread of its own.
    ///
    /// ```
    /// use traced::console::ConsoleProcessor;
    ///
    /// let file = std::io::sink();
    /// let processor = ConsoleProcessor::builder().writer(file).build();
    /// # drop(processor);
    /// ```
    pub fn writer(mut self, writer: impl Write + Send + 'static) -> Self {
        self.target = Target::Writer(Box::new(writer));
        self
    }

    /// Writes to standard output instead of standard error, with its colours and width.
    ///
    /// ```
    /// use traced::console::ConsoleProcessor;
    ///
    /// let processor = ConsoleProcessor::builder().stdout().build();
    /// # drop(processor);
    /// ```
    pub fn stdout(mut self) -> Self {
        self.target = Target::Stream(Stream::Stdout);
        self
    }

    /// Writes to standard error, with its colours and width, which is the default.
    ///
    /// ```
    /// use traced::console::ConsoleProcessor;
    ///
    /// let processor = ConsoleProcessor::builder().stderr().build();
    /// # drop(processor);
    /// ```
    pub fn stderr(mut self) -> Self {
        self.target = Target::Stream(Stream::Stderr);
        self
    }

    /// Sets when to colour the output; by default [`ColorChoice::Auto`].
    ///
    /// ```
    /// use traced::console::{ColorChoice, ConsoleProcessor};
    ///
    /// let processor = ConsoleProcessor::builder().color(ColorChoice::Always).build();
    /// # drop(processor);
    /// ```
    pub fn color(mut self, color: ColorChoice) -> Self {
        self.color = color;
        self
    }

    /// Sets the width of a line in columns, at least 20. By default it is the variable `COLUMNS`,
    /// otherwise the width of the terminal at the time of printing, otherwise 100.
    ///
    /// ```
    /// use traced::console::ConsoleProcessor;
    ///
    /// let processor = ConsoleProcessor::builder().width(80).build();
    /// # drop(processor);
    /// ```
    pub fn width(mut self, columns: usize) -> Self {
        self.width = Some(columns);
        self
    }

    /// Sets how many spans of one trace are kept, at least 1, by default 1000. The tree says
    /// how many more there were.
    ///
    /// ```
    /// use traced::console::ConsoleProcessor;
    ///
    /// let processor = ConsoleProcessor::builder().max_spans(200).build();
    /// # drop(processor);
    /// ```
    pub fn max_spans(mut self, spans: usize) -> Self {
        self.limits.spans = spans.max(1);
        self
    }

    /// Sets how many unprinted traces are kept, at least 1, by default 4096. When one more
    /// starts, or they have more than 100,000 spans together, the oldest is printed with the mark
    /// `… unfinished`, and its later spans are not printed.
    ///
    /// ```
    /// use traced::console::ConsoleProcessor;
    ///
    /// let processor = ConsoleProcessor::builder().max_traces(32).build();
    /// # drop(processor);
    /// ```
    pub fn max_traces(mut self, traces: usize) -> Self {
        self.limits.traces = traces.max(1);
        self
    }

    /// Sets how long a trace waits, after its local root has ended, for spawned spans that
    /// still run; by default 500 ms. Then the trace is printed with those spans marked `running`, and
    /// each of them is printed by itself when it ends.
    ///
    /// ```
    /// use std::time::Duration;
    /// use traced::console::ConsoleProcessor;
    ///
    /// let processor = ConsoleProcessor::builder().grace(Duration::from_secs(1)).build();
    /// # drop(processor);
    /// ```
    pub fn grace(mut self, grace: Duration) -> Self {
        self.limits.grace = grace;
        self
    }

    /// Sets how long a trace may stay unprinted because its root does not end, at least 10 ms, by default 30 s.
    /// Then its spans so far are printed with the mark `… unfinished`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use traced::console::ConsoleProcessor;
    ///
    /// let processor = ConsoleProcessor::builder().max_age(Duration::from_secs(5)).build();
    /// # drop(processor);
    /// ```
    pub fn max_age(mut self, age: Duration) -> Self {
        self.limits.age = age.max(Duration::from_millis(10));
        self
    }

    /// Builds the processor, for `SdkTracerProvider::builder().with_span_processor(..)`.
    ///
    /// ```
    /// use opentelemetry_sdk::trace::SdkTracerProvider;
    /// use traced::console::ConsoleProcessor;
    ///
    /// let provider = SdkTracerProvider::builder()
    ///     .with_span_processor(ConsoleProcessor::builder().build())
    ///     .build();
    /// # drop(provider);
    /// ```
    #[must_use = "a processor prints nothing until a provider has it"]
    pub fn build(self) -> ConsoleProcessor {
        let style = OutputStyle::of(&self.target, self.color, self.width);
        ConsoleProcessor::start(self.target.into_output(), style, self.limits)
    }
}

impl ConsoleProcessor {
    /// A processor that prints to standard error, with the defaults of
    /// [`builder`](Self::builder).
    ///
    /// ```
    /// let processor = traced::console::ConsoleProcessor::new();
    /// # drop(processor);
    /// ```
    #[must_use = "a processor prints nothing until a provider has it"]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A builder with the default settings.
    ///
    /// ```
    /// use traced::console::ConsoleProcessor;
    ///
    /// let processor = ConsoleProcessor::builder().width(80).build();
    /// # drop(processor);
    /// ```
    pub fn builder() -> ConsoleProcessorBuilder {
        ConsoleProcessorBuilder::new()
    }
}

impl Default for ConsoleProcessor {
    fn default() -> Self {
        ConsoleProcessor::new()
    }
}

impl fmt::Debug for ConsoleProcessorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleProcessorBuilder")
            .field("color", &self.color)
            .field("width", &self.width)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
