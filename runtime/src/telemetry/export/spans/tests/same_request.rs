//! Does the same program give the same request over the SDK's provider and over ours?

use super::*;

/// A part of a program: tracers of two scopes, and the same numbers each time.
struct Program<T> {
    tracers: [T; 2],
    random: Random,
}

/// A time that does not come from the clock.
fn given_time(random: &mut Random) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(1 + random.below(1_000_000) as u64)
}

fn remote(random: &mut Random) -> SpanContext {
    let state = ["", "a=1", "a=1,b=2"][random.below(3)];
    SpanContext::new(
        TraceId::from(1 + random.below(5) as u128),
        SpanId::from(1 + random.below(5) as u64),
        TraceFlags::new(random.below(4) as u8),
        true,
        state.parse().unwrap(),
    )
}

impl<T> Program<T>
where
    T: Tracer,
    T::Span: Send + Sync + 'static,
{
    fn run(&mut self) {
        for _ in 0..8 {
            let parent = match self.random.below(3) {
                0 => Context::new(),
                1 => Context::new().with_remote_span_context(remote(&mut self.random)),
                _ => Context::new().with_telemetry_suppressed(),
            };
            self.function(&parent, 0);
        }
    }

    /// A span with random events, attributes and children.
    fn function(&mut self, parent: &Context, depth: usize) {
        let context = parent.with_span(self.start(parent));
        for _ in 0..self.random.below(7) {
            self.act(&context, depth);
        }
        match self.random.below(4) {
            0 => context
                .span()
                .end_with_timestamp(given_time(&mut self.random)),
            // Its drop ends it.
            1 => {}
            _ => context.span().end(),
        }
        // After the end nothing is recorded.
        self.act(&context, usize::MAX);
    }

    fn start(&mut self, parent: &Context) -> T::Span {
        let random = &mut self.random;
        let kinds = [SpanKind::Internal, SpanKind::Server, SpanKind::Producer];
        let mut builder =
            self.tracers[random.below(2)].span_builder(["load", "save", ""][random.below(3)]);
        builder.span_kind = [None, Some(kinds[random.below(3)].clone())][random.below(2)].clone();
        if random.below(2) == 0 {
            builder = builder.with_attributes(few_attributes(random));
        }
        if random.below(3) == 0 {
            let links = (0..random.below(4)).map(|_| {
                let attributes = few_attributes(random);
                Link::new(remote(random), attributes, random.below(2) as u32)
            });
            let links = links.collect();
            builder = builder.with_links(links);
        }
        if random.below(4) == 0 {
            let events = (0..random.below(4)).map(|_| {
                let attributes = few_attributes(random);
                Event::new(
                    "early",
                    given_time(random),
                    attributes,
                    random.below(2) as u32,
                )
            });
            let events = events.collect();
            builder = builder.with_events(events);
        }
        if random.below(3) == 0 {
            builder = builder.with_start_time(given_time(random));
        }
        let tracer = &self.tracers[random.below(2)];
        tracer.build_with_context(builder, parent)
    }

    fn act(&mut self, context: &Context, depth: usize) {
        let random = &mut self.random;
        let span = context.span();
        match random.below(8) {
            0 => span.set_attribute(KeyValue::new("late", random.value())),
            1 => span.set_attributes(few_attributes(random)),
            2 => span.add_event_with_timestamp("event", given_time(random), few_attributes(random)),
            3 => span.add_link(remote(random), few_attributes(random)),
            4 => span.set_status(match random.below(4) {
                0 => Status::Ok,
                1 => Status::Unset,
                2 => Status::error("a"),
                _ => Status::error("b"),
            }),
            5 => span.update_name("renamed"),
            _ if depth < 3 => self.function(context, depth + 1),
            _ => {}
        }
    }
}

