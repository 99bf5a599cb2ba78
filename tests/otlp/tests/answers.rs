//! The answer of a collector: its status decides, and its body says how many items were rejected.

use std::io::Write;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use traced_tests_otlp::{Script, Scripted};

use crate::child::{Ended, child, run, without_variables};

const HTTP: [&str; 2] = ["http/protobuf", "http/json"];

const TOO_LONG: usize = 5 << 20;

fn spans(protocol: &str, server: &Scripted) -> Ended {
    // The deadline of 3 s leaves room for another attempt.
    let mut command = child(&["no_runtime", "10", "3000"]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", server.endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
    run(command)
}

fn records(protocol: &str, server: &Scripted) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otlp-records"));
    command.arg("7");
    without_variables(&mut command);
    command
        .env_remove("RUST_LOG")
        .env("OTEL_TRACES_EXPORTER", "none")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", server.endpoint())
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
    run(command)
}

fn json(body: &str) -> Script {
    Script {
        headers: vec![("content-type", "application/json")],
        body: body.into(),
        ..Script::default()
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// An answer of gRPC: a message with its compression flag, and the status in the trailers.
fn grpc(flag: u8, message: &[u8], status: &'static str) -> Script {
    let length = u32::try_from(message.len()).unwrap();
    let mut body = vec![flag];
    body.extend(length.to_be_bytes());
    body.extend(message);
    Script {
        headers: vec![
            ("content-type", "application/grpc"),
            ("grpc-encoding", "gzip"),
        ],
        body,
        trailers: vec![("grpc-status", status)],
        ..Script::default()
    }
}

/// Sends ten spans in one request, and expects so many reported as exported and as failed.
#[track_caller]
fn assert_counts(server: &Scripted, ended: &Ended, exported: u64) {
    let report = ended.report();
    assert_eq!(
        (report.ended, report.exported, report.failed),
        (10, exported, 10 - exported),
        "{ended:#?}"
    );
    assert_eq!(server.seen().len(), 1, "{ended:#?}");
}

#[test]
fn rejections_in_json_are_counted_whatever_was_asked_in() {
    for protocol in HTTP {
        for (count, exported) in [("\"3\"", 7), ("3", 7), ("\"0\"", 10), ("null", 10)] {
            let partial =
                format!(r#"{{"partialSuccess":{{"rejectedSpans":{count},"x":1}},"y":null}}"#);
            let server = Scripted::start(json(&partial));
            let ended = spans(protocol, &server);
            assert_counts(&server, &ended, exported);
        }
        for body in [
            "{}",
            r#"{"partialSuccess":null}"#,
            r#"{"partialSuccess":{}}"#,
        ] {
            let server = Scripted::start(json(body));
            let ended = spans(protocol, &server);
            assert_counts(&server, &ended, 10);
            assert_eq!(ended.stderr, "", "{protocol} {body}");
        }
        let partial = r#"{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}"#;
        let server = Scripted::start(json(partial));
        let ended = records(protocol, &server);
        let report = ended.report();
        assert_eq!(
            (report.failed, report.exported + 2),
            (2, report.ended),
            "{ended:#?}"
        );
        assert!(ended.stderr.contains("too old"), "{ended:#?}");
    }
}

#[test]
fn a_batch_was_taken_if_the_status_says_so_whatever_the_body_is() {
    for protocol in HTTP {
        for (status, headers, body, is_noted) in [
            (202, vec![], "", false),
            (204, vec![], "", false),
            (202, vec![], "accepted", true),
            (200, vec![], "accepted", true),
            (200, vec![("content-type", "text/plain")], "ok", true),
            (200, vec![("content-type", "application/json")], "[]", true),
            (
                200,
                vec![("content-type", "application/x-protobuf")],
                "ok",
                true,
            ),
            (
                200,
                vec![("content-type", "application/json")],
                "{\"partialSuccess\":{\"rejectedSpans\":\"many\"}}",
                true,
            ),
            (200, vec![("content-encoding", "gzip")], "not gzip", true),
        ] {
            let server = Scripted::start(Script {
                status,
                headers,
                body: body.into(),
                ..Script::default()
            });
            let ended = spans(protocol, &server);
            assert_counts(&server, &ended, 10);
            let notes = ended.stderr.matches("traced: note: ").count();
            assert_eq!(notes, usize::from(is_noted), "{status} {body}: {ended:#?}");
        }
    }
}

#[test]
fn an_answer_that_is_too_long_is_not_asked_for_again() {
    let long = vec![b'x'; TOO_LONG];
    let bomb = gzip(&vec![b' '; 16 * TOO_LONG]);
    assert!(bomb.len() < TOO_LONG);
    for protocol in HTTP {
        for (headers, body) in [(vec![], &long), (vec![("content-encoding", "gzip")], &bomb)] {
            let server = Scripted::start(Script {
                headers,
                body: body.clone(),
                ..Script::default()
            });
            let ended = spans(protocol, &server);
            assert_counts(&server, &ended, 10);
            assert!(ended.stderr.contains("longer than 4 MiB"), "{ended:#?}");
        }
        let server = Scripted::start(Script {
            status: 503,
            body: long.clone(),
            ..Script::default()
        });
        let ended = spans(protocol, &server);
        assert_counts(&server, &ended, 0);
    }
    for (flag, body) in [(0, &long), (1, &bomb)] {
        let server = Scripted::start(grpc(flag, body, "0"));
        let ended = spans("grpc", &server);
        assert_counts(&server, &ended, 10);
        assert!(ended.stderr.contains("longer than 4 MiB"), "{ended:#?}");
    }
    // gRPC status 14, UNAVAILABLE, would be tried again.
    let server = Scripted::start(grpc(0, &long, "14"));
    let ended = spans("grpc", &server);
    assert_counts(&server, &ended, 0);
}

#[test]
fn a_compressed_answer_is_read() {
    let partial = br#"{"partialSuccess":{"rejectedSpans":"3"}}"#;
    for protocol in HTTP {
        let server = Scripted::start(Script {
            headers: vec![("content-encoding", "gzip")],
            body: gzip(partial),
            ..Script::default()
        });
        let ended = spans(protocol, &server);
        assert_counts(&server, &ended, 7);
    }
    // `partial_success { rejected_spans: 3 }`
    for (flag, message) in [(0, vec![10, 2, 8, 3]), (1, gzip(&[10, 2, 8, 3]))] {
        let server = Scripted::start(grpc(flag, &message, "0"));
        let ended = spans("grpc", &server);
        assert_counts(&server, &ended, 7);
    }
}

#[test]
fn the_words_of_a_refusal_are_passed_on() {
    // `google.rpc.Status { code: 3, message: "too old" }`
    let protobuf = b"\x08\x03\x12\x07too old".to_vec();
    let json = br#"{"code":"3","message":"too old","details":[]}"#.to_vec();
    for protocol in HTTP {
        for (media, body) in [
            ("application/x-protobuf", &protobuf),
            ("application/json; charset=utf-8", &json),
            ("application/x-protobuf", &json),
            ("text/plain", &b"too old".to_vec()),
        ] {
            let server = Scripted::start(Script {
                status: 400,
                headers: vec![("content-type", media)],
                body: body.clone(),
                ..Script::default()
            });
            let ended = spans(protocol, &server);
            assert_counts(&server, &ended, 0);
            assert!(ended.stderr.contains("(too old)"), "{media}: {ended:#?}");
        }
    }
}
