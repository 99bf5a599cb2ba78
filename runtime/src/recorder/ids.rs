//! The generation of trace ids and span ids.

use opentelemetry::trace::{SpanId, TraceFlags, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

use super::clock::Tick;
use super::guarded;

/// The W3C random flag: at least the last seven bytes of the trace id are random.
const RANDOM: TraceFlags = TraceFlags::new(0x02);

/// The source of ids.
#[derive(Debug)]
pub(super) enum Ids {
    Random(RandomIdGenerator),
    /// The user's generator.
    Given(Box<dyn IdGenerator>),
}

impl Ids {
    pub(super) fn new(given: Option<Box<dyn IdGenerator>>) -> Self {
        given.map_or_else(|| Ids::Random(RandomIdGenerator::default()), Ids::Given)
    }

    /// The flags of a new trace, which tell samplers whether its id is known to be random.
    ///
    /// Specification: W3C *Trace Context*, level 2, "Random Trace ID Flag".
    #[inline]
    pub(super) fn root_flags(&self) -> TraceFlags {
        match self {
            Ids::Random(_) => RANDOM,
            Ids::Given(_) => TraceFlags::NOT_SAMPLED,
        }
    }

    /// Never zero, which is not a valid id.
    #[inline]
    pub(super) fn span_id(&self, now: Tick) -> SpanId {
        match self {
            Ids::Random(random) => random_span_id(random, now),
            Ids::Given(given) => {
                let id = guarded("id generator", || given.new_span_id());
                id.filter(|id| *id != SpanId::INVALID)
                    .unwrap_or_else(|| random_span_id(&RandomIdGenerator::default(), now))
            }
        }
    }

    /// Never zero, which is not a valid id.
    #[inline]
    pub(super) fn trace_id(&self, now: Tick) -> TraceId {
        match self {
            Ids::Random(random) => random_trace_id(random, now),
            Ids::Given(given) => {
                let id = guarded("id generator", || given.new_trace_id());
                id.filter(|id| *id != TraceId::INVALID)
                    .unwrap_or_else(|| random_trace_id(&RandomIdGenerator::default(), now))
            }
        }
    }
}

// A `fork` copies the state of the thread's generator. The time is mixed in, so that the ids of a child process
// differ from those of its parent, unless the span is known not to be recorded: no clock is read for it, and `now` is 0.

fn random_span_id(random: &RandomIdGenerator, now: Tick) -> SpanId {
    let id = u64::from_be_bytes(random.new_span_id().to_bytes());
    SpanId::from((id ^ spread(now)).max(1))
}

fn random_trace_id(random: &RandomIdGenerator, now: Tick) -> TraceId {
    let id = u128::from_be_bytes(random.new_trace_id().to_bytes());
    TraceId::from((id ^ u128::from(spread(now))).max(1))
}

/// A value that differs for each time, in its upper bits too.
#[inline]
fn spread(now: Tick) -> u64 {
    // Multiplying by an odd number is injective. The result need not look random, as the id is random.
    now.entropy().wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A generator of invalid ids that panics when asked for trace ids.
    #[derive(Debug)]
    struct Broken;

    impl IdGenerator for Broken {
        fn new_trace_id(&self) -> TraceId {
            panic!("no more ids")
        }

        fn new_span_id(&self) -> SpanId {
            SpanId::INVALID
        }
    }

    #[test]
    fn ids_are_valid_whatever_the_generator_does() {
        let ids = Ids::new(Some(Box::new(Broken)));
        assert_ne!(ids.span_id(Tick::now()), SpanId::INVALID);
        assert_ne!(ids.trace_id(Tick::now()), TraceId::INVALID);
    }

    /// A generator of these ids.
    #[derive(Debug)]
    struct Fixed(u128, u64);

    impl IdGenerator for Fixed {
        fn new_trace_id(&self) -> TraceId {
            TraceId::from(self.0)
        }

        fn new_span_id(&self) -> SpanId {
            SpanId::from(self.1)
        }
    }

    #[test]
    fn the_ids_of_a_given_generator_are_used_if_they_are_valid() {
        let ids = Ids::new(Some(Box::new(Fixed(7, 8))));
        assert_eq!(ids.trace_id(Tick::now()), TraceId::from(7));
        assert_eq!(ids.span_id(Tick::now()), SpanId::from(8));
        let ids = Ids::new(Some(Box::new(Fixed(0, 0))));
        assert_ne!(ids.trace_id(Tick::now()), TraceId::INVALID);
        assert_ne!(ids.span_id(Tick::now()), SpanId::INVALID);
    }

    #[test]
    fn each_bit_of_an_id_is_set_in_half_of_them() {
        const IDS: usize = 4_000;
        // Eight standard deviations of a binomial count.
        const OFF: usize = 250;

        let ids = Ids::new(None);
        let (mut of_spans, mut of_traces) = ([0; 64], [0; 128]);
        for _ in 0..IDS {
            let span = u64::from_be_bytes(ids.span_id(Tick::now()).to_bytes());
            let trace = u128::from_be_bytes(ids.trace_id(Tick::now()).to_bytes());
            (0..64).for_each(|bit| of_spans[bit] += usize::from(span >> bit & 1 == 1));
            (0..128).for_each(|bit| of_traces[bit] += usize::from(trace >> bit & 1 == 1));
        }
        for set in of_spans.into_iter().chain(of_traces) {
            assert!(set.abs_diff(IDS / 2) < OFF, "{of_spans:?} {of_traces:?}");
        }
    }

    #[cfg(feature = "init")]
    #[test]
    fn samplers_keep_their_share_of_a_million_ids() {
        use opentelemetry::Context;
        use opentelemetry::trace::SpanKind;
        use opentelemetry_sdk::trace::{Sampler, SamplingDecision, ShouldSample};

        use crate::probability::ProbabilitySampler;

        const TRACES: u32 = 1_000_000;
        // Of a million binomial counts, fewer than seven are further off than this many standard deviations.
        const SIGMAS: f64 = 4.5;

        let shares = [0.1, 0.01];
        let by_ratio = shares.map(Sampler::TraceIdRatioBased);
        let by_probability = shares.map(ProbabilitySampler::new);
        let ids = Ids::new(None);
        let root = Context::new();
        let mut kept = [[0_u32; 2]; 2];
        for _ in 0..TRACES {
            let trace = ids.trace_id(Tick::now());
            let keeps = |sampler: &dyn ShouldSample| {
                let decided =
                    sampler.should_sample(Some(&root), trace, "", &SpanKind::Internal, &[], &[]);
                decided.decision == SamplingDecision::RecordAndSample
            };
            let of_ratio = by_ratio.each_ref().map(|sampler| keeps(sampler));
            let of_probability = by_probability.each_ref().map(|sampler| keeps(sampler));
            // Samplers are consistent: a trace among the hundredth is also among the tenth.
            assert!(of_ratio[0] >= of_ratio[1] && of_probability[0] >= of_probability[1]);
            for (kept, keeps) in kept.iter_mut().zip([of_ratio, of_probability]) {
                kept[0] += u32::from(keeps[0]);
                kept[1] += u32::from(keeps[1]);
            }
        }
        for kept in kept {
            for (kept, share) in kept.into_iter().zip(shares) {
                let all = f64::from(kept) / share;
                let deviation = (f64::from(TRACES) * share * (1.0 - share)).sqrt() / share;
                let off = (all - f64::from(TRACES)).abs() / deviation;
                assert!(off < SIGMAS, "{kept} of {share}: {off} standard deviations");
            }
        }
    }

    #[test]
    fn the_time_alone_makes_ids_differ() {
        let times = [Tick::default(), Tick::now()];
        assert_ne!(spread(times[0]), spread(times[1]));
    }
}