/// Keeps the ended spans.
#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl SpanProcessor for Kept {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled() {
            self.0.lock().unwrap().push(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

fn of_sdk(sampler: Box<dyn ShouldSample>, limits: Limits, seed: u64) -> Exported {
    let kept = Kept::default();
    let provider = SdkTracerProvider::builder()
        .with_sampler(sampler)
        .with_span_limits(limits.of_sdk())
        .with_span_processor(kept.clone())
        .build();
    Program {
        tracers: scopes().map(|scope| provider.tracer_with_scope(scope)),
        random: Random::new(seed),
    }
    .run();
    let mut spans = std::mem::take(&mut *kept.0.lock().unwrap());
    spans.iter_mut().for_each(|span| limits.apply(span));
    group_spans_by_resource_and_scope(spans, &(&resource()).into())
}

fn of_ours(sampling: Sampling, limits: Limits, seed: u64) -> (Exported, Vec<SpanData>) {
    let (provider, intake, known) = ours(sampling, limits);
    Program {
        tracers: scopes().map(|scope| provider.tracer_with_scope(scope)),
        random: Random::new(seed),
    }
    .run();
    let encoded = Arc::<EncodedResource>::default();
    encoded.set(&resource());
    let batch = intake.take();
    let spans = decode(&batch, &known);
    let request = SpansRequest::new(batch, &known, &encoded);
    let bytes = request.encode(Format::Protobuf).unwrap();
    let read = ExportTraceServiceRequest::decode(&*bytes).unwrap();
    assert_eq!(read.encode_to_vec(), bytes, "prost would write the same");
    (read.resource_spans, spans)
}

#[track_caller]
fn assert_same(
    sampler: impl ShouldSample + Clone + 'static,
    plain: Option<Sampler>,
    limits: Limits,
) {
    let mut spans = 0;
    for seed in 0..rounds(60) {
        let expected = of_sdk(Box::new(sampler.clone()), limits, seed);
        let sampling = match &plain {
            Some(plain) => Sampling::Plain(plain.clone()),
            None => Sampling::new(sampler.clone()),
        };
        let (found, _) = of_ours(sampling, limits, seed);
        let (expected, found) = (without_what_differs(expected), without_what_differs(found));
        spans += expected
            .iter()
            .flat_map(|all| &all.scope_spans)
            .map(|scope| scope.spans.len())
            .sum::<usize>();
        assert_eq!(
            expected[0].scope_spans.len(),
            found[0].scope_spans.len(),
            "seed {seed}"
        );
        for (expected, found) in expected[0].scope_spans.iter().zip(&found[0].scope_spans) {
            assert_eq!(expected.scope, found.scope);
            assert_eq!(expected.schema_url, found.schema_url);
            for (expected, found) in expected.spans.iter().zip(&found.spans) {
                assert_eq!(expected, found, "seed {seed}");
            }
        }
        assert_eq!(expected, found, "seed {seed}");
    }
    assert!(spans > 100 || cfg!(miri), "{spans} spans");
}

#[test]
fn a_program_gives_the_same_request() {
    let sampler = Sampler::ParentBased(Box::new(Sampler::AlwaysOn));
    assert_same(sampler.clone(), Some(sampler), limits());
    assert_same(Sampler::AlwaysOn, None, limits());
}

#[test]
fn a_program_gives_the_same_request_with_limits() {
    let limits = Limits {
        value_length: Some(3),
        attributes: 2,
        events: 1,
        links: 1,
        event_attributes: 1,
        link_attributes: 1,
        ..limits()
    };
    assert_same(Sampler::AlwaysOn, None, limits);
    let limits = Limits {
        attributes: 0,
        events: 0,
        links: 0,
        ..limits
    };
    assert_same(Sampler::AlwaysOn, None, limits);
}

/// A sampler that adds attributes and state to every span.
#[derive(Debug, Clone)]
struct AddsToEachSpan;

impl ShouldSample for AddsToEachSpan {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        _: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let parent = parent.map(|parent| parent.span().span_context().trace_state().clone());
        let state = parent.unwrap_or(TraceState::NONE);
        let seen = format!("{name} {kind:?} {} {}", attributes.len(), links.len());
        SamplingResult {
            decision: match (name, attributes.len()) {
                ("save", _) => SamplingDecision::RecordOnly,
                (_, 2) => SamplingDecision::Drop,
                _ => SamplingDecision::RecordAndSample,
            },
            attributes: vec![KeyValue::new("seen", seen)],
            trace_state: state.insert("sampler", "talks").unwrap(),
        }
    }
}

#[test]
fn a_program_gives_the_same_request_with_a_sampler_of_the_user() {
    assert_same(AddsToEachSpan, None, limits());
}

#[test]
fn an_exporter_of_the_user_gets_the_same_spans() {
    for seed in 0..rounds(20) {
        let (exported, spans) = of_ours(Sampling::new(Sampler::AlwaysOn), limits(), seed);
        let again = group_spans_by_resource_and_scope(spans, &(&resource()).into());
        assert_eq!(again, exported, "seed {seed}");
    }
}
