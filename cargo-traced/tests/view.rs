//! `cargo traced view` as a process: the messages that it accepts and refuses, and its answers to the page.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;
use serde_json::{Value, json};

/// A running `view` on free ports; dropping it ends the process.
struct View {
    process: Child,
    http: SocketAddr,
    grpc: Option<SocketAddr>,
}

impl Drop for View {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An answer over HTTP/1.1.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl View {
    fn start(arguments: &[&str], folder: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_cargo-traced"))
            .args(["traced", "view", "--http-port", "0"])
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = lines.next().map(Result::unwrap);
        let Some(first) = first else {
            let mut said = String::new();
            process
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut said)
                .unwrap();
            panic!("view ended: {said}");
        };
        let http = port(&first);
        let is_open = arguments.contains(&"--grpc-port");
        let grpc = is_open.then(|| port(&lines.next().unwrap().unwrap()));
        View {
            process,
            http,
            grpc,
        }
    }

    fn receiver(arguments: &[&str]) -> Self {
        let mut all = vec!["--grpc-port", "0"];
        all.extend(arguments);
        View::start(&all, Path::new("."))
    }

    /// Sends a request with exactly these lines as its head.
    fn raw(&self, first: &str, lines: &[String], body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.http).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let mut head = format!("{first} HTTP/1.1\r\nConnection: close\r\n");
        for line in lines {
            head.push_str(&format!("{line}\r\n"));
        }
        // The server may refuse and close the connection before all of the body is sent.
        let _ = stream.write_all(format!("{head}\r\n").as_bytes());
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let (head, body) =
            answer.split_at(end.unwrap_or_else(|| panic!("no answer to {first}")) + 4);
        let head = String::from_utf8(head.to_vec())
            .unwrap()
            .to_ascii_lowercase();
        let status = head[9..12].parse().unwrap();
        Answer {
            status,
            head,
            body: body.to_vec(),
        }
    }

    fn host(&self) -> String {
        format!("Host: localhost:{}", self.http.port())
    }

    fn get(&self, path: &str) -> Answer {
        self.raw(&format!("GET {path}"), &[self.host()], b"")
    }

    fn post(&self, path: &str, more: &[&str], body: &[u8]) -> Answer {
        let mut lines = vec![self.host(), format!("Content-Length: {}", body.len())];
        lines.extend(more.iter().map(|line| (*line).to_owned()));
        self.raw(&format!("POST {path}"), &lines, body)
    }

    fn live(&self) -> Value {
        let answer = self.get("/live");
        assert_eq!(answer.status, 200);
        // A long answer is in chunks, whose lengths stand around the JSON.
        let body = String::from_utf8(answer.body).unwrap();
        serde_json::from_str(&body[body.find('{').unwrap()..=body.rfind('}').unwrap()]).unwrap()
    }

    /// The names of all spans that are kept, in the order in which they were received.
    fn names(&self) -> Vec<String> {
        let live = self.live();
        let array = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
        let parts = array(&live, "parts").into_iter();
        let resources = parts.flat_map(|part| array(&part[2], "resourceSpans"));
        let scopes = resources.flat_map(|resource| array(&resource, "scopeSpans"));
        let spans = scopes.flat_map(|scope| array(&scope, "spans"));
        spans
            .map(|span| span["name"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn port(line: &str) -> SocketAddr {
    let digits = line.trim_end_matches('/').rsplit_once(':').unwrap().1;
    SocketAddr::from(([127, 0, 0, 1], digits.parse().unwrap()))
}

fn message(names: &[&str]) -> ExportTraceServiceRequest {
    let span = |name: &&str| Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: (*name).to_owned(),
        start_time_unix_nano: 1,
        end_time_unix_nano: 2,
        ..Default::default()
    };
    let spans = names.iter().map(span).collect();
    let scope_spans = vec![ScopeSpans {
        spans,
        ..Default::default()
    }];
    let resource_spans = vec![ResourceSpans {
        scope_spans,
        ..Default::default()
    }];
    ExportTraceServiceRequest { resource_spans }
}

fn json_of(name: &str) -> Vec<u8> {
    serde_json::to_vec(&message(&[name])).unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const PROTOBUF: &str = "Content-Type: application/x-protobuf";
const JSON: &str = "Content-Type: application/json; charset=utf-8";
const GZIP: &str = "Content-Encoding: gzip";

#[test]
fn http_takes_protobuf_and_json_plain_and_with_gzip() {
    let view = View::receiver(&[]);
    let protobuf = message(&["protobuf"]).encode_to_vec();
    let answer = view.post("/v1/traces", &[PROTOBUF], &protobuf);
    assert_eq!((answer.status, &answer.body[..]), (200, &b""[..]));
    assert!(
        answer.head.contains("content-type: application/x-protobuf"),
        "{}",
        answer.head
    );
    assert_eq!(
        view.post("/v1/traces", &[PROTOBUF, GZIP], &gzip(&protobuf))
            .status,
        200
    );
    let answer = view.post("/v1/traces", &[JSON], &json_of("json"));
    assert_eq!((answer.status, &answer.body[..]), (200, &b"{}"[..]));
    assert_eq!(
        view.post("/v1/traces", &[JSON, GZIP], &gzip(&json_of("zipped")))
            .status,
        200
    );
    assert_eq!(view.names(), ["protobuf", "protobuf", "json", "zipped"]);
    // Other signals are accepted, so that their exporters report no errors.
    assert_eq!(view.post("/v1/metrics", &[JSON], b"{}").status, 200);
    let logs = json!({"resourceLogs": [{"scopeLogs": [{"logRecords": [{"body": {"stringValue": "a"}}]}]}]});
    assert_eq!(
        view.post("/v1/logs", &[JSON], logs.to_string().as_bytes())
            .status,
        200
    );
    assert_eq!(view.live()["parts"][4][2], logs);
}

#[test]
fn ipv4_and_ipv6_loopback_are_listened_on() {
    let view = View::receiver(&[]);
    let has_v6 = std::net::TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    assert_eq!(
        TcpStream::connect((Ipv6Addr::LOCALHOST, view.http.port())).is_ok(),
        has_v6
    );
}

/// The addresses on which something listens at a port, as the kernel writes them: `0100007F` is 127.0.0.1.
#[cfg(target_os = "linux")]
fn listening(port: u16) -> Vec<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(std::fs::read_to_string);
    let lines = tables.iter().flatten().flat_map(|table| table.lines());
    let fields = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
    let listening = fields.filter(|fields| fields.get(3) == Some(&"0A"));
    let mut found: Vec<String> = listening
        .filter_map(|fields| {
            let (address, at) = fields[1].split_once(':')?;
            (u16::from_str_radix(at, 16) == Ok(port)).then(|| address.to_owned())
        })
        .collect();
    found.sort();
    found
}

#[cfg(target_os = "linux")]
#[test]
fn it_listens_on_the_loopback_unless_told_otherwise() {
    let loopback = ["00000000000000000000000001000000", "0100007F"];
    let view = View::receiver(&[]);
    for address in [Some(view.http), view.grpc].into_iter().flatten() {
        let found = listening(address.port());
        assert!(!found.is_empty());
        assert!(
            found
                .iter()
                .all(|address| loopback.contains(&address.as_str())),
            "{found:?}"
        );
    }
    // With `--listen` it listens elsewhere, and warns.
    let mut open = View::receiver(&["--listen", "0.0.0.0"]);
    assert_eq!(listening(open.http.port()), ["00000000"]);
    open.process.kill().unwrap();
    let mut said = String::new();
    let stderr = open.process.stderr.as_mut().unwrap();
    stderr.read_to_string(&mut said).unwrap();
    assert!(said.contains("warning: others can send spans"), "{said}");
}

#[test]
fn stalled_senders_do_not_block_the_page_and_time_out() {
    let view = View::receiver(&[]);
    let head = format!(
        "POST /v1/traces HTTP/1.1\r\n{}\r\n{JSON}\r\nContent-Length: 1000\r\n\r\n{{",
        view.host()
    );
    // `view` reads eight messages at a time, so that two of these ten have to wait.
    let stalled: Vec<TcpStream> = (0..10)
        .map(|_| {
            let mut stream = TcpStream::connect(view.http).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    assert_eq!(view.get("/").status, 200);
    assert!(view.names().is_empty());
    for mut stream in stalled {
        let patience = Duration::from_secs(60);
        stream.set_read_timeout(Some(patience)).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 408");
    }
    let after = json_of("after");
    assert_eq!(view.post("/v1/traces", &[JSON], &after).status, 200);
    assert_eq!(view.names(), ["after"]);
}

#[test]
fn received_messages_stay_within_the_bound_of_memory() {
    let view = View::receiver(&["--max-memory", "1"]);
    for name in ["a", "b", "c", "d"] {
        let text = json_of(&name.repeat(300 << 10));
        assert_eq!(view.post("/v1/traces", &[JSON], &text).status, 200);
    }
    let firsts: Vec<String> = view
        .names()
        .iter()
        .map(|name| name[..1].to_owned())
        .collect();
    assert_eq!(firsts, ["b", "c", "d"]);
    assert_eq!(view.live()["dropped"], 1);
}

#[test]
fn web_pages_and_rebound_names_are_refused() {
    let view = View::receiver(&[]);
    let port = view.http.port();
    let own = view.host();
    let length = format!("Content-Length: {}", json_of("x").len());
    for lines in [
        vec![format!("Host: evil.example:{port}")],
        vec!["Host: evil.example".to_owned()],
        vec![format!("Host: 10.0.0.1:{port}")],
        vec![own.clone(), format!("Host: evil.example:{port}")],
        vec![own.clone(), "Origin: http://evil.example".to_owned()],
        vec![own.clone(), "Origin: null".to_owned()],
        vec![
            own.clone(),
            format!("Origin: http://localhost:{}", port ^ 1),
        ],
        vec![
            own.clone(),
            "Sec-Fetch-Site: cross-site".to_owned(),
            "Sec-Fetch-Mode: no-cors".to_owned(),
        ],
    ] {
        let mut post = lines.clone();
        post.extend([JSON.to_owned(), length.clone()]);
        // Other sites can neither send spans nor read them.
        for (first, lines, body) in [
            ("POST /v1/traces", &post, json_of("x")),
            ("OPTIONS /v1/traces", &lines, Vec::new()),
            ("GET /", &lines, Vec::new()),
            ("GET /live", &lines, Vec::new()),
        ] {
            let answer = view.raw(first, lines, &body);
            assert!(
                matches!(answer.status, 400 | 403),
                "{first} {lines:?}: {}",
                answer.status
            );
            assert!(!answer.head.contains("access-control"), "{}", answer.head);
        }
        assert_eq!(view.raw("GET /", &lines, b"").status, 403, "{lines:?}");
    }
    // A browser sends this kind of POST for another site without a preflight request.
    assert_eq!(
        view.post("/v1/traces", &["Content-Type: text/plain"], &json_of("x"))
            .status,
        415
    );
    assert!(view.names().is_empty());
    let origin = format!("Origin: http://localhost:{port}");
    assert_eq!(
        view.post("/v1/traces", &[JSON, &origin], &json_of("own"))
            .status,
        200
    );
    assert_eq!(view.names(), ["own"]);
}

#[test]
fn the_bound_of_a_message_holds_after_decompression_too() {
    let view = View::receiver(&["--max-message", "1"]);
    let limit = 1 << 20;
    let large = json_of(&"x".repeat(limit));
    assert_eq!(view.post("/v1/traces", &[JSON], &large).status, 413);
    let chunked = [
        view.host(),
        JSON.to_owned(),
        "Transfer-Encoding: chunked".to_owned(),
    ];
    let mut body = format!("{:x}\r\n", large.len()).into_bytes();
    body.extend(&large);
    body.extend(b"\r\n0\r\n\r\n");
    assert_eq!(view.raw("POST /v1/traces", &chunked, &body).status, 413);
    // 64 MiB that gzip makes 64 KiB of, once alone and once as two members of one stream.
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < limit / 8);
    assert_eq!(view.post("/v1/traces", &[JSON, GZIP], &bomb).status, 413);
    let members = [bomb.clone(), bomb].concat();
    assert_eq!(
        view.post("/v1/traces", &[PROTOBUF, GZIP], &members).status,
        413
    );
    let fits = json_of(&"x".repeat(limit - 1000));
    assert_eq!(
        view.post("/v1/traces", &[JSON, GZIP], &gzip(&fits)).status,
        200
    );
    assert_eq!(view.names().len(), 1);
}

#[test]
fn unreadable_messages_are_refused_with_a_reason() {
    let view = View::receiver(&[]);
    let deep = format!(
        "{{\"resourceSpans\":{}1{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for (lines, body) in [
        (vec![JSON], &b"{"[..]),
        (vec![JSON], b"[]"),
        (vec![JSON], deep.as_bytes()),
        (vec![JSON], b"\xff\xfe"),
        (vec![PROTOBUF], b"\x0a\xff\xff\xff\xff\x0f"),
        (vec![JSON, GZIP], b"no gzip"),
    ] {
        let answer = view.post("/v1/traces", &lines, body);
        assert_eq!(answer.status, 400, "{lines:?}");
        assert!(!answer.body.is_empty());
    }
    assert_eq!(
        view.post("/v1/traces", &[JSON, "Content-Encoding: br"], b"{}")
            .status,
        415
    );
    assert_eq!(view.get("/v1/traces").status, 405);
    assert_eq!(view.get("/etc/passwd").status, 404);
    assert_eq!(view.post("/v1/traces", &[JSON], b"{}").status, 200);
    assert!(view.names().is_empty());
}

#[test]
fn the_latest_spans_are_kept() {
    let view = View::receiver(&["--max-spans", "3"]);
    for name in ["a", "b", "c", "d", "e"] {
        assert_eq!(view.post("/v1/traces", &[JSON], &json_of(name)).status, 200);
    }
    assert_eq!(view.names(), ["c", "d", "e"]);
    assert_eq!(view.live()["dropped"], 2);
}

#[test]
fn a_page_that_waits_is_answered_when_spans_come() {
    let view = View::receiver(&[]);
    let run = view.live()["run"].as_str().unwrap().to_owned();
    let waited = std::thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let since = Instant::now();
            let answer = view.get(&format!("/live?after=0&run={run}"));
            assert!(String::from_utf8(answer.body).unwrap().contains("late"));
            since.elapsed()
        });
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(
            view.post("/v1/traces", &[JSON], &json_of("late")).status,
            200
        );
        waiting.join().unwrap()
    });
    assert!(
        waited > Duration::from_millis(250) && waited < Duration::from_secs(10),
        "{waited:?}"
    );
}

