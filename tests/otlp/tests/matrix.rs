//! Every protocol in every kind of program with every fault: 48 tests, named for protocol, program
//! and fault.

use std::time::Duration;

use traced_tests_otlp::{Fault, Receiver};

use crate::child::{Ended, child, run};

/// The deadline that the programs set, in milliseconds.
const DEADLINE: &str = "1000";

/// A flush that ignored its deadline would take as long as the exporter's timeout, ten seconds.
const SLACK: Duration = Duration::from_secs(5);

const SPANS: u64 = 400;
const BATCH: u64 = 100;

/// Runs one combination. No thread panics, nothing hangs, the guard keeps its deadline, and the
/// report agrees with the receiver.
fn cell(protocol: &str, program: &str, fault: Fault) {
    let receiver = Receiver::start(fault);
    let mut command = child(&[program, &SPANS.to_string(), DEADLINE]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", BATCH.to_string());
    let ended = run(command);
    let report = ended.report();
    let expected = match program {
        // As many spans end after the runtime is dropped as before.
        "dropped_runtime" => 2 * SPANS,
        _ => SPANS,
    };
    assert_eq!(report.ended, expected, "{ended:#?}");
    assert_eq!(report.pending, 0, "{ended:#?}");
    assert!(report.took < Duration::from_secs(1) + SLACK, "{ended:#?}");
    assert_eq!(report.exported, receiver.count(), "{ended:#?}");
    assert_fate(fault, &receiver, &ended);
}

fn assert_fate(fault: Fault, receiver: &Receiver, ended: &Ended) {
    let report = ended.report();
    match fault {
        Fault::Healthy => assert_eq!(report.exported, report.ended, "{ended:#?}"),
        Fault::Refused => assert_eq!(report.failed, report.ended, "{ended:#?}"),
        Fault::Hanging | Fault::Unavailable => {
            assert_eq!(report.exported, 0, "{ended:#?}");
            assert!(report.failed >= BATCH, "{ended:#?}");
            assert!(receiver.requests() > 0, "{ended:#?}");
        }
        Fault::Partial => {
            assert_eq!(report.failed, receiver.requests(), "{ended:#?}");
            assert_eq!(report.dropped, 0, "{ended:#?}");
        }
        Fault::Killed => {
            assert_eq!(receiver.requests(), 2, "{ended:#?}");
            assert!(report.failed >= BATCH, "{ended:#?}");
        }
        _ => unreachable!("not in the matrix"),
    }
}

macro_rules! matrix {
    ($($protocol:ident = $name:literal),*) => {
        $(mod $protocol {
            matrix!(program $name: no_runtime, current_thread, multi_thread, dropped_runtime);
        })*
    };
    (program $protocol:literal: $($program:ident),*) => {
        $(mod $program {
            matrix!(
                fault $protocol $program:
                healthy = Healthy, refused = Refused, hanging = Hanging,
                unavailable = Unavailable, partial = Partial, killed = Killed
            );
        })*
    };
    (fault $protocol:literal $program:ident: $($test:ident = $fault:ident),*) => {
        $(#[test]
        fn $test() {
            use traced_tests_otlp::Fault;
            crate::matrix::cell($protocol, stringify!($program), Fault::$fault);
        })*
    };
}

matrix!(grpc = "grpc", http = "http/protobuf");
