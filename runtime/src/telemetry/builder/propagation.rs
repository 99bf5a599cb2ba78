//! The setters for propagators, baggage attributes, and the parent from the environment.

use opentelemetry::propagation::TextMapPropagator;

use super::super::baggage::BaggageProcessor;
use super::super::propagators::Propagator;
use super::{ProcessorConfig, TelemetryBuilder};

impl TelemetryBuilder {
    /// Sets the propagators, in this order. Otherwise they are those in `OTEL_PROPAGATORS`, by default W3C
    /// Trace Context and W3C Baggage. With an empty list, the process's propagator is not changed.
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

    /// Adds a propagator to those of [`propagators`](Self::propagators). The propagators of the environment are then
    /// not used.
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

    /// Copies baggage to the attributes of each span: the entries for whose keys `is_copied` returns true. It adds a
    /// [`BaggageProcessor`], which runs before processors that are added later.
    ///
    /// ```
    /// use traced::telemetry::TelemetryBuilder;
    ///
    /// let builder = TelemetryBuilder::default().baggage_attributes(|key| key == "tenant");
    /// # drop(builder);
    /// ```
    pub fn baggage_attributes(
        mut self,
        is_copied: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        let baggage = BaggageProcessor::new(is_copied);
        self.processors.push(ProcessorConfig::Baggage(baggage));
        self
    }

    /// Makes the span in the environment of this process (`TRACEPARENT`, `TRACESTATE`), if there is one, the
    /// parent of every span that would be a root, and passes on its `BAGGAGE`. For command-line tools, jobs and
    /// build steps, which belong to the trace of the process that started them.
    ///
    /// Do not use it in servers: all of their requests would be in one trace. It is off by default, because the
    /// sampler then follows the decision of the parent, and a build server may set `TRACEPARENT` for everything that
    /// it starts. `#[traced(root)]` and a task with `#[traced_spawn(link)]` still start a new trace.
    /// If `TRACEPARENT` is not valid, a warning is printed and there is no parent.
    ///
    /// [`Environment`](crate::propagation::Environment) reads the same variables for a single span, and
    /// `inject = command` writes them for a process that this one starts.
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
