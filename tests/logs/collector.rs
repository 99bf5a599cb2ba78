//! A collector that accepts JSON over HTTP/1.1.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;

/// A collector that listens until the process ends.
pub(crate) struct Collector {
    address: SocketAddr,
    /// The path and body of each request.
    requests: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let collector = Collector {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
        };
        let requests = Arc::clone(&collector.requests);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let requests = Arc::clone(&requests);
                thread::spawn(move || serve(connection.unwrap(), &requests));
            }
        });
        collector
    }

    /// The variables that make a program export to it.
    pub(crate) fn variables(&self) -> [(String, String); 2] {
        [
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(),
                format!("http://{}", self.address),
            ),
            (
                "OTEL_EXPORTER_OTLP_PROTOCOL".to_owned(),
                "http/json".to_owned(),
            ),
        ]
    }

    /// The log records, each with `scope` and `resource`.
    pub(crate) fn records(&self) -> Vec<Value> {
        self.items("/v1/logs", ["resourceLogs", "scopeLogs", "logRecords"])
    }

    /// The spans, each with `scope` and `resource`.
    pub(crate) fn spans(&self) -> Vec<Value> {
        self.items("/v1/traces", ["resourceSpans", "scopeSpans", "spans"])
    }

    fn items(&self, path: &str, [resources, scopes, items]: [&str; 3]) -> Vec<Value> {
        let requests = self.requests.lock().unwrap();
        let mut found = Vec::new();
        for (_, body) in requests.iter().filter(|(to, _)| to == path) {
            for resource in body[resources].as_array().unwrap() {
                for scope in resource[scopes].as_array().unwrap() {
                    for item in scope[items].as_array().unwrap() {
                        let mut item = item.clone();
                        item["scope"] = scope["scope"].clone();
                        item["resource"] = resource["resource"].clone();
                        found.push(item);
                    }
                }
            }
        }
        found
    }
}

fn serve(connection: TcpStream, requests: &Mutex<Vec<(String, Value)>>) {
    let mut reader = BufReader::new(connection.try_clone().unwrap());
    while let Some((path, body)) = read(&mut reader) {
        let body = serde_json::from_slice(&body).unwrap();
        requests.lock().unwrap().push((path, body));
        let answer =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
        (&connection).write_all(answer.as_bytes()).unwrap();
    }
}

/// Reads one request; `None` if the client has closed the connection.
fn read(reader: &mut impl BufRead) -> Option<(String, Vec<u8>)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split_whitespace().nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, body))
}
