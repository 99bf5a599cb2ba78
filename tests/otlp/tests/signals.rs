//! SIGTERM and SIGINT: the spans get out, and the process ends as it would have ended.

use std::os::unix::process::ExitStatusExt;

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
    let kill = std::process::Command::new("kill")
        .args([format!("-{signal}"), process.to_string()])
        .status();
    assert!(kill.unwrap().success());
}

#[test]
fn a_process_that_asks_for_it_flushes_and_ends_by_the_signal() {
    for signal in [SIGTERM, SIGINT] {
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

/// Where `/proc` says that there is one.
#[cfg(target_os = "linux")]
#[test]
fn the_handler_that_was_there_decides_what_becomes_of_the_process() {
    let (receiver, ended) = after_signal("handled_signal", SIGTERM, Fault::Healthy);
    assert_eq!(ended.status.code(), Some(7), "{ended:#?}");
    assert_eq!(receiver.count(), 50);
}
