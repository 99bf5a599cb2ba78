//! A program of a later generation: it prints its spans, one per line.

use std::process::Command;

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::Tracer as _;
use opentelemetry::{Context, global};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use traced::propagation::Environment;
use traced::telemetry::TelemetryBuilder;
use traced::traced;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (case, next) = arguments.split_first().unwrap();
    let builder = TelemetryBuilder::default().span_exporter(Lines);
    let adopting = || {
        TelemetryBuilder::default()
            .span_exporter(Lines)
            .parent_of_environment()
    };
    match &**case {
        "adopts" => {
            let _telemetry = adopting().init().unwrap();
            build(next);
        }
        "adopts everywhere" => {
            let _telemetry = adopting().init().unwrap();
            everywhere();
        }
        "extracts" => {
            let _telemetry = builder.init().unwrap();
            test();
            job();
        }
        "says nothing of it" => {
            let _telemetry = builder.init().unwrap();
            job();
        }
        _ => panic!("no case {case}"),
    }
}

/// Starts the program of the next generation from within a span.
#[traced]
fn build(next: &[String]) {
    traced::set_attributes!(tenant = tenant());
    let Some((program, arguments)) = next.split_first() else {
        return;
    };
    let mut command = tokio::process::Command::new(program);
    command.args(arguments);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    assert!(runtime.unwrap().block_on(start(command)));
}

#[traced(kind = "producer", inject = command)]
async fn start(mut command: tokio::process::Command) -> bool {
    command.status().await.unwrap().success()
}

#[traced(extract = Environment::new())]
fn test() {
    traced::set_attributes!(tenant = tenant());
}

#[traced]
fn job() {}

#[traced]
fn on_a_thread() {
    traced::set_attributes!(tenant = tenant());
    job();
}

#[traced(root)]
fn root() {}

#[traced(parent = Context::new())]
fn under_an_empty_context() {}

fn everywhere() {
    std::thread::spawn(on_a_thread).join().unwrap();
    root();
    under_an_empty_context();
    global::tracer("by hand").in_span("by hand", |_| job());
    // No span is current here, so nothing is injected, and a child would inherit the environment.
    let mut command = Command::new("true");
    traced::inject(&mut command);
    assert_eq!(command.get_envs().count(), 0);
}

/// The tenant in the baggage of the current context.
fn tenant() -> Option<String> {
    let context = Context::current();
    let baggage = context.baggage();
    baggage
        .get("tenant")
        .map(|tenant| tenant.as_str().to_owned())
}

#[derive(Debug)]
struct Lines;

impl SpanExporter for Lines {
    async fn export(&self, spans: Vec<SpanData>) -> OTelSdkResult {
        for span in spans {
            let context = &span.span_context;
            let tenant = span
                .attributes
                .iter()
                .find(|attribute| attribute.key.as_str() == "tenant");
            println!(
                "{}|{}|{}|{}|{}",
                span.name,
                context.trace_id(),
                context.span_id(),
                span.parent_span_id,
                tenant
                    .map(|tenant| tenant.value.to_string())
                    .unwrap_or_default(),
            );
        }
        Ok(())
    }
}
