//! A collector that asks for a pause: no request is sent before it is over, and spans that end
//! during the pause wait in the queue.

use std::time::{Duration, SystemTime};

use traced_tests_otlp::{Fault, Receiver};

use crate::child::{Ended, Running, child};

const PROTOCOLS: [&str; 3] = ["grpc", "http/protobuf", "http/json"];

fn program(receiver: &Receiver, protocol: &str, deadline: &str) -> Running {
    let mut command = child(&["both", "10", deadline]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        // The timeout is shorter than every pause in this file.
        .env("OTEL_EXPORTER_OTLP_TIMEOUT", "1000")
        .env("SETTINGS", "delay=1,queue=100,batch=10");
    Running::start(command)
}

fn work(running: &mut Running) {
    running.say("once more");
    assert_eq!(running.line(), "ended\n");
}

/// Asserts for each signal that the counts of the report add up.
fn assert_sums(ended: &Ended) {
    for report in ended.reports() {
        let sum = report.exported + report.dropped + report.failed + report.pending;
        assert_eq!(sum, report.ended, "{ended:#?}");
    }
    assert_eq!(ended.reports().len(), 2, "{ended:#?}");
}

/// Expects the pause to be kept. Pauses are whole seconds; a date names the beginning of a second,
/// so up to a second less is allowed.
fn is_kept(fault: Fault, protocol: &str, pause: Duration) {
    let receiver = Receiver::start(fault);
    let mut running = program(&receiver, protocol, "5000");
    // Three batches: one that is refused, one that is due in the pause, and one due after it.
    for _ in 0..3 {
        work(&mut running);
    }
    receiver.wait_for(30, 30);
    let ended = running.end();
    assert_sums(&ended);
    for report in ended.reports() {
        assert_eq!((report.ended, report.exported), (30, 30), "{ended:#?}");
    }
    // The refused request is the first of both signals, and the next one comes after the pause.
    let longest = receiver.gaps().into_iter().max().unwrap();
    assert!(
        longest + Duration::from_millis(500) >= pause,
        "{:?}",
        receiver.gaps()
    );
    let early = receiver
        .gaps()
        .iter()
        .position(|gap| *gap == longest)
        .unwrap();
    assert!(early <= 1, "{:?}", receiver.gaps());
    let said = ended.stderr.matches("asked for a pause of").count();
    assert_eq!(said, 2, "{ended:#?}");
}

#[test]
fn a_pause_longer_than_the_timeout_is_kept() {
    for protocol in PROTOCOLS {
        is_kept(Fault::Busy(429, "2"), protocol, Duration::from_secs(2));
    }
}

#[test]
fn a_pause_is_kept_with_every_status_that_is_sent_again() {
    for status in [502, 503, 504] {
        let fault = Fault::Busy(status, "2");
        is_kept(fault, "http/protobuf", Duration::from_secs(2));
    }
}

#[test]
fn a_pause_up_to_a_date_is_kept() {
    let date = SystemTime::now() + Duration::from_secs(4);
    let date = httpdate::fmt_http_date(date).leak();
    // Allows for the start of the program and for dates of whole seconds.
    is_kept(
        Fault::Busy(503, date),
        "http/protobuf",
        Duration::from_millis(1500),
    );
}

#[test]
fn what_does_not_fit_into_the_queue_is_dropped_and_counted() {
    for protocol in PROTOCOLS {
        let receiver = Receiver::start(Fault::AlwaysBusy(429, "60"));
        let mut running = program(&receiver, protocol, "1000");
        work(&mut running);
        // The refusal has come before further spans end.
        while receiver.sizes().len() < 2 {
            std::thread::sleep(Duration::from_millis(5));
        }
        for _ in 0..15 {
            work(&mut running);
        }
        let ended = running.end();
        assert_sums(&ended);
        assert_eq!(receiver.sizes().len(), 2, "{ended:#?}");
        for report in ended.reports() {
            assert_eq!((report.ended, report.exported), (160, 0), "{ended:#?}");
            // Failed: the refused batch. Dropped: all that waited in the queue or did not fit.
            assert!(report.failed >= 1 && report.failed <= 10, "{ended:#?}");
            assert_eq!(report.dropped, 160 - report.failed, "{ended:#?}");
        }
        assert!(ended.stderr.contains("is full"), "{ended:#?}");
    }
}

/// A pause belongs to the destination that asked for it.
#[test]
fn a_pause_of_one_destination_does_not_hold_another() {
    for protocol in PROTOCOLS {
        let (busy, healthy) = (
            Receiver::start(Fault::AlwaysBusy(429, "60")),
            Receiver::start(Fault::Healthy),
        );
        let path = match protocol {
            "grpc" => "",
            _ => "/v1/logs",
        };
        let mut command = child(&["both", "10", "1000"]);
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", busy.endpoint())
            .env("SECOND", healthy.endpoint())
            .env(
                "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
                format!("{}{path}", healthy.endpoint()),
            )
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .env("SETTINGS", "delay=1,batch=10");
        let mut running = Running::start(command);
        for round in 1..=3 {
            work(&mut running);
            // The second exporter and the log records are exported while the first exporter pauses.
            healthy.wait_for(10 * round, 10 * round);
            while busy.sizes().is_empty() {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        let ended = running.end();
        assert_eq!((busy.sizes().len(), busy.count()), (1, 0), "{ended:#?}");
        assert_eq!((healthy.count(), healthy.records().len()), (30, 30));
        // One message, about the exporter that was asked to pause.
        let said = ended.stderr.lines();
        let said: Vec<&str> = said.filter(|line| line.contains("a pause of")).collect();
        let [said] = said[..] else {
            panic!("{ended:#?}");
        };
        assert!(said.contains(&busy.port().to_string()), "{said}");
    }
}

#[test]
fn is_not_sat_out_at_the_end() {
    for protocol in PROTOCOLS {
        let receiver = Receiver::start(Fault::AlwaysBusy(503, "3600"));
        // The pause ends long after the test.
        let mut running = program(&receiver, protocol, "600000");
        work(&mut running);
        let ended = running.end();
        assert_sums(&ended);
        for report in ended.reports() {
            assert_eq!((report.ended, report.exported), (10, 0), "{ended:#?}");
        }
        assert_eq!(receiver.sizes().len(), 2, "{ended:#?}");
    }
}

#[test]
fn a_pause_that_is_absurd_ends_no_worker() {
    for protocol in PROTOCOLS {
        for absurd in ["18446744073709551615", "9223372036854775807"] {
            let receiver = Receiver::start(Fault::AlwaysBusy(503, absurd));
            let mut running = program(&receiver, protocol, "1000");
            work(&mut running);
            let ended = running.end();
            assert!(ended.status.success(), "{ended:#?}");
            assert!(!ended.stderr.contains("panicked"), "{ended:#?}");
            assert_sums(&ended);
        }
    }
}

#[test]
fn a_pause_of_nothing_is_not_taken_at_its_word_again_and_again() {
    for protocol in PROTOCOLS {
        let receiver = Receiver::start(Fault::AlwaysBusy(503, "0"));
        let mut running = program(&receiver, protocol, "1000");
        work(&mut running);
        let ended = running.end();
        assert_sums(&ended);
        assert!(receiver.sizes().len() < 20, "{:?}", receiver.sizes().len());
    }
}
