//! Messages on standard error: each is printed once, names the variable and the remedy, and quotes
//! no secret.

use traced_tests_otlp::{Fault, Receiver};

use crate::child::{child, run};

fn said(fault: Fault, protocol: &str) -> String {
    let receiver = Receiver::start(fault);
    let mut command = child(&["no_runtime", "400"]);
    command
        .env(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            with_secrets(&receiver.endpoint()),
        )
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .env(
            "OTEL_EXPORTER_OTLP_HEADERS",
            "authorization=Bearer%20s3cr3t,x-key=k3y",
        )
        .env("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "100");
    let ended = run(command);
    ended.report();
    assert_no_secret(&ended.stderr);
    ended.stderr
}

/// Adds to the endpoint a user, a password and a key in the query; no message may show them.
fn with_secrets(endpoint: &str) -> String {
    format!("{}?key=qu3ry", endpoint.replacen("://", "://us3r:p4ss@", 1))
}

fn assert_no_secret(stderr: &str) {
    for secret in ["s3cr3t", "k3y", "us3r", "p4ss", "qu3ry"] {
        assert!(!stderr.contains(secret), "{secret}: {stderr}");
    }
}

#[test]
fn no_message_shows_a_secret_of_the_endpoint() {
    for protocol in ["grpc", "http/protobuf", "http/json"] {
        for endpoint in [
            "http://localhost:1",
            "https://localhost:1",
            "ftp://localhost",
            "http://localhost:0",
        ] {
            let mut command = child(&["no_runtime", "4"]);
            command
                .env("OTEL_EXPORTER_OTLP_ENDPOINT", with_secrets(endpoint))
                .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
                .env("OTEL_LOG_LEVEL", "debug");
            let ended = run(command);
            assert!(ended.stderr.contains("spans go to"), "{ended:#?}");
            assert_no_secret(&ended.stderr);
            assert_no_secret(&ended.stdout);
        }
    }
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[test]
fn a_collector_that_is_not_there() {
    for (protocol, path) in [("grpc", ""), ("http/protobuf", "/v1/traces")] {
        let said = said(Fault::Refused, protocol);
        let nobody = format!("did not get to http://localhost:1{path}: it cannot be reached");
        assert_eq!(count(&said, &nobody), 1, "{said}");
        assert!(said.contains("OTEL_EXPORTER_OTLP_ENDPOINT"), "{said}");
        // The report at the end counts the failed spans.
        assert_eq!(count(&said, "400 failed"), 1, "{said}");
    }
}

#[test]
fn a_collector_that_refuses_and_repeats_a_secret() {
    for protocol in ["grpc", "http/protobuf", "http/json"] {
        let said = said(Fault::Invalid, protocol);
        assert_eq!(count(&said, "the token .. is stale"), 1, "{said}");
    }
}

#[test]
fn a_collector_that_rejects_a_part() {
    for protocol in ["grpc", "http/protobuf", "http/json"] {
        let said = said(Fault::Partial, protocol);
        assert_eq!(count(&said, "rejected 1 spans (one too many)"), 1, "{said}");
        assert_eq!(
            count(&said, "396 exported, 0 dropped, 4 failed"),
            1,
            "{said}"
        );
    }
}

#[test]
fn a_path_that_says_yes_to_everything() {
    let receiver = Receiver::start(Fault::Healthy);
    // Tonic answers an unknown path with HTTP status 200 and gRPC status 12.
    let wrong = format!("{}/v1/wrong", receiver.endpoint());
    let mut command = child(&["no_runtime", "400"]);
    command.env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", wrong);
    let ended = run(command);
    assert_eq!(ended.report().failed, 400, "{ended:#?}");
    let what = "its answer is not OTLP (application/grpc)";
    assert_eq!(count(&ended.stderr, what), 1, "{ended:#?}");
    let endpoint = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    assert!(ended.stderr.contains(endpoint), "{ended:#?}");
}

#[test]
fn nothing_when_all_is_well() {
    assert_eq!(said(Fault::Healthy, "http/protobuf"), "");
}
