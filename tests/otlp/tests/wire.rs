//! Every field of the example's spans, over each protocol.

use std::process::Command;

use traced_tests_otlp::{Fault, Receiver, example};

use crate::child::{run, without_variables};

fn arrives_over(protocol: &str) {
    let receiver = Receiver::start(Fault::Healthy);
    let mut command = Command::new(env!("CARGO_BIN_EXE_otlp-example"));
    without_variables(&mut command);
    command.envs(example::variables(protocol, &receiver.endpoint()));
    let ended = run(command);
    assert!(ended.status.success(), "{ended:#?}");
    assert_eq!(ended.stderr, "");
    example::assert_received(protocol, &receiver.spans());
}

#[test]
fn all_of_a_span_arrives_over_grpc() {
    arrives_over("grpc");
}

#[test]
fn all_of_a_span_arrives_as_protobuf_over_http() {
    arrives_over("http/protobuf");
}

#[test]
fn all_of_a_span_arrives_as_json_over_http() {
    arrives_over("http/json");
}

#[test]
fn compressed_requests_arrive_and_say_so() {
    for protocol in ["grpc", "http/protobuf", "http/json"] {
        let receiver = Receiver::start(Fault::Healthy);
        let mut command = Command::new(env!("CARGO_BIN_EXE_otlp-example"));
        without_variables(&mut command);
        command.envs(example::variables(protocol, &receiver.endpoint()));
        command.env("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
        run(command);
        let spans = receiver.spans();
        let encoding = match protocol {
            "grpc" => "grpc-encoding",
            _ => "content-encoding",
        };
        assert_eq!(spans[0].headers[encoding], "gzip");
        example::assert_received(protocol, &spans);
    }
}

#[test]
fn requests_say_who_sends_them() {
    for protocol in ["grpc", "http/protobuf"] {
        let receiver = Receiver::start(Fault::Healthy);
        let mut command = crate::child::child(&["no_runtime", "1"]);
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.endpoint())
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
            .env(
                "OTEL_EXPORTER_OTLP_HEADERS",
                "x-tenant=shop,authorization=Bearer%20abc",
            );
        run(command).report();
        let headers = &receiver.spans()[0].headers;
        let agent = &headers["user-agent"];
        assert!(agent.contains("OTel-OTLP-Exporter-Rust/"), "{agent}");
        assert_eq!(headers["x-tenant"], "shop");
        assert_eq!(headers["authorization"], "Bearer abc");
    }
}
