//! Providers that are installed late, replaced or shut down. The provider is global, so this is a
//! process of its own with one test at a time.

mod panicking;
mod unsampled;

use std::collections::HashMap;
use std::sync::Mutex;

use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
use opentelemetry::{Context, global};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SimpleSpanProcessor};
use traced::propagation::use_w3c;
use traced::telemetry::TelemetryBuilder;
use traced::traced;
use traced_tests::CallLog;

/// Serialises the tests: the provider is global.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> std::sync::MutexGuard<'static, ()> {
    let alone = ONE_AT_A_TIME
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    traced::set_tracer_provider(opentelemetry::trace::noop::NoopTracerProvider::new());
    alone
}

fn provider() -> (SdkTracerProvider, InMemorySpanExporter) {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(exporter.clone())
        .build();
    (provider, exporter)
}

fn count(exporter: &InMemorySpanExporter) -> usize {
    exporter.get_finished_spans().unwrap().len()
}

#[traced]
fn work() {}

#[traced(attributes(n = 1))]
async fn work_later() -> Result<(), &'static str> {
    Err("later")
}

#[test]
fn one_that_comes_late_is_used_from_the_next_call_on() {
    let _alone = alone();
    for _ in 0..10_000 {
        work();
    }
    let (provider, exporter) = provider();
    traced::set_tracer_provider(provider);
    work();
    assert_eq!(count(&exporter), 1);
}

#[test]
fn one_that_is_installed_behind_our_back_is_noticed_after_refresh() {
    let _alone = alone();
    for _ in 0..10_000 {
        work();
    }
    let (provider, exporter) = provider();
    global::set_tracer_provider(provider);
    traced::refresh_tracer_provider();
    work();
    assert_eq!(count(&exporter), 1);
}

#[test]
fn one_that_is_installed_behind_our_back_soon_is_noticed_at_once() {
    let _alone = alone();
    for _ in 0..100 {
        work();
    }
    let (provider, exporter) = provider();
    global::set_tracer_provider(provider);
    work();
    assert_eq!(count(&exporter), 1);
}

#[test]
fn one_that_replaces_another_gets_all_further_spans() {
    let _alone = alone();
    let (first, of_first) = provider();
    traced::set_tracer_provider(first.clone());
    work();
    let (second, of_second) = provider();
    traced::set_tracer_provider(second);
    work();
    work();
    assert_eq!((count(&of_first), count(&of_second)), (1, 2));
}

#[test]
fn one_that_replaces_another_is_noticed_by_every_thread() {
    let _alone = alone();
    let (first, of_first) = provider();
    traced::set_tracer_provider(first.clone());
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (done, ready) = std::sync::mpsc::channel();
    let other = std::thread::spawn(move || {
        work();
        done.send(()).unwrap();
        wait.recv().unwrap();
        work();
    });
    ready.recv().unwrap();
    let (second, of_second) = provider();
    traced::set_tracer_provider(second);
    go.send(()).unwrap();
    other.join().unwrap();
    assert_eq!((count(&of_first), count(&of_second)), (1, 1));
}

#[test]
fn one_that_was_shut_down_is_left_for_the_next() {
    let _alone = alone();
    let (first, of_first) = provider();
    traced::set_tracer_provider(first.clone());
    work();
    // The exporter drops its spans when it is shut down.
    assert_eq!(count(&of_first), 1);
    first.shutdown().unwrap();
    work();
    let (second, of_second) = provider();
    global::set_tracer_provider(second);
    work();
    assert_eq!(count(&of_second), 1);
}

type Headers = HashMap<String, String>;

#[traced(kind = "server", extract = headers)]
fn relay(headers: &Headers) -> Headers {
    let mut sent = Headers::new();
    traced::inject(&mut sent);
    sent
}

/// The headers of a caller whose trace is sampled.
fn incoming() -> Headers {
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    Headers::from([("traceparent".to_owned(), parent.to_owned())])
}

/// Whether the trace of a caller is passed on, with a span of this process or without one.
#[track_caller]
fn is_passed_on(has_span: bool) {
    let came = incoming();
    for _ in 0..3 {
        let sent = relay(&came);
        assert_eq!(sent["traceparent"][..36], came["traceparent"][..36]);
        assert_eq!(sent != came, has_span);
    }
}

#[test]
fn under_one_of_ours_that_was_shut_down_a_trace_is_passed_on() {
    let _alone = alone();
    let telemetry = TelemetryBuilder::default().no_exporter().init().unwrap();
    is_passed_on(true);
    drop(telemetry);
    is_passed_on(false);
}

/// Its tracers make spans without ids then.
#[test]
fn under_one_of_the_sdks_that_was_shut_down_a_trace_is_passed_on() {
    let _alone = alone();
    use_w3c();
    let (provider, _) = provider();
    traced::set_tracer_provider(provider.clone());
    is_passed_on(true);
    provider.shutdown().unwrap();
    is_passed_on(false);
}

#[test]
fn one_that_is_replaced_is_let_go_of() {
    let _alone = alone();
    let (first, of_first) = provider();
    traced::set_tracer_provider(first);
    work();
    assert_eq!(count(&of_first), 1);
    let (second, _) = provider();
    traced::set_tracer_provider(second);
    work();
    // The last reference was dropped, which shut the provider down, and the exporter has dropped
    // its spans.
    assert_eq!(count(&of_first), 0);
}

#[test]
fn any_provider_works_and_sees_the_calls_in_their_order() {
    let _alone = alone();
    let log = CallLog::default();
    traced::set_tracer_provider(log.clone());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    assert!(runtime.block_on(work_later()).is_err());
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        log.take(),
        [
            format!("start work_later Internal [n=1] in traced-tests {version}"),
            "event exception on work_later [exception.type=&str, exception.message=later]".into(),
            "attribute error.type=&str on work_later".into(),
            "status Error { description: \"later\" } on work_later".into(),
            "end work_later".into(),
        ]
    );
}

