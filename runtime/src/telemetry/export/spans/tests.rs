//! Does the same program give the same request, whether its spans are the SDK's, encoded by
//! `opentelemetry-proto`, or ours?

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use opentelemetry::trace::{
    Event, Link, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId,
    TraceState, Tracer, TracerProvider,
};
use opentelemetry::{Context, InstrumentationScope, KeyValue, Value};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    Sampler, SamplingDecision, SamplingResult, SdkTracerProvider, ShouldSample, Span, SpanData,
    SpanProcessor,
};
use prost::Message as _;

use super::*;
use crate::attributes::Attributes;
use crate::call_site::CallSite;
use crate::current_context::ContextStack;
use crate::random::{Random, rounds};
use crate::recorder::sink::Bounds;
use crate::recorder::{Exporters, Provider, Sampling, Scopes, Settings};
use crate::telemetry::settings::LimitSettings as Limits;

/// The exported spans of a provider.
type Exported = Vec<ResourceSpans>;

/// A part of a program: tracers of two scopes, and the same numbers each time.
struct Program<T> {
    tracers: [T; 2],
    random: Random,
}

/// A time that the clock does not give.
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

fn few_attributes(random: &mut Random) -> Vec<KeyValue> {
    // Few keys, so that some come twice.
    let keys = ["a", "b", "c", "d", "e"];
    let count = random.below(6);
    (0..count)
        .map(|_| KeyValue::new(keys[random.below(5)], random.value()))
        .collect()
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

    /// A span, and what happens during it.
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

fn scopes() -> [InstrumentationScope; 2] {
    let plain = InstrumentationScope::builder("plain").build();
    let full = InstrumentationScope::builder("full")
        .with_version("1.2")
        .with_schema_url("https://example.com/schema")
        .with_attributes([KeyValue::new("scope", true)]);
    [plain, full.build()]
}

fn resource() -> Resource {
    Resource::builder_empty()
        .with_schema_url(
            [KeyValue::new("service.name", "shop")],
            "https://example.com/resource",
        )
        .build()
}

/// Keeps what ends.
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

/// A provider with an exporter that is never drained.
fn ours(sampling: Sampling, limits: Limits) -> (Provider, Arc<recorder::Intake>, Arc<Scopes>) {
    let bounds = Bounds {
        items: 100_000,
        bytes: usize::MAX,
        batch: 100_000,
        batch_bytes: usize::MAX,
    };
    let scopes = Arc::<Scopes>::default();
    let refused = |pushed| panic!("{pushed:?}");
    let intake = recorder::Intake::new(bounds, Arc::clone(&scopes), Box::new(|| true), refused);
    let intake = Arc::new(intake);
    let provider = Provider::new(Settings {
        sampling,
        ids: None,
        limits: limits.of_sdk(),
        observers: Vec::new(),
        redaction: None,
        exporters: Exporters {
            intakes: vec![Arc::clone(&intake)],
            scopes: Arc::clone(&scopes),
            exact_limits: limits.exact(),
        },
    });
    (provider, intake, scopes)
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

/// Ids become numbers in the order in which they first come, times of the clock become 1, and the random flag
/// goes.
fn without_what_differs(mut exported: Exported) -> Exported {
    let mut known = HashMap::new();
    let mut number = |id: &mut Vec<u8>| {
        // The ids that the program sets have few digits.
        if id.iter().filter(|byte| **byte != 0).count() > 1 {
            let next = known.len();
            *id = format!("id {}", known.entry(id.clone()).or_insert(next)).into_bytes();
        }
    };
    let unknown = |time: &mut u64| {
        if *time > 1_000_000 {
            *time = 1;
        }
    };
    for scope in exported.iter_mut().flat_map(|all| &mut all.scope_spans) {
        for span in &mut scope.spans {
            number(&mut span.trace_id);
            number(&mut span.span_id);
            number(&mut span.parent_span_id);
            unknown(&mut span.start_time_unix_nano);
            unknown(&mut span.end_time_unix_nano);
            // The SDK does not set the random flag, and does not pass it on below what it drops.
            span.flags &= !0x02;
        }
    }
    exported
}

fn limits() -> Limits {
    Limits {
        value_length: None,
        attributes: 128,
        events: 128,
        links: 128,
        event_attributes: 128,
        link_attributes: 128,
        record_value_length: None,
        record_attributes: 128,
    }
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
fn so_it_does_with_limits() {
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

/// A sampler that has something to say of every span.
#[derive(Debug, Clone)]
struct Talking;

impl ShouldSample for Talking {
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
fn so_it_does_with_a_sampler_of_the_users() {
    assert_same(Talking, None, limits());
}

#[test]
fn spans_for_an_exporter_of_the_users_are_those_of_the_sdk() {
    for seed in 0..rounds(20) {
        let (exported, spans) = of_ours(Sampling::new(Sampler::AlwaysOn), limits(), seed);
        let again = group_spans_by_resource_and_scope(spans, &(&resource()).into());
        assert_eq!(again, exported, "seed {seed}");
    }
}

/// The spans of a call site whose attributes `fill` gives, with some more that are set later.
fn of_call_site(
    sampling: Sampling,
    limits: Limits,
    count: usize,
    fill: &mut dyn FnMut(&mut Attributes),
    later: &[KeyValue],
) -> (bool, Exported) {
    static SITE: CallSite = CallSite::new("load", SpanKind::Client, "scope", "", "module");
    let (provider, intake, known) = ours(sampling, limits);
    let tracer = provider.tracer_with_scope(scopes()[0].clone());
    let stack = ContextStack::of_this_thread().unwrap();
    let mut started = Context::new();
    let hold = |context: &mut Context| started = std::mem::take(context);
    tracer.start_with_attributes(&SITE, stack, count, fill, hold);
    started.span().set_attributes(later.iter().cloned());
    started.span().end();
    let encoded = Arc::<EncodedResource>::default();
    let request = SpansRequest::new(intake.take(), &known, &encoded);
    let bytes = request.encode(Format::Protobuf).unwrap();
    let read = ExportTraceServiceRequest::decode(&*bytes).unwrap();
    (
        provider.writes_attributes(),
        without_what_differs(read.resource_spans),
    )
}

#[test]
fn attributes_that_are_encoded_at_once_are_those_that_are_not() {
    let keys = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let mut random = Random::new(7);
    for round in 0..rounds(300) {
        // Sometimes more than are written, and a key twice.
        let count = random.below(keys.len());
        let twice = random.below(8) == 0;
        let values: Vec<_> = (0..count).map(|_| random.value()).collect();
        let mut fill = |attributes: &mut Attributes| {
            for (place, value) in values.iter().enumerate() {
                let key = keys[if twice { place / 2 } else { place }];
                match value {
                    Value::Bool(value) => attributes.push_bool(key, *value),
                    Value::I64(value) => attributes.push_i64(key, *value),
                    Value::F64(value) => attributes.push_f64(key, *value),
                    Value::String(text) => attributes.push_str(key, text.as_str()),
                    value => attributes.push(key, value.clone()),
                }
            }
        };
        let later = few_attributes(&mut random);
        let limits = Limits {
            attributes: [128, 8][random.below(2)],
            ..limits()
        };
        let plain = Sampling::Plain(Sampler::AlwaysOn);
        let given = Sampling::Given(Box::new(Sampler::AlwaysOn));
        let (is_written, written) = of_call_site(plain, limits, count, &mut fill, &later);
        let (is_not, values) = of_call_site(given, limits, count, &mut fill, &later);
        assert!(is_written && !is_not);
        assert_eq!(written, values, "round {round}");
    }
}

#[test]
fn attributes_are_not_encoded_at_once_where_they_are_looked_at_or_cut() {
    let cut = Limits {
        value_length: Some(2),
        ..limits()
    };
    let few = Limits {
        attributes: 1,
        ..limits()
    };
    for limits in [cut, few] {
        let plain = Sampling::Plain(Sampler::AlwaysOn);
        let mut fill = |attributes: &mut Attributes| {
            attributes.push_str("a", "long");
            attributes.push_str("b", "long");
        };
        let (is_written, exported) = of_call_site(plain, limits, 2, &mut fill, &[]);
        assert!(!is_written);
        let span = &exported[0].scope_spans[0].spans[0];
        let kept = 2 - span.dropped_attributes_count as usize;
        assert_eq!(
            (span.attributes.len(), kept),
            (limits.attributes.min(2), limits.attributes.min(2))
        );
    }
}

#[test]
fn threads_end_spans_while_a_worker_takes_them() {
    const THREADS: u64 = 3;
    let each = rounds(2_000);
    let (provider, intake, known) = ours(Sampling::Plain(Sampler::AlwaysOn), limits());
    let mut spans = Vec::new();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let tracer = provider.tracer(format!("thread {thread}"));
            scope.spawn(move || {
                for number in 0..each {
                    let mut span = tracer.start(number.to_string());
                    // Every second has what is written to a buffer of its own first.
                    if number % 2 == 0 {
                        opentelemetry::trace::Span::add_event(&mut span, "even", Vec::new());
                    }
                }
            });
        }
        while (spans.len() as u64) < THREADS * each {
            let batch = intake.take();
            let taken = batch.len() as u64;
            spans.extend(decode(&batch, &known));
            drop(batch);
            intake.settle(taken, taken);
            std::thread::yield_now();
        }
    });
    let counts = intake.counts();
    assert_eq!((counts.exported, counts.pending), (THREADS * each, 0));
    for thread in 0..THREADS {
        let scope = format!("thread {thread}");
        let of_thread = |span: &&SpanData| span.instrumentation_scope.name() == scope;
        let ended = spans.iter().filter(of_thread);
        // In the order in which they ended.
        let names = ended.map(|span| (span.name.to_string(), span.events.len() % 2 == 1));
        let expected = (0..each).map(|number| (number.to_string(), number % 2 == 0));
        assert!(names.eq(expected), "{scope}");
    }
}
