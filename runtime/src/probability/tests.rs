//! Are counts that are extrapolated from the kept spans those of all spans?

use opentelemetry::trace::SpanId;

use super::*;
use crate::random::Random;

const TRACES: u64 = 1_000_000;

/// Fewer than seven in a million binomial counts deviate by more.
const SIGMAS: f64 = 4.5;

/// The counts of a service: spans, kept spans, and the sum of what the kept ones stand for.
#[derive(Debug, Default, Clone, Copy)]
struct Counted {
    kept: u64,
    extrapolated: f64,
}

impl Counted {
    fn add(&mut self, span: &SpanContext) {
        if span.is_sampled() {
            self.kept += 1;
            self.extrapolated += ProbabilitySampler::adjusted_count(span).unwrap();
        }
    }

    /// Whether it kept a share of all traces, and extrapolates to all of them, as far as chance allows.
    #[track_caller]
    fn stands_for_all(&self, ratio: f64) {
        let all = TRACES as f64;
        // If every span is kept, the deviation is zero, so avoid a division by it.
        let deviation = (all * ratio * (1.0 - ratio)).sqrt().max(f64::EPSILON);
        let off = (self.kept as f64 - all * ratio).abs() / deviation;
        assert!(
            off < SIGMAS,
            "{self:?} of {ratio}: {off} standard deviations"
        );
        // Four digits of precision are less than chance makes of a million.
        let off = (self.extrapolated - all).abs() / (deviation / ratio);
        assert!(
            off < SIGMAS,
            "{self:?} of {ratio}: {off} standard deviations"
        );
    }
}

/// The span that a service makes of what comes with a request.
fn span(sampler: &ProbabilitySampler, caller: &SpanContext, trace: TraceId) -> SpanContext {
    let parent = Context::new().with_remote_span_context(caller.clone());
    let decided = sampler.should_sample(Some(&parent), trace, "", &SpanKind::Server, &[], &[]);
    let is_sampled = decided.decision == SamplingDecision::RecordAndSample;
    let flags = RANDOM.with_sampled(is_sampled);
    SpanContext::new(trace, SpanId::from(7), flags, true, decided.trace_state)
}

/// Counts a million traces through a chain of services with these samplers; gives the counts of each
/// service, and how many traces are kept at some services and not at others.
fn chain(seed: u64, samplers: &[ProbabilitySampler]) -> (Vec<Counted>, u64) {
    let mut random = Random::new(seed);
    let mut counted = vec![Counted::default(); samplers.len()];
    let mut broken = 0;
    for _ in 0..TRACES {
        let id = u128::from(random.next()) << 64 | u128::from(random.next());
        let trace = TraceId::from(id);
        let mut caller = SpanContext::NONE;
        let mut kept = 0;
        for (sampler, counted) in samplers.iter().zip(&mut counted) {
            caller = span(sampler, &caller, trace);
            counted.add(&caller);
            kept += usize::from(caller.is_sampled());
        }
        broken += u64::from(kept != 0 && kept != samplers.len());
    }
    (counted, broken)
}

#[test]
fn a_share_of_a_million_traces_stands_for_all_and_each_is_whole() {
    for (seed, ratio) in [(1, 0.01), (2, 0.1)] {
        let parent_based = |ratio| ProbabilitySampler::new(ratio).parent_based();
        // The decisions that the later services would make themselves do not matter.
        let (counted, broken) = chain(
            seed,
            &[parent_based(ratio), parent_based(1.0), parent_based(0.0)],
        );
        counted
            .iter()
            .for_each(|service| service.stands_for_all(ratio));
        assert_eq!(broken, 0);
    }
}

#[test]
fn services_with_shares_of_their_own_each_stand_for_all() {
    let ratios = [0.1, 0.01, 0.5, 1.0];
    let samplers = ratios.map(ProbabilitySampler::new);
    let (counted, _) = chain(3, &samplers);
    for (service, ratio) in counted.iter().zip(ratios) {
        service.stands_for_all(ratio);
    }
}

