//! `scoped(..)`: attributes on every span below the function's, in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::{Link, SpanKind, TraceId, Tracer as _};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_sdk::trace::{
    InMemorySpanExporter, SamplingDecision, SamplingResult, SdkTracerProvider, ShouldSample,
};
use traced::testing::{capture, capture_async};
use traced::{traced, traced_spawn};

#[traced(attributes(id))]
fn leaf(id: u8) {}

#[traced]
async fn leaf_later() {
    tokio::task::yield_now().await;
}

#[traced(scoped(tenant.id = %tenant, floor = 2))]
fn request(tenant: &str) {
    leaf(1);
    global::tracer("by hand").in_span("by hand", |_| traced::span!("block", {}));
    std::thread::spawn(|| leaf(2)).join().unwrap();
}

#[test]
fn every_span_below_has_them_and_none_beside() {
    let ((), spans) = capture(|| {
        leaf(0);
        request("acme");
        leaf(3);
    });
    assert_eq!(
        spans.tree(),
        "leaf id=0\n\
         request tenant.id=acme floor=2\n  \
           leaf id=1 tenant.id=acme floor=2\n  \
           by hand tenant.id=acme floor=2\n    \
             block tenant.id=acme floor=2\n  \
           leaf id=2 tenant.id=acme floor=2\n\
         leaf id=3\n"
    );
}

#[traced(scoped(tenant.id = "inner", user.id = "u7"))]
fn inner() {
    says_it_itself();
}

#[traced(attributes(tenant.id = "its own"))]
fn says_it_itself() {}

#[test]
fn the_inner_one_beats_the_outer_and_what_a_span_says_itself_beats_both() {
    #[traced(scoped(tenant.id = "outer", floor = 1))]
    fn outer() {
        inner();
        leaf(1);
    }

    let ((), spans) = capture(outer);
    assert_eq!(
        spans.tree(),
        "outer tenant.id=outer floor=1\n  \
           inner floor=1 tenant.id=inner user.id=u7\n    \
             says_it_itself tenant.id=its own floor=1 user.id=u7\n  \
           leaf id=1 tenant.id=outer floor=1\n"
    );
}

#[tokio::test]
async fn they_hold_over_awaits_and_tasks() {
    #[traced(scoped(n))]
    async fn later(n: u8) {
        leaf_later().await;
        tokio::spawn(leaf_later()).await.unwrap();
        #[traced_spawn(name = "unit", link)]
        tokio::spawn(async move { leaf(n) }).await.unwrap();
        #[traced(name = "part", scoped(part = true))]
        leaf_later().await;
    }

    let ((), spans) = capture_async(async {
        let (one, other) = (later(1), later(2));
        tokio::join!(one, other);
    })
    .await;
    for n in [1, 2] {
        let value = opentelemetry::Value::from(n);
        let with = spans
            .iter()
            .filter(|span| span.attribute("n").as_ref() == Some(&value));
        let mut names: Vec<_> = with.map(|span| span.name()).collect();
        names.sort_unstable();
        let all = [
            "later",
            "leaf",
            "leaf_later",
            "leaf_later",
            "leaf_later",
            "part",
            "unit",
        ];
        assert_eq!(names, all);
    }
    let parts = spans.iter().filter(|span| span.attribute("part").is_some());
    assert_eq!(parts.count(), 4);
}

#[test]
fn no_header_has_them() {
    #[traced(scoped(secret = "sesame"), baggage(shown = 1))]
    fn outer() -> HashMap<String, String> {
        let mut headers = HashMap::new();
        traced::inject(&mut headers);
        assert_eq!(Context::current().baggage().len(), 1);
        headers
    }

    traced::propagation::use_w3c();
    let (headers, spans) = capture(outer);
    assert!(spans.named("outer").attribute("secret").is_some());
    assert_eq!(headers.len(), 2, "{headers:?}");
    assert!(!format!("{headers:?}").contains("sesame"), "{headers:?}");
}

#[test]
fn a_function_without_a_span_scopes_them_too() {
    #[traced(current, scoped(page))]
    fn on_the_current_span(page: u8) {
        leaf(page);
    }

    #[traced(enabled = false, scoped(page))]
    fn not_enabled(page: u8) {
        leaf(page);
    }

    #[traced]
    fn outer() {
        on_the_current_span(1);
        not_enabled(2);
    }

    let ((), spans) = capture(outer);
    assert_eq!(
        spans.tree(),
        "outer\n  leaf id=1 page=1\n  leaf id=2 page=2\n"
    );
}

#[test]
fn a_root_below_has_them() {
    #[traced(root)]
    fn root() {}

    #[traced(root, scoped(own = 1))]
    fn scoping_root() {}

    #[traced(scoped(outer = 1))]
    fn outer() {
        root();
        scoping_root();
    }

    let ((), spans) = capture(outer);
    assert_eq!(
        spans.tree(),
        "outer outer=1\nroot outer=1\nscoping_root outer=1 own=1\n"
    );
}

/// A processor or exporter that keeps span attributes, under any provider.
#[derive(Clone, Debug, Default)]
struct Asked(Arc<Mutex<Vec<String>>>);

impl ShouldSample for Asked {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: TraceId,
        name: &str,
        _: &SpanKind,
        attributes: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let keys: Vec<_> = attributes.iter().map(|pair| pair.key.as_str()).collect();
        let line = format!("{name}: {}", keys.join(" "));
        self.0.lock().unwrap().push(line);
        SamplingResult {
            decision: SamplingDecision::RecordAndSample,
            attributes: Vec::new(),
            trace_state: Default::default(),
        }
    }
}

/// Set in the child process of the test below, where another provider is installed.
const CHILD: &str = "TRACED_TEST_OF_SCOPED";

#[test]
fn samplers_see_them_and_other_providers_have_them() {
    if std::env::var_os(CHILD).is_none() {
        let test = "scoped::samplers_see_them_and_other_providers_have_them";
        let mut child = std::process::Command::new(std::env::current_exe().unwrap());
        let child = child.args(["--exact", test]).env(CHILD, "1");
        let output = child.output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{printed}");
        assert!(printed.contains("1 passed"), "{printed}");
        return;
    }
    let (asked, exporter) = (Asked::default(), InMemorySpanExporter::default());
    let provider = SdkTracerProvider::builder()
        .with_sampler(asked.clone())
        .with_simple_exporter(exporter.clone())
        .build();
    traced::set_tracer_provider(provider);
    inner();
    assert_eq!(
        *asked.0.lock().unwrap(),
        [
            "inner: tenant.id user.id",
            "says_it_itself: tenant.id user.id"
        ]
    );
    let spans = exporter.get_finished_spans().unwrap();
    assert_eq!(spans[0].attributes.len(), 2, "{spans:#?}");
    assert_eq!(spans[0].attributes[0].value.as_str(), "its own");
}
