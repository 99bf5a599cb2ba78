//! Programs that handle signals with various crates, before or after `init`. A program that handled
//! its signal drops the guard and ends with status 7.

use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use traced::telemetry::TelemetryBuilder;
use traced::telemetry::TelemetryGuard;

use crate::{say, work, work_50};

/// Long enough for a signal to end the process, if it is not handled.
const MOMENT: Duration = Duration::from_millis(500);

fn start(flush: &str) -> TelemetryGuard {
    let builder = TelemetryBuilder::default().shutdown_deadline(Duration::from_secs(20));
    let builder = match flush {
        "flush" => builder.flush_on_signals(),
        "flush_for_long" => builder
            .shutdown_deadline(Duration::from_secs(1000))
            .flush_on_signals(),
        _ => builder,
    };
    builder.init().unwrap()
}

pub(crate) fn run(handler: &str, order: &str, flush: &str) {
    let mut telemetry = None;
    if order == "after" {
        telemetry = Some(start(flush));
    }
    let mut init = || {
        let telemetry = telemetry.take().unwrap_or_else(|| start(flush));
        work_50();
        telemetry
    };
    let telemetry = match handler {
        "none" => {
            let _telemetry = init();
            say("ready");
            thread::sleep(Duration::from_secs(300));
            return;
        }
        // A function is called within a span, and 50 times where its context is lost.
        "lost" => {
            let _telemetry = init();
            traced::span!("request", { work("some") });
            say("ready");
            thread::sleep(Duration::from_secs(300));
            return;
        }
        "ctrl_c" => runtime().block_on(async {
            let telemetry = init();
            let interrupt = tokio::spawn(tokio::signal::ctrl_c());
            tokio::task::yield_now().await;
            say("ready");
            interrupt.await.unwrap().unwrap();
            telemetry
        }),
        "tokio" => runtime().block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let mut term = signal(SignalKind::terminate()).unwrap();
            let mut hangup = signal(SignalKind::hangup()).unwrap();
            let mut interrupt = signal(SignalKind::interrupt()).unwrap();
            let telemetry = init();
            say("ready");
            tokio::select! {
                _ = term.recv() => {}
                _ = hangup.recv() => {}
                _ = interrupt.recv() => {}
            }
            telemetry
        }),
        "axum" => runtime().block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let mut term = signal(SignalKind::terminate()).unwrap();
            let telemetry = init();
            say("ready");
            axum::serve(listener, axum::Router::new())
                .with_graceful_shutdown(async move {
                    term.recv().await;
                })
                .await
                .unwrap();
            telemetry
        }),
        "signal_hook" => {
            let signals = [SIGTERM, SIGINT, SIGHUP];
            let mut signals = signal_hook::iterator::Signals::new(signals).unwrap();
            let telemetry = init();
            say("ready");
            signals.forever().next();
            telemetry
        }
        "ctrlc" => {
            let (sender, receiver) = channel();
            let handler = move || sender.send(()).unwrap();
            // `try_set_handler` fails if there is a handler already.
            ctrlc::try_set_handler(handler).unwrap();
            let telemetry = init();
            say("ready");
            receiver.recv().unwrap();
            telemetry
        }
        "ctrlc_replacing" => {
            let (sender, receiver) = channel();
            ctrlc::set_handler(move || sender.send(()).unwrap()).unwrap();
            let telemetry = init();
            say("ready");
            receiver.recv().unwrap();
            telemetry
        }
        // The signals are blocked on every thread, and one thread waits for them.
        "sigwait" => {
            let signals = SigSet::from_iter([Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP]);
            let mut before = None;
            if order == "before" {
                signals.thread_block().unwrap();
            } else {
                // The thread that calls `init` does not block signals; the threads that `init`
                // starts do.
                before = Some(thread::spawn(|| ()));
            }
            let telemetry = init();
            signals.thread_block().unwrap();
            drop(before.map(thread::JoinHandle::join));
            say("ready");
            signals.wait().unwrap();
            telemetry
        }
        _ => panic!("no handler {handler}"),
    };
    say("handled");
    thread::sleep(MOMENT);
    let report = telemetry.shutdown();
    say(format_args!("exported {}", report.exported));
    std::process::exit(7);
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

/// Waits for a signal after telemetry was initialised twice, or after its shutdown.
pub(crate) fn again(case: &str) {
    drop(start("flush"));
    let _telemetry = match case {
        "flushes" => Some(start("flush")),
        "does_not_flush" => Some(start("")),
        "is_over" => None,
        _ => panic!("no case {case}"),
    };
    work_50();
    say("ready");
    thread::sleep(Duration::from_secs(300));
}

/// Prints the name and the blocked signals of each thread.
pub(crate) fn masks() {
    let builder = TelemetryBuilder::default().flush_on_signals();
    let builder = builder.span_exporter(opentelemetry_sdk::trace::InMemorySpanExporter::default());
    let builder = builder.otlp(traced::telemetry::Otlp::new().endpoint("http://localhost:1"));
    let builder = builder.console(
        traced::console::ConsoleProcessor::builder()
            .stderr()
            .build(),
    );
    let telemetry = builder.init().unwrap();
    work_50();
    // Resolving the name of the collector starts a thread too.
    telemetry.force_flush();
    for thread in std::fs::read_dir("/proc/self/task").unwrap() {
        let Ok(status) = std::fs::read_to_string(thread.unwrap().path().join("status")) else {
            continue;
        };
        let line = |name| {
            let line = status
                .lines()
                .find_map(|line: &str| line.strip_prefix(name));
            line.unwrap().trim().to_owned()
        };
        say(format_args!("{} {}", line("SigBlk:"), line("Name:")));
    }
}