#[test]
fn the_page_has_a_content_security_policy() {
    let view = View::receiver(&[]);
    let page = view.get("/");
    assert_eq!(page.status, 200);
    for line in [
        "content-security-policy: default-src 'none'; connect-src 'self'; script-src 'sha256-",
        "frame-ancestors 'none'",
        "x-content-type-options: nosniff",
        "cross-origin-resource-policy: same-origin",
    ] {
        assert!(page.head.contains(line), "{line} is not in {}", page.head);
    }
    let text = String::from_utf8_lossy(&page.body).into_owned();
    assert!(text.contains(r#"id="traced-data">{"traced":{"reason":"live"}}</script>"#));
}

#[test]
fn received_spans_are_written_to_a_file_that_can_be_shown() {
    let folder = tempfile::tempdir().unwrap();
    let view = View::start(&["--grpc-port", "0", "--file", "all.jsonl"], folder.path());
    for name in ["a", "</script>"] {
        let protobuf = message(&[name]).encode_to_vec();
        assert_eq!(view.post("/v1/traces", &[PROTOBUF], &protobuf).status, 200);
    }
    drop(view);
    let again = View::start(&["all.jsonl", "all.jsonl"], folder.path());
    assert_eq!(again.names(), ["a", "</script>", "a", "</script>"]);
    // With files, nothing is received.
    assert_eq!(again.post("/v1/traces", &[JSON], &json_of("b")).status, 404);
    let written = Command::new(env!("CARGO_BIN_EXE_cargo-traced"))
        .args(["traced", "view", "all.jsonl", "--html", "all.html"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(written.status.success(), "{written:?}");
    let page = std::fs::read_to_string(folder.path().join("all.html")).unwrap();
    assert!(page.contains(r"\u003c/script\u003e") && page.contains(r#""name":"a""#));
    let from_page = View::start(&["all.html"], folder.path());
    assert_eq!(from_page.names(), ["a", "</script>"]);
}

#[test]
fn wrong_arguments_exit_with_two() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for arguments in [
        vec!["missing.jsonl"],
        vec!["--html", "a.html"],
        vec!["--http-port", &port, "--grpc-port", "0"],
        vec!["--file", "missing/a.jsonl"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_cargo-traced"))
            .args(["traced", "view"])
            .args(&arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}

mod grpc {
    use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
    use tonic::Code;
    use tonic::codec::CompressionEncoding;
    use tonic::metadata::MetadataValue;
    use tonic::transport::Channel;

    use super::*;

    /// Sends to the loopback, with the host of this URI.
    async fn client(view: &View, origin: Option<&str>) -> TraceServiceClient<Channel> {
        let address = view.grpc.unwrap();
        let mut endpoint =
            Channel::from_shared(format!("http://localhost:{}", address.port())).unwrap();
        if let Some(origin) = origin {
            endpoint = endpoint.origin(origin.parse().unwrap());
        }
        TraceServiceClient::new(endpoint.connect().await.unwrap())
    }

    #[tokio::test]
    async fn messages_are_taken_plain_and_with_gzip() {
        let view = View::receiver(&[]);
        let mut client = client(&view, None).await;
        client.export(message(&["plain"])).await.unwrap();
        let mut client = client.send_compressed(CompressionEncoding::Gzip);
        client.export(message(&["zipped"])).await.unwrap();
        assert_eq!(view.names(), ["plain", "zipped"]);
    }

    #[tokio::test]
    async fn hostile_messages_are_refused() {
        let view = View::receiver(&["--max-message", "1"]);
        let mut rebound = client(&view, Some("http://evil.example:4317")).await;
        let refused = rebound.export(message(&["x"])).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        let mut own = client(&view, None).await;
        let mut request = tonic::Request::new(message(&["x"]));
        let origin = MetadataValue::from_static("http://evil.example");
        request.metadata_mut().insert("origin", origin);
        let refused = own.export(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
        let large = message(&[&" ".repeat(2 << 20)]);
        assert!(own.export(large.clone()).await.is_err());
        let mut zipped = own.clone().send_compressed(CompressionEncoding::Gzip);
        assert!(zipped.export(large).await.is_err());
        assert!(view.names().is_empty());
        own.export(message(&["after"])).await.unwrap();
        assert_eq!(view.names(), ["after"]);
    }
}