#[test]
fn a_higher_ratio_keeps_all_traces_of_a_lower_one() {
    let samplers = [0.5, 0.1, 0.01].map(ProbabilitySampler::new);
    let mut random = Random::new(4);
    for _ in 0..100_000 {
        let trace = TraceId::from(u128::from(random.next()));
        let kept = samplers
            .each_ref()
            .map(|sampler| span(sampler, &SpanContext::NONE, trace).is_sampled());
        assert!(
            kept.is_sorted_by(|more, less| more >= less),
            "{trace}: {kept:?}"
        );
    }
}

fn caller(flags: u8, state: &str) -> SpanContext {
    let trace = TraceId::from(0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736);
    let state = state.parse().unwrap();
    SpanContext::new(trace, SpanId::from(7), TraceFlags::new(flags), true, state)
}

/// Whether a span below `caller` is kept, and with which state.
fn below(sampler: &ProbabilitySampler, caller: &SpanContext) -> (bool, String) {
    let span = span(sampler, caller, caller.trace_id());
    (span.is_sampled(), span.trace_state().header())
}

#[test]
fn a_parent_decides_and_its_threshold_is_passed_on_if_it_is_consistent() {
    let sampler = ProbabilitySampler::new(0.5).parent_based();
    // The randomness of this trace is ce929d0e0e4736.
    for (flags, state, expected) in [
        (3, "ot=th:c,a=1", (true, "ot=th:c,a=1")),
        (3, "a=1", (true, "a=1")),
        // With this threshold, the span would not have been kept.
        (3, "ot=th:cf,a=1", (true, "a=1")),
        (
            3,
            "ot=th:c;rv:00000000000000",
            (true, "ot=rv:00000000000000"),
        ),
        (3, "ot=th:zz;p:1", (true, "ot=p:1")),
        // A span that is not kept has no threshold.
        (2, "ot=th:c;p:1", (false, "ot=p:1")),
        (2, "", (false, "")),
    ] {
        let (is_kept, header) = below(&sampler, &caller(flags, state));
        assert_eq!((is_kept, &*header), expected, "{flags} {state}");
    }
}

#[test]
fn explicit_randomness_replaces_that_of_the_trace_id_and_is_kept() {
    let half = ProbabilitySampler::new(0.5);
    for (flags, state, expected) in [
        (3, "", (true, "ot=th:8")),
        (2, "", (true, "ot=th:8")),
        (3, "ot=rv:7fffffffffffff", (false, "ot=rv:7fffffffffffff")),
        (
            2,
            "ot=rv:80000000000000",
            (true, "ot=th:8;rv:80000000000000"),
        ),
        // The sampler ignores the parent's decision.
        (3, "ot=th:0", (true, "ot=th:8")),
        (
            3,
            "ot=th:0;rv:00000000000000",
            (false, "ot=rv:00000000000000"),
        ),
    ] {
        let (is_kept, header) = below(&half, &caller(flags, state));
        assert_eq!((is_kept, &*header), expected, "{flags} {state}");
    }
    // A root may be given randomness, too.
    let root = SpanContext::new(
        TraceId::INVALID,
        SpanId::INVALID,
        TraceFlags::default(),
        false,
        "ot=rv:00000000000001".parse().unwrap(),
    );
    let trace = TraceId::from(u128::MAX);
    let root = span(&half, &root, trace);
    assert!(!root.is_sampled());
    assert_eq!(root.trace_state().header(), "ot=rv:00000000000001");
}

#[test]
fn a_ratio_of_zero_keeps_no_span_and_adds_no_state() {
    let none = ProbabilitySampler::new(0.0);
    assert_eq!(below(&none, &caller(3, "ot=th:0")), (false, String::new()));
    let root = span(&none, &SpanContext::NONE, TraceId::from(u128::MAX));
    assert!(!root.is_sampled() && *root.trace_state() == TraceState::NONE);
}

#[test]
fn only_sampled_spans_with_a_threshold_have_a_count() {
    let count = |flags, state| ProbabilitySampler::adjusted_count(&caller(flags, state));
    assert_eq!(count(1, "ot=th:8"), Some(2.0));
    assert_eq!(count(1, "ot=th:0"), Some(1.0));
    for (flags, state) in [(0, "ot=th:8"), (1, ""), (1, "ot=th:"), (1, "ot=p:1")] {
        assert_eq!(count(flags, state), None, "{flags} {state}");
    }
}
