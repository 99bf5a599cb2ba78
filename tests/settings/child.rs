//! A program with telemetry. Its first argument is a list of words, each a setting in code or
//! something to do; `tests/settings` starts it with variables and looks at what it prints.

mod lasting;
mod lost;
#[cfg(unix)]
mod watched;

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use opentelemetry::trace::{
    Event, Link, Span as _, SpanContext, SpanId, SpanKind, TraceContextExt as _, TraceFlags,
    TraceId, TraceState, Tracer as _,
};
use opentelemetry::{Array, Context, KeyValue, Value, global};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    IdGenerator, Sampler, SamplingDecision, SamplingResult, ShouldSample, Span, SpanData,
    SpanExporter, SpanProcessor,
};
use traced::console::ConsoleProcessor;
use traced::telemetry::{
    Batch, Compression, Limits, LogRecords, Otlp, OtlpFile, ProbabilitySampler, Propagator,
    Protocol, TelemetryBuilder,
};
use traced::traced;

mod child_code;

fn main() -> Result<(), Box<dyn Error>> {
    let words = std::env::args().nth(1).unwrap_or_default();
    if words.contains("mortal") {
        // Stands for `panic = "abort"` but exits with status 0: the test looks at what was written
        // before.
        std::panic::set_hook(Box::new(|_| std::process::exit(0)));
    }
    let mut builder = TelemetryBuilder::default();
    for word in words.split_whitespace() {
        builder = setting(word, builder);
    }
    let installed = match words.contains("init!") {
        true => traced::init!(builder),
        false => builder.init(),
    };
    let telemetry = match installed {
        Ok(telemetry) => telemetry,
        Err(error) => {
            println!("error {error}");
            let source = error.source().map(ToString::to_string);
            println!("source {}", source.unwrap_or_default());
            return Ok(());
        }
    };
    for word in words.split_whitespace() {
        act(word);
    }
    let report = telemetry.shutdown();
    for row in report.exporters {
        // Where standard output is tested and nobody reads it, the report goes to standard error.
        match words.contains("aside") {
            true => eprintln!("report {row}"),
            false => println!("report {row}"),
        }
    }
    for site in report.long_lived {
        println!("lasting {site}");
    }
    Ok(())
}

fn setting(word: &str, builder: TelemetryBuilder) -> TelemetryBuilder {
    match word {
        "seen" => builder.span_exporter(Printing),
        "name" => builder.service_name("in-code").service_version("9.9"),
        "described" => builder
            .service_namespace("shops")
            .service_instance_id("till-4")
            .deployment_environment("staging")
            .resource_attribute("shop.floor", 2),
        "package" => builder.package("of-package", "4.5.6"),
        "detected" => builder.detectors(),
        "half" => builder.sampler(Sampler::AlwaysOff),
        "choosy" => builder.sampler(Choosy),
        "quarter" => builder.sampler(ProbabilitySampler::new(0.25)),
        "asking" => builder.sampler(ProbabilitySampler::new(0.25).parent_based()),
        "numbered" => builder.id_generator(Numbered),
        "b3" => builder.propagators([Propagator::B3, Propagator::B3]),
        "quiet" => builder.no_exporter(),
        "file" => builder.file(OtlpFile::new(std::env::var_os("LINES").unwrap()).max_bytes(1)),
        "timed" => builder.poll_times(true),
        "alive" => builder.live(true),
        "audited" => builder.audit(),
        #[cfg(unix)]
        "on_signal" => builder.live_on_signal(),
        "stdout" => builder.otlp_stdout(),
        "page" => builder.html(std::env::var_os("PAGE").unwrap()),
        "redacts" => builder.redact(redact),
        "trees" => builder.console(ConsoleProcessor::new()),
        "stamped" => builder
            .span_processor(Stamp("first"))
            .span_processor(Stamp("second")),
        "watched" => builder.span_processor(Watch),
        "tenants" => builder.baggage_attributes(|key| key.starts_with("tenant")),
        "short" => builder.limits(Limits::new().attribute_value_length(2).span_attributes(3)),
        "pairs" => builder.span_batch(Batch::new().max_export_batch_size(2)),
        "located" => builder.code_attributes(true),
        "off" => builder.filter("settings_child::order=off".parse().unwrap()),
        "hasty" => builder.shutdown_deadline(Duration::from_millis(1)),
        "unlogged" => builder.log_records(LogRecords::new().no_exporter()),
        "bad_endpoint" => builder.otlp(Otlp::new().endpoint("http://shop:sesame@")),
        "bad_header" => builder.otlp(Otlp::new().header("two words", "sesame")),
        "sent" => builder.otlp(
            Otlp::new()
                .protocol(Protocol::HttpJson)
                .compression(Compression::Gzip)
                .header("x-code", "code")
                .header("x-both", "code"),
        ),
        other => match other.strip_prefix("to=") {
            Some(endpoint) => builder.otlp(Otlp::new().endpoint(endpoint)),
            None => builder,
        },
    }
}

