//! What does telemetry leave behind when it cannot be initialised, and who waits for its end?
#![cfg(all(feature = "init", feature = "tls", feature = "config-file"))]

use std::env;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, Span, SpanData, SpanProcessor};
use traced::telemetry::{InitError, Otlp, TelemetryBuilder, shutdown};

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// Telemetry is initialised once at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());

    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A processor that runs a function when it is shut down.
#[derive(Debug)]
struct AtShutdown(fn());

impl SpanProcessor for AtShutdown {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, _: SpanData) {}

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        (self.0)();
        Ok(())
    }
}

#[test]
fn a_second_shutdown_waits_for_the_first() {
    static IS_BEGUN: AtomicBool = AtomicBool::new(false);
    static IS_OVER: AtomicBool = AtomicBool::new(false);

    let _alone = alone();
    let slow = AtShutdown(|| {
        IS_BEGUN.store(true, Ordering::SeqCst);
        // Time in which a call that does not wait returns.
        thread::sleep(Duration::from_millis(200));
        IS_OVER.store(true, Ordering::SeqCst);
    });
    let builder = TelemetryBuilder::default().no_exporter();
    let builder = builder.shutdown_deadline(Duration::from_secs(60));
    let telemetry = builder.span_processor(slow).init().unwrap();
    let first = thread::spawn(shutdown);
    while !IS_BEGUN.load(Ordering::SeqCst) {
        thread::yield_now();
    }
    drop(telemetry);
    assert!(IS_OVER.load(Ordering::SeqCst));
    first.join().unwrap();
}

#[test]
fn a_processor_that_ends_telemetry_while_it_is_ended_does_not_wait_for_itself() {
    let _alone = alone();
    let began = Instant::now();
    let deadline = Duration::from_secs(60);
    let builder = TelemetryBuilder::default().no_exporter();
    let builder = builder.shutdown_deadline(deadline);
    let again = AtShutdown(|| drop(shutdown()));
    drop(builder.span_processor(again).init().unwrap());
    assert!(began.elapsed() < deadline);
}

/// Runs a test of this file in a process of its own, in which it does its work.
fn in_a_process(test: &str, variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]);
    command.env(IN_A_PROCESS, "yes");
    command.envs(variables.iter().copied());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    output
}

const IN_A_PROCESS: &str = "TRACED_TESTS_IN_A_PROCESS";

fn is_in_a_process() -> bool {
    env::var_os(IN_A_PROCESS).is_some()
}

#[test]
fn a_failed_initialisation_changes_nothing() {
    if !is_in_a_process() {
        let name = "a_failed_initialisation_changes_nothing";
        in_a_process(
            name,
            &[
                ("TRACEPARENT", TRACEPARENT),
                ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/missing.pem"),
            ],
        );
        return;
    }
    let root = || traced::span!("root", { traced::current().trace_id().to_string() });
    let root_elsewhere = || {
        traced::set_tracer_provider(SdkTracerProvider::builder().build());
        root()
    };
    let builder = || TelemetryBuilder::default().parent_of_environment();
    let otlp = Otlp::new().endpoint("https://localhost:4318");
    let failed = builder().live(true).otlp(otlp).init();
    assert!(matches!(failed, Err(InitError::Exporter(_))));
    assert!(!TRACEPARENT.contains(&root_elsewhere()));
    assert!(!traced::live().are_kept());
    let telemetry = builder().no_exporter().init().unwrap();
    assert!(TRACEPARENT.contains(&root()));
    drop(telemetry);
    assert!(!TRACEPARENT.contains(&root_elsewhere()));
}

#[test]
fn variables_are_warned_of_before_an_error_in_the_configuration_file() {
    if !is_in_a_process() {
        let name = "variables_are_warned_of_before_an_error_in_the_configuration_file";
        let variable = ("OTEL_EXPERIMENTAL_CONFIG_FILE", "missing.yaml");
        let output = in_a_process(name, &[variable]);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains("write `OTEL_CONFIG_FILE`"), "{stderr}");
        return;
    }
    TelemetryBuilder::default().init().unwrap_err();
}
