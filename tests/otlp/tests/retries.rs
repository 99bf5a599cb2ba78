//! What is sent again, and what is not.

use traced_tests_otlp::{Fault, Receiver};

use crate::child::{Reported, child, run};

fn report(receiver: &Receiver, protocol: &str) -> Reported {
    let mut command = child(&["no_runtime", "100", "5000"]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
    run(command).report()
}

#[test]
fn a_collector_that_was_busy_gets_the_same_spans_again() {
    for protocol in ["grpc", "http/protobuf", "http/json"] {
        let receiver = Receiver::start(Fault::Throttled);
        assert_eq!(report(&receiver, protocol).exported, 100, "{protocol}");
        assert_eq!(
            (receiver.requests(), receiver.count()),
            (2, 100),
            "{protocol}"
        );
    }
}

#[test]
fn a_refusal_is_final() {
    for protocol in ["grpc", "http/protobuf", "http/json"] {
        let receiver = Receiver::start(Fault::Invalid);
        assert_eq!(report(&receiver, protocol).failed, 100, "{protocol}");
        assert_eq!(receiver.requests(), 1, "{protocol}");
    }
}