fn act(word: &str) {
    match word {
        "order" => _ = order(7),
        "orders" => (0..5).for_each(|id| _ = order(id)),
        "many" => (0..1000).for_each(|id| _ = order(id)),
        "full" => full(),
        "code" => child_code::everything(),
        "serve" => lasting::serve(),
        "write_behind" => lasting::write_behind(),
        "lag" => lasting::lag(),
        "lose" => lost::lose(),
        "ask_a_database" => lost::ask_a_database(),
        "keep" => lost::keep(),
        "outlive" => lost::outlive(),
        "again" => {
            let error = TelemetryBuilder::default().init().unwrap_err();
            println!("again {error}");
        }
        "scopes" => scopes(),
        "inject" => inject(),
        "pass" => pass(&incoming()),
        "tenant" => tenant(),
        "log" => log(),
        "hold_stdout" => hold(std::io::stdout().lock()),
        "hold_stderr" => hold(std::io::stderr().lock()),
        // The lock is held for ever, by a thread that does not end.
        "keep_stdout" => keep(|| std::mem::forget(std::io::stdout().lock())),
        "keep_stderr" => keep(|| std::mem::forget(std::io::stderr().lock())),
        "exit" => std::process::exit(0),
        "threads" => println!("threads {}", threads_that_stay()),
        "long_value" => {
            traced::span!("open", text = "z".repeat(9), { traced::telemetry::flush() });
        }
        "fail" => drop(fail()),
        "panic" => drop(std::panic::catch_unwind(panicking)),
        "secret" => drop(secret()),
        "blurt" => drop(std::panic::catch_unwind(blurt)),
        "linger" => {
            traced::span!("outer", { traced::telemetry::flush() });
        }
        "wait" => {
            // Waits until the exporter has exported without a flush.
            while !EXPORTED.load(std::sync::atomic::Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
            }
            println!("waited");
        }
        #[cfg(unix)]
        other => watched::act(other),
        #[cfg(not(unix))]
        _ => {}
    }
}

/// The fewest threads seen within a second: the thread that calibrates the clock ends sooner.
fn threads_that_stay() -> usize {
    let counts = (0..100).map(|_| {
        std::thread::sleep(Duration::from_millis(10));
        std::fs::read_dir("/proc/self/task").map_or(0, Iterator::count)
    });
    counts.min().unwrap_or(0)
}

#[traced(attributes(id))]
fn order(id: u64) -> u64 {
    traced::event!("paid", amount = 3);
    id
}

#[traced(attributes(before = "it"))]
fn panicking() {
    traced::span!("inner", {
        tracing::warn!("about to <panic>");
        panic!("</script> and 0")
    });
}

fn redact(key: &str, value: &mut Value) {
    assert_ne!(key, "explodes", "{value}");
    *value = match &*value {
        Value::String(text) => text.as_str().replace("sesame", "****").into(),
        Value::Array(_) => "****".into(),
        other => other.clone(),
    };
}

/// A span with the word to redact in every kind of value.
#[traced(attributes(token = "sesame", tokens = ["sesame"], explodes = "sesame"))]
fn secret() -> Result<(), String> {
    traced::event!("typed", token = "sesame");
    tracing::info!(
        token = "sesame",
        explodes = "sesame",
        size = 7,
        "open sesame"
    );
    log::warn!("sesame again");
    Err("sesame refused".to_owned())
}

#[traced(attributes(token = "sesame"))]
fn blurt() {
    panic!("sesame blurted");
}

/// With a span of a tracer of OpenTelemetry's API inside.
#[traced(scoped(tenant.id = "acme"))]
fn scopes() {
    let tracer = global::tracer("by hand");
    tracer.in_span("by hand", |_| traced::span!("block", {}));
    let builder = tracer.span_builder("by itself");
    let builder = builder.with_attributes([KeyValue::new("tenant.id", "its own")]);
    builder.start(&tracer).end();
}

#[traced]
fn inject() {
    println!(
        "span {} {}",
        traced::current().trace_id(),
        traced::current().span_id()
    );
    let mut headers: HashMap<String, String> = HashMap::new();
    traced::inject(&mut headers);
    print_headers(&headers);
}

/// Passes the context on from the headers of one message to those of another.
#[traced(extract = headers, inject = &mut outgoing)]
fn hand_on(headers: &HashMap<String, String>, mut outgoing: HashMap<String, String>) {
    traced::inject(&mut outgoing);
    print_headers(&outgoing);
}

fn pass(headers: &HashMap<String, String>) {
    hand_on(headers, HashMap::new());
}

fn incoming() -> HashMap<String, String> {
    let pairs = std::env::args().skip(2);
    let pairs = pairs.filter_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        Some((key.to_owned(), value.to_owned()))
    });
    pairs.collect()
}

fn print_headers(headers: &HashMap<String, String>) {
    let mut headers: Vec<_> = headers.iter().collect();
    headers.sort();
    for (key, value) in headers {
        println!("header {key}={value}");
    }
}

#[traced(baggage(tenant.id = "red", password = "sesame"))]
fn tenant() {
    order(1);
}

