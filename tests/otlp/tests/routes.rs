//! Routes to a collector other than a plain connection: proxies and Unix sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use traced_tests_otlp::{Fault, Receiver, Script, Scripted};

use crate::child::{Ended, child, run};

/// A host that only a proxy can resolve.
const HOST: &str = "collector.example";

fn export(protocol: &str, endpoint: &str, variables: &[(&str, &str)]) -> Ended {
    let mut command = child(&["no_runtime", "10", "2000"]);
    command
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .envs(variables.iter().copied());
    run(command)
}

/// A proxy whose tunnels all lead to `port` of this machine; it keeps the requests.
pub(crate) struct Tunnels {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Tunnels {
    pub(crate) fn start(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heads = Arc::clone(&asked);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (heads, client) = (Arc::clone(&heads), client.unwrap());
                thread::spawn(move || {
                    let mut head = String::new();
                    let mut reader = BufReader::new(client.try_clone().unwrap());
                    while !head.ends_with("\r\n\r\n") {
                        if reader.read_line(&mut head).unwrap_or(0) == 0 {
                            return;
                        }
                    }
                    heads.lock().unwrap().push(head);
                    let mut answer = &client;
                    answer.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                    let collector = TcpStream::connect(("127.0.0.1", port)).unwrap();
                    relay((reader, client), &collector);
                });
            }
        });
        Tunnels { address, asked }
    }

    pub(crate) fn url(&self) -> &str {
        &self.address
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// Copies both ways until one side has ended.
fn relay<R: Read + Send + 'static, W: Write>((mut from, mut to): (R, W), collector: &TcpStream) {
    let mut upstream = collector.try_clone().unwrap();
    thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut upstream);
        let _ = upstream.shutdown(Shutdown::Write);
    });
    let _ = std::io::copy(&mut &*collector, &mut to);
}

#[test]
fn a_plain_request_is_handed_to_the_proxy() {
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        for protocol in ["http/protobuf", "http/json"] {
            let proxy = Scripted::start(Script::default());
            let url = proxy.endpoint().replace("http://", "http://shop:p%40ss@");
            let ended = export(
                protocol,
                &format!("http://{HOST}:4318"),
                &[(variable, &url)],
            );
            assert_eq!(ended.report().exported, 10, "{variable} {ended:#?}");
            let seen = &proxy.seen()[0];
            assert_eq!(seen.uri, *format!("http://{HOST}:4318/v1/traces"));
            assert_eq!(seen.headers["host"], format!("{HOST}:4318"));
            // `shop:p@ss`
            assert_eq!(seen.headers["proxy-authorization"], "Basic c2hvcDpwQHNz");
            assert!(!ended.stderr.contains("p@ss"), "{ended:#?}");
        }
    }
}

#[test]
fn grpc_goes_through_a_tunnel() {
    let collector = Receiver::start(Fault::Healthy);
    for variable in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let proxy = Tunnels::start(collector.port());
        let variables = [(variable, proxy.url()), ("NO_PROXY", "other.example")];
        let ended = export("grpc", &format!("http://{HOST}:4317"), &variables);
        assert_eq!(ended.report().exported, 10, "{variable} {ended:#?}");
        let asked = proxy.asked();
        assert!(
            asked[0].starts_with(&format!("CONNECT {HOST}:4317 HTTP/1.1\r\n")),
            "{asked:?}"
        );
    }
    assert_eq!(collector.count(), 30);
}

#[test]
fn no_proxy_is_used_for_hosts_that_are_excepted_and_for_this_machine() {
    let proxy = Scripted::start(Script::default());
    let url = proxy.endpoint();
    for no_proxy in ["NO_PROXY", "no_proxy"] {
        // A host without an address.
        let endpoint = "http://collector.invalid:4318";
        let variables = [("HTTP_PROXY", &*url), (no_proxy, "a.example, .invalid")];
        let ended = export("http/protobuf", endpoint, &variables);
        assert_eq!(ended.report().failed, 10, "{ended:#?}");
    }
    let collector = Receiver::start(Fault::Healthy);
    for protocol in ["grpc", "http/protobuf", "http/json"] {
        let variables = [("HTTP_PROXY", &*url), ("ALL_PROXY", &*url)];
        let ended = export(protocol, &collector.endpoint(), &variables);
        assert_eq!(ended.report().exported, 10, "{ended:#?}");
    }
    assert_eq!(proxy.seen().len(), 0);
}

#[test]
fn a_proxy_that_is_not_there_is_a_failure_and_the_collector_is_not_asked() {
    for protocol in ["grpc", "http/protobuf"] {
        let variables = [("HTTP_PROXY", "http://127.0.0.1:1")];
        let ended = export(protocol, &format!("http://{HOST}:4318"), &variables);
        assert_eq!(ended.report().failed, 10, "{ended:#?}");
        assert!(ended.stderr.contains("cannot be reached"), "{ended:#?}");
    }
}

#[cfg(unix)]
#[test]
fn a_socket_of_this_machine_is_an_endpoint() {
    use std::os::unix::net::UnixListener;

    let collector = Receiver::start(Fault::Healthy);
    let port = collector.port();
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("otlp.sock");
    let listener = UnixListener::bind(&file).unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            thread::spawn(move || {
                let collector = TcpStream::connect(("127.0.0.1", port)).unwrap();
                relay((client.try_clone().unwrap(), client), &collector);
            });
        }
    });
    let file = file.to_str().unwrap();
    let mut expected = 0;
    for protocol in ["grpc", "http/protobuf", "http/json"] {
        for endpoint in [format!("unix:{file}"), format!("unix://{file}")] {
            // Proxies do not apply to Unix sockets.
            let ended = export(protocol, &endpoint, &[("ALL_PROXY", "http://127.0.0.1:1")]);
            assert_eq!(
                ended.report().exported,
                10,
                "{protocol} {endpoint} {ended:#?}"
            );
            let mut command = child(&["no_runtime", "10", "2000"]);
            command
                .env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &endpoint)
                .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
            let ended = run(command);
            assert_eq!(
                ended.report().exported,
                10,
                "{protocol} {endpoint} {ended:#?}"
            );
            expected += 20;
        }
    }
    assert_eq!(collector.count(), expected);
    let ended = export("http/protobuf", "unix:/not/there.sock", &[]);
    assert_eq!(ended.report().failed, 10, "{ended:#?}");
    assert!(ended.stderr.contains("unix:/not/there.sock"), "{ended:#?}");
}