#[test]
fn the_exception_comes_before_the_status_before_the_end_in_sync_code_too() {
    let _alone = alone();
    #[traced]
    fn fails() -> Result<(), &'static str> {
        Err("now")
    }

    #[traced]
    fn panics() {
        panic!("now");
    }

    let log = CallLog::default();
    traced::set_tracer_provider(log.clone());
    let _ = fails();
    let _ = std::panic::catch_unwind(panics);
    let calls = log.take();
    let verbs: Vec<&str> = calls
        .iter()
        .map(|call| call.split(' ').next().unwrap())
        .collect();
    assert_eq!(
        verbs,
        ["start", "event", "attribute", "status", "end"].repeat(2)
    );
}

/// A processor makes `init` install the SDK's provider.
#[test]
fn an_exporter_behind_the_sdks_gets_each_span_with_its_scope() {
    let _alone = alone();
    let exporter = InMemorySpanExporter::default();
    let telemetry = TelemetryBuilder::default()
        .span_processor(SimpleSpanProcessor::new(InMemorySpanExporter::default()))
        .span_exporter(exporter.clone())
        .init()
        .unwrap();
    for scope in ["first", "second", "first"] {
        drop(global::tracer(scope).start(scope));
    }
    work();
    telemetry.force_flush();
    let spans = exporter.get_finished_spans().unwrap();
    let named = spans
        .iter()
        .map(|span| (&*span.name, span.instrumentation_scope.name()));
    let mut named: Vec<_> = named.collect();
    named.sort_unstable();
    let [first, second] = [("first", "first"), ("second", "second")];
    assert_eq!(named, [first, first, second, ("work", "traced-tests")]);
}

/// A failure is first offered to the span as one of ours, if there was ever a provider of ours.
#[test]
fn any_provider_gets_failures_also_after_one_of_ours() {
    let _alone = alone();
    drop(TelemetryBuilder::default().no_exporter().init().unwrap());
    #[traced]
    fn fails() -> Result<(), &'static str> {
        Err("now")
    }

    let log = CallLog::default();
    traced::set_tracer_provider(log.clone());
    let _ = fails();
    assert_eq!(
        log.take()[1..],
        [
            "event exception on fails [exception.type=&str, exception.message=now]",
            "attribute error.type=&str on fails",
            "status Error { description: \"now\" } on fails",
            "end fails",
        ]
    );
}

#[test]
fn without_a_provider_attributes_are_not_evaluated() {
    let _alone = alone();
    use std::sync::atomic::{AtomicUsize, Ordering};
    static EVALUATED: AtomicUsize = AtomicUsize::new(0);

    #[traced(attributes(n = EVALUATED.fetch_add(1, Ordering::SeqCst)))]
    fn evaluates() {}

    for _ in 0..100_000 {
        evaluates();
    }
    // The first few calls check whether a provider was installed.
    assert!(EVALUATED.load(Ordering::SeqCst) < 1000);
}

/// Its span would start when it is polled, with what is known at the call.
#[test]
fn without_a_provider_the_links_of_an_async_function_are_not_evaluated() {
    let _alone = alone();
    use std::sync::atomic::{AtomicUsize, Ordering};
    static EVALUATED: AtomicUsize = AtomicUsize::new(0);

    fn found() -> Option<Context> {
        EVALUATED.fetch_add(1, Ordering::SeqCst);
        None
    }

    #[traced(links = found())]
    async fn evaluates() {}

    for _ in 0..100_000 {
        drop(evaluates());
    }
    // The first few calls check whether a provider was installed.
    assert!(EVALUATED.load(Ordering::SeqCst) < 1000);
}

/// Its span would start on the task, with what is known where it is spawned.
#[test]
fn without_a_provider_the_attributes_of_a_spawned_task_are_not_evaluated() {
    let _alone = alone();
    use std::sync::atomic::{AtomicUsize, Ordering};
    static EVALUATED: AtomicUsize = AtomicUsize::new(0);

    #[traced(spawn = false)]
    async fn spawns() {
        #[traced_spawn(name = "task", attributes(n = EVALUATED.fetch_add(1, Ordering::SeqCst)))]
        let task = tokio::spawn(async {});
        task.await.unwrap();
    }

    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    runtime.block_on(async {
        for _ in 0..10_000 {
            spawns().await;
        }
    });
    // The first few calls check whether a provider was installed.
    assert!(EVALUATED.load(Ordering::SeqCst) < 1000);
}

#[test]
fn any_provider_gets_the_name_that_a_body_sets() {
    let _alone = alone();
    let (provider, exporter) = provider();
    traced::set_tracer_provider(provider);
    #[traced]
    fn renames() {
        Context::current().span().update_name("renamed");
    }

    renames();
    let spans = exporter.get_finished_spans().unwrap();
    assert_eq!(spans[0].name, "renamed");
}

#[test]
fn any_provider_gets_the_links_that_a_body_adds() {
    let _alone = alone();
    let (provider, exporter) = provider();
    traced::set_tracer_provider(provider);
    #[traced]
    fn adds(other: &Context) {
        traced::add_link(other);
    }

    let other = traced::span!("other", { Context::current() });
    adds(&other);
    let spans = exporter.get_finished_spans().unwrap();
    let adds = spans.iter().find(|span| span.name == "adds").unwrap();
    let linked = adds.links.iter().map(|link| &link.span_context);
    assert!(linked.eq([other.span().span_context()]));
}
