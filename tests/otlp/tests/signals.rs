//! SIGTERM and SIGINT: the spans are exported, and the process ends as it would without `traced`.

use std::os::unix::process::ExitStatusExt;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGINT, SIGTERM};
use traced_tests_otlp::{Fault, Receiver};

use crate::child::{Ended, Running, child};

fn after_signal(program: &str, signal: i32, fault: Fault) -> (Receiver, Ended) {
    let receiver = Receiver::start(fault);
    let mut command = child(&[program, "50", "2000"]);
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint());
    let mut running = Running::start(command);
    assert_eq!(running.line(), "ready\n");
    send(signal, running.id());
    let ended = running.end();
    (receiver, ended)
}

fn send(signal: i32, process: u32) {
    let process = Pid::from_raw(process.try_into().unwrap()).unwrap();
    kill_process(process, Signal::from_named_raw(signal).unwrap()).unwrap();
}

/// Whether the signal is ignored in this process, and so in its children. Shells ignore SIGINT in
/// background jobs.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut lines = status.lines();
    let mask = lines.find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.unwrap_or_default() & (1 << (signal - 1)) != 0
}

#[test]
fn a_process_that_asks_for_it_flushes_and_ends_by_the_signal() {
    for signal in [SIGTERM, SIGINT] {
        if is_ignored(signal) {
            eprintln!("signal {signal} is ignored here, so nothing was asked of it");
            continue;
        }
        let (receiver, ended) = after_signal("signal", signal, Fault::Healthy);
        assert_eq!(ended.status.signal(), Some(signal), "{ended:#?}");
        assert_eq!(receiver.count(), 50);
    }
}

#[test]
fn one_that_does_not_ask_ends_at_once() {
    let (receiver, ended) = after_signal("no_signal", SIGTERM, Fault::Healthy);
    assert_eq!(ended.status.signal(), Some(SIGTERM), "{ended:#?}");
    assert_eq!(receiver.count(), 0);
}

#[test]
fn a_collector_that_hangs_does_not_keep_it() {
    let (_receiver, ended) = after_signal("signal", SIGTERM, Fault::Hanging);
    assert_eq!(ended.status.signal(), Some(SIGTERM), "{ended:#?}");
    assert!(ended.stderr.contains("0 exported"), "{ended:#?}");
}

/// Skipped where there is no `/proc`.
#[cfg(target_os = "linux")]
#[test]
fn the_handler_that_was_there_decides_what_becomes_of_the_process() {
    let (receiver, ended) = after_signal("handled_signal", SIGTERM, Fault::Healthy);
    assert_eq!(ended.status.code(), Some(7), "{ended:#?}");
    assert_eq!(receiver.count(), 50);
}

#[test]
fn a_second_signal_does_not_wait_for_the_flush() {
    let receiver = Receiver::start(Fault::Hanging);
    let mut command = child(&["signal", "50", "50000"]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .env("OTEL_EXPORTER_OTLP_TIMEOUT", "50000");
    let mut running = Running::start(command);
    assert_eq!(running.line(), "ready\n");
    let start = Instant::now();
    let process = running.id();
    send(SIGTERM, process);
    // A request means that the flush has begun.
    while receiver.requests() == 0 {
        sleep(Duration::from_millis(10));
    }
    send(SIGTERM, process);
    let ended = running.end();
    assert_eq!(ended.status.signal(), Some(SIGTERM), "{ended:#?}");
    assert!(start.elapsed() < Duration::from_secs(40), "{ended:#?}");
}
