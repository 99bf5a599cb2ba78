//! A schedule delay of zero: each span is exported when it ends, and a worker with nothing to do
//! sleeps.

use std::time::Duration;

use traced_tests_otlp::{Fault, Receiver};

use crate::child::{Running, child};

/// In milliseconds: an exporter that ignores its deadline would wait for 5 or 10 seconds.
const DEADLINE: &str = "1000";
const SLACK: Duration = Duration::from_millis(3500);

/// Ends three spans and three log records, each after the one before has arrived; nothing is
/// flushed.
fn arrive_at_once(variables: &[(&str, &str)]) {
    for protocol in ["grpc", "http/protobuf", "http/json"] {
        let receiver = Receiver::start(Fault::Healthy);
        let mut command = child(&["both", "1", DEADLINE]);
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .envs(variables.iter().copied());
        let mut running = Running::start(command);
        for arrived in 1..=3 {
            running.say("once more");
            assert_eq!(running.line(), "ended\n");
            receiver.wait_for(arrived, arrived);
        }
        let ended = running.end();
        for report in ended.reports() {
            assert_eq!((report.ended, report.exported), (3, 3), "{ended:#?}");
            assert!(report.took < SLACK, "{ended:#?}");
        }
        assert_eq!(ended.reports().len(), 2, "{ended:#?}");
    }
}

#[test]
fn a_delay_of_zero_for_both_signals_exports_at_once() {
    arrive_at_once(&[
        ("OTEL_BSP_SCHEDULE_DELAY", "0"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "0"),
    ]);
}

#[test]
fn a_delay_of_zero_in_code_for_both_signals_exports_at_once() {
    arrive_at_once(&[("SETTINGS", "delay=0")]);
}

#[test]
fn a_delay_of_zero_beside_one_of_the_other_signal_exports_at_once() {
    for zero in ["OTEL_BSP_SCHEDULE_DELAY", "OTEL_BLRP_SCHEDULE_DELAY"] {
        let (mut spans, mut records) = ("50", "50");
        match zero {
            "OTEL_BSP_SCHEDULE_DELAY" => spans = "0",
            _ => records = "0",
        }
        arrive_at_once(&[
            ("OTEL_BSP_SCHEDULE_DELAY", spans),
            ("OTEL_BLRP_SCHEDULE_DELAY", records),
        ]);
    }
}

#[test]
fn a_guard_keeps_its_deadline_when_nobody_answers() {
    for fault in [Fault::Hanging, Fault::Unavailable, Fault::Refused] {
        let receiver = Receiver::start(fault);
        let mut command = child(&["both", "10", DEADLINE]);
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
            .env("SETTINGS", "delay=0");
        let mut running = Running::start(command);
        running.say("once");
        assert_eq!(running.line(), "ended\n");
        let ended = running.end();
        for report in ended.reports() {
            assert_eq!((report.ended, report.exported), (10, 0), "{ended:#?}");
            assert!(report.took < SLACK, "{ended:#?}");
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_that_does_nothing_takes_no_time_of_the_processor() {
    for delay in ["0", "1"] {
        let receiver = Receiver::start(Fault::Healthy);
        let mut command = child(&["both", "1", DEADLINE]);
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
            .env("SETTINGS", format!("delay={delay}"));
        let mut running = Running::start(command);
        running.say("once");
        receiver.wait_for(1, 1);
        // The answer to the last request may still be on its way.
        std::thread::sleep(Duration::from_millis(200));
        let before = running.switches();
        std::thread::sleep(Duration::from_secs(1));
        // A thread that spins is preempted, and one that ticks every millisecond wakes up: both
        // cause context switches.
        let switches = running.switches() - before;
        assert!(switches < 50, "{switches} with a delay of {delay} ms");
        running.end();
    }
}
