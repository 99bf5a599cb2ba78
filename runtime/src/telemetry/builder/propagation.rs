//! The setters of propagators, of baggage attributes, and of the parent from the environment.

use opentelemetry::propagation::TextMapPropagator;

use super::super::baggage::BaggageProcessor;
use super::super::propagators::Propagator;
use super::{ProcessorConfig, TelemetryBuilder};

impl TelemetryBuilder {
    /// The propagators, in this order. Unless set, they are those that `OTEL_PROPAGATORS` names, and by default W3C
    /// Trace Context and W3C Baggage. An empty list leaves the process's propagator as it is.
    ///
    /// Specification: OpenTelemetry, *Context*, "Propagators Distribution".
    ///
    /// ```
    /// use std::collections::HashMap;
    /// use traced::telemetry::{Propagator, TelemetryBuilder};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let _telemetry = TelemetryBuilder::default().propagators([Propagator::B3]).no_exporter().init()?;
    /// let mut headers: HashMap<String, String> = HashMap::new();
    /// traced::span!("send", { traced::inject(&mut headers) });
    /// assert!(headers.contains_key("b3"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn propagators(mut self, propagators: impl IntoIterator<Item = Propagator>) -> Self {
        let mut chosen: Vec<Propagator> = Vec::new();
        for propagator in propagators {
            if !chosen.contains(&propagator) {
                chosen.push(propagator);
            }
        }
        let ours = self.propagators.get_or_insert_default();
        ours.extend(chosen.into_iter().map(Propagator::boxed));
        self
    }

    /// Adds a propagator to those of [`propagators`](Self::propagators). The propagators of the environment are not
    /// used then.
    ///
    /// ```
    /// use traced::opentelemetry::global::get_text_map_propagator;
    /// use traced::propagation::BaggagePropagator;
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let baggage = BaggagePropagator::new();
    /// let _telemetry = TelemetryBuilder::default().propagator(baggage).no_exporter().init()?;
    /// let fields: Vec<String> = get_text_map_propagator(|all| all.fields().map(str::to_owned).collect());
    /// assert_eq!(fields, ["baggage"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn propagator(
        mut self,
        propagator: impl TextMapPropagator + Send + Sync + 'static,
    ) -> Self {
        let ours = self.propagators.get_or_insert_default();
        ours.push(Box::new(propagator));
        self
    }

    /// Copies the entries of the baggage whose key `is_wanted` to each span, as attributes: a
    /// [`BaggageProcessor`], in front of whatever is added later.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().baggage_attributes(|key| key == "tenant");
    /// # drop(builder);
    /// ```
    pub fn baggage_attributes(
        mut self,
        is_wanted: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        let baggage = BaggageProcessor::new(is_wanted);
        self.processors.push(ProcessorConfig::Baggage(baggage));
        self
    }

    /// Makes the span in the environment of this process (`TRACEPARENT`, `TRACESTATE`), if there is one, the
    /// parent of every span that would be a root, and passes on its `BAGGAGE`: for command-line tools, jobs and
    /// steps of a build, which belong to the trace of whoever started them.
    ///
    /// Not for servers: all of their requests would be one trace. Only where a program asks for it, as the
    /// sampler then follows the decision of the parent, and a build server may set `TRACEPARENT` for everything that
    /// it starts. `#[traced(root)]` and a task with `#[traced_spawn(link)]` begin a trace of their own all the same.
    /// A `TRACEPARENT` that cannot be read is a warning, and there is no parent.
    ///
    /// [`Environment`](crate::propagation::Environment) reads the same for a single span, and `inject = command`
    /// writes it for the processes that this one starts.
    ///
    /// Specification: OpenTelemetry, *Environment Variables as Context Propagation Carriers*.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().parent_of_environment();
    /// # drop(builder);
    /// ```
    pub fn parent_of_environment(mut self) -> Self {
        self.parent_of_environment = true;
        self
    }
}