#[traced]
fn log() {
    tracing::info!(size = "a long text", color = "blue", "logged");
}

/// Holds the lock of `stream` until another thread has ended, as a program does that prints results
/// of threads.
fn hold(mut stream: impl std::io::Write) {
    end_sometime();
    let work = std::thread::spawn(|| {
        for id in 0..300 {
            order(id);
            log();
        }
    });
    work.join().unwrap();
    writeln!(stream, "done").unwrap();
}

fn keep(lock: impl FnOnce() + Send + 'static) {
    end_sometime();
    let (locked, is_locked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        lock();
        locked.send(()).unwrap();
        loop {
            std::thread::park();
        }
    });
    is_locked.recv().unwrap();
    order(7);
    log();
}

/// Ends the process after a while, so that a program that hangs fails its test instead of stopping
/// it.
fn end_sometime() {
    std::thread::spawn(|| {
        std::thread::sleep(Duration::from_secs(60));
        std::process::abort();
    });
}

#[traced]
fn fail() -> Result<u16, std::num::ParseIntError> {
    "no number".parse()
}

/// A span with attributes, events and links, made with OpenTelemetry's API.
fn full() {
    let texts = Array::String(vec!["äöüß".into(), "x".into()]);
    let attributes = || {
        vec![
            KeyValue::new("a", "first"),
            KeyValue::new("b", Value::Array(texts.clone())),
            KeyValue::new("a", "äöüß"),
            KeyValue::new("c", 12345),
            KeyValue::new("d", true),
        ]
    };
    let linked = |id: u64| {
        let id = SpanId::from(id);
        let context = SpanContext::new(
            TraceId::from(7),
            id,
            TraceFlags::SAMPLED,
            true,
            TraceState::NONE,
        );
        Link::new(context, attributes(), 0)
    };
    let tracer = global::tracer("settings");
    let mut span = tracer
        .span_builder("full")
        .with_attributes(attributes())
        .with_events((0..3).map(|_| event(attributes())).collect())
        .with_links((1..4).map(linked).collect())
        .start(&tracer);
    span.add_event("later", attributes());
    span.end();
}

fn event(attributes: Vec<KeyValue>) -> Event {
    Event::new("event", std::time::SystemTime::now(), attributes, 0)
}

static EXPORTED: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// An exporter that prints the spans it gets.
#[derive(Debug)]
struct Printing;

impl SpanExporter for Printing {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        println!("batch {}", batch.len());
        batch.iter().for_each(print_span);
        EXPORTED.store(true, std::sync::atomic::Ordering::Relaxed);
        Ok(())
    }

    fn set_resource(&mut self, resource: &Resource) {
        for (key, value) in resource {
            println!("resource {key}={value}");
        }
    }
}

fn print_span(span: &SpanData) {
    println!("exported {} {}", span.name, span.span_context.span_id());
    print_attributes("attribute", &span.attributes, span.dropped_attributes_count);
    println!(
        "events {} dropped {}",
        span.events.len(),
        span.events.dropped_count
    );
    if let Some(event) = span.events.iter().next() {
        print_attributes("event", &event.attributes, event.dropped_attributes_count);
    }
    println!(
        "links {} dropped {}",
        span.links.len(),
        span.links.dropped_count
    );
    if let Some(link) = span.links.iter().next() {
        print_attributes("link", &link.attributes, link.dropped_attributes_count);
    }
}

fn print_attributes(of: &str, attributes: &[KeyValue], dropped: u32) {
    for attribute in attributes {
        println!("{of} {}={}", attribute.key, attribute.value);
    }
    println!("{of} dropped {dropped}");
}

/// A processor that sets an attribute of its name to the number of attributes set before it.
#[derive(Debug)]
struct Stamp(&'static str);

impl SpanProcessor for Stamp {
    fn on_start(&self, span: &mut Span, _: &Context) {
        let before = span.exported_data().map_or(0, |data| data.attributes.len());
        span.set_attribute(KeyValue::new(self.0, before as i64));
    }

    fn on_end(&self, _: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// A processor that prints the spans it gets.
#[derive(Debug)]
struct Watch;

impl SpanProcessor for Watch {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        print_span(&span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// A sampler of the user's.
#[derive(Debug, Clone)]
struct Choosy;

impl ShouldSample for Choosy {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        _: TraceId,
        name: &str,
        _: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let decision = match name {
            "order" => SamplingDecision::RecordAndSample,
            _ => SamplingDecision::Drop,
        };
        let parent = parent.map(|parent| parent.span().span_context().trace_state().clone());
        SamplingResult {
            decision,
            attributes: vec![KeyValue::new("sampled.by", "choosy")],
            trace_state: parent.unwrap_or_default(),
        }
    }
}

#[derive(Debug)]
struct Numbered;

impl IdGenerator for Numbered {
    fn new_trace_id(&self) -> TraceId {
        TraceId::from(0xabc)
    }

    fn new_span_id(&self) -> SpanId {
        SpanId::from(0xdef)
    }
}
