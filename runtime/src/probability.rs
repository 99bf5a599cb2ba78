//! Consistent probability sampling: traces carry the sampling probability with them, so that counts can be
//! extrapolated from the sampled spans.

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

/// The random flag of W3C Trace Context, level 2: the last seven bytes of the trace id are random.
pub(crate) const RANDOM: TraceFlags = TraceFlags::new(0x02);

/// Keeps a share of all traces, and writes the share into `tracestate` (`ot=th:..`).
///
/// It decides by the random bits of the trace id, or by the randomness in `tracestate` (`ot=rv:..`), so that
/// samplers of several services agree: a span that one keeps is kept by each whose share is as large or larger.
/// [`TraceIdRatioBased`](opentelemetry_sdk::trace::Sampler::TraceIdRatioBased) of the SDK also keeps a share, but does
/// not write it down, and decides by other bits.
///
/// A sampler made by [`new`](Self::new) decides for each span by itself; with [`parent_based`](Self::parent_based) it
/// follows the decision of the caller, which keeps traces whole. [`adjusted_count`](Self::adjusted_count) tells for
/// how many spans a kept span counts.
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
    /// The `tracestate` of a sampled root without a `tracestate` of its own.
    root_state: TraceState,
}

impl ProbabilitySampler {
    /// A sampler that keeps the share `ratio` of all spans, from 0 to 1, with the precision of four hexadecimal digits
    /// that the specification recommends.
    ///
    /// A ratio above 1 keeps all spans; one below 2^-56, or NaN, keeps none.
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

    /// Applies the share to roots only; a span with a parent is kept if its parent was, and has its parent's share.
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

    /// For how many spans a kept span counts: 100, where one of a hundred is kept. `None` if the span was not sampled,
    /// or if its `tracestate` has no valid share.
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
            // A share that contradicts the decision is removed, as counts would be wrong with it.
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

/// The last seven bytes.
fn random_bits(trace: TraceId) -> u64 {
    let [.., a, b, c, d, e, f, g] = trace.to_bytes();
    u64::from_be_bytes([0, a, b, c, d, e, f, g])
}

/// Specification: *Tracing SDK*, "Compatibility warnings for `ProbabilitySampler`".
fn warn_of_presumed_randomness() {
    static HAS_WARNED: AtomicBool = AtomicBool::new(false);
    if !HAS_WARNED.swap(true, Ordering::Relaxed) {
        self_log::once(
            Level::Warn,
            "probability",
            "the sampler presumes that the trace ids of callers are random, but the random flag of one was \
             not set; update what calls this service to W3C Trace Context level 2, or use \
             `ProbabilitySampler::parent_based`",
        );
    }
}
