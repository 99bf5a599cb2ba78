//! Consistent probability sampling: the share of traces that a sampler keeps travels with them, so that
//! counts can be extrapolated from what was kept.

#[cfg(test)]
mod tests;
mod threshold;
mod trace_state;

use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::trace::{
    Link, SpanContext, SpanKind, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{SamplingDecision, SamplingResult, ShouldSample};

use self::threshold::Threshold;
use self::trace_state::Entry;
use crate::self_log::{self, Level};

/// W3C Trace Context, level 2: that the seven bytes at the right of the trace id are random.
pub(crate) const RANDOM: TraceFlags = TraceFlags::new(0x02);

/// Keeps a share of all traces, and writes the share into `tracestate` (`ot=th:..`).
///
/// It decides by the random bits of the trace id, or by the randomness that `tracestate` holds (`ot=rv:..`), so
/// samplers of several services decide alike: what one keeps is kept by each that keeps as much or more.
/// [`TraceIdRatioBased`](opentelemetry_sdk::trace::Sampler::TraceIdRatioBased) of the SDK keeps a share too, but does
/// not say which, and decides by other bits.
///
/// [`new`](Self::new) decides each span for itself; [`parent_based`](Self::parent_based) asks the caller first, which
/// keeps traces whole. A kept span counts for as many as [`adjusted_count`](Self::adjusted_count) says.
///
/// Specification: OpenTelemetry, *Tracing SDK*, "`ProbabilitySampler`" and "`ComposableParentThreshold`"; *TraceState:
/// Probability Sampling* and *TraceState Handling* (in development).
///
/// ```
/// use traced::telemetry::{ProbabilitySampler, TelemetryBuilder};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tenth = ProbabilitySampler::new(0.1).parent_based();
/// let _telemetry = TelemetryBuilder::default().sampler(tenth).no_exporter().init()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ProbabilitySampler {
    /// `None` keeps nothing.
    threshold: Option<Threshold>,
    asks_parent: bool,
    /// The tracestate of a root that is kept, if it had none before.
    root_state: TraceState,
}

impl ProbabilitySampler {
    /// A sampler that keeps `ratio` of all spans, from 0 to 1; the SDK's precision of four digits applies.
    ///
    /// More than 1 is all, and less than 2^-56 is none; so is what is no number.
    ///
    /// ```
    /// use traced::telemetry::ProbabilitySampler;
    ///
    /// let hundredth = ProbabilitySampler::new(0.01);
    /// # drop(hundredth);
    /// ```
    pub fn new(ratio: f64) -> Self {
        let threshold = Threshold::of_ratio(ratio);
        ProbabilitySampler {
            threshold,
            asks_parent: false,
            root_state: Entry::default().written(threshold, &TraceState::NONE),
        }
    }

    /// The same for roots; a span with a parent is kept if its parent is, with the share of its parent.
    ///
    /// ```
    /// use traced::telemetry::ProbabilitySampler;
    ///
    /// let sampler = ProbabilitySampler::new(0.01).parent_based();
    /// # drop(sampler);
    /// ```
    pub fn parent_based(mut self) -> Self {
        self.asks_parent = true;
        self
    }

    /// For how many spans a kept span counts: 100, where one of a hundred is kept. `None` where no share, or an
    /// invalid one, was written, so that nobody knows.
    ///
    /// ```
    /// use std::str::FromStr;
    /// use traced::opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};
    /// use traced::telemetry::ProbabilitySampler;
    ///
    /// let state = TraceState::from_str("ot=th:c").unwrap();
    /// let (trace, span) = (TraceId::from(7), SpanId::from(7));
    /// let kept = SpanContext::new(trace, span, TraceFlags::SAMPLED, true, state);
    /// assert_eq!(ProbabilitySampler::adjusted_count(&kept), Some(4.0));
    /// ```
    pub fn adjusted_count(span: &SpanContext) -> Option<f64> {
        let threshold = Entry::of(span.trace_state()).threshold?;
        span.is_sampled().then(|| threshold.adjusted_count())
    }
}

impl ShouldSample for ProbabilitySampler {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace: TraceId,
        _: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let span = parent.map(|parent| parent.span());
        let none = SpanContext::NONE;
        let caller = span.as_ref().map_or(&none, |span| span.span_context());
        let state = caller.trace_state();
        let is_child = caller.is_valid();
        if !is_child && *state == TraceState::NONE {
            return match self.threshold.filter(|it| it.keeps(random_bits(trace))) {
                Some(_) => result(true, self.root_state.clone()),
                None => result(false, TraceState::NONE),
            };
        }
        let entry = Entry::of(state);
        let randomness = entry.randomness.unwrap_or_else(|| random_bits(trace));
        if is_child && self.asks_parent {
            // A share that contradicts the decision is wrong, and counts would be wrong with it.
            let threshold = entry.threshold.filter(|it| it.keeps(randomness));
            let is_kept = caller.is_sampled();
            return result(is_kept, entry.written(threshold.filter(|_| is_kept), state));
        }
        if is_child && entry.randomness.is_none() && caller.trace_flags() & RANDOM != RANDOM {
            warn_of_presumed_randomness();
        }
        let threshold = self.threshold.filter(|it| it.keeps(randomness));
        result(threshold.is_some(), entry.written(threshold, state))
    }
}

fn result(is_kept: bool, trace_state: TraceState) -> SamplingResult {
    SamplingResult {
        decision: match is_kept {
            true => SamplingDecision::RecordAndSample,
            false => SamplingDecision::Drop,
        },
        attributes: Vec::new(),
        trace_state,
    }
}

/// The seven bytes at the right.
fn random_bits(trace: TraceId) -> u64 {
    let [.., a, b, c, d, e, f, g] = trace.to_bytes();
    u64::from_be_bytes([0, a, b, c, d, e, f, g])
}

/// Specification: *Tracing SDK*, "Compatibility warnings for `ProbabilitySampler`".
fn warn_of_presumed_randomness() {
    static IS_TOLD: AtomicBool = AtomicBool::new(false);
    if !IS_TOLD.swap(true, Ordering::Relaxed) {
        self_log::once(
            Level::Warn,
            "probability",
            "the sampler presumes that the trace ids of callers are random, but the random flag of one was \
             not set; update what calls this service to W3C Trace Context level 2, or use \
             `ProbabilitySampler::parent_based`",
        );
    }
}
