//! A collector that reads one request: its first line, headers and body.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

/// A collector on a free port.
pub(crate) struct Collector {
    port: u16,
    requests: Receiver<Request>,
}

/// A request as it arrived.
#[derive(Debug)]
pub(crate) struct Request {
    /// `POST /v1/traces HTTP/1.1`, or the preface of HTTP/2.
    pub(crate) first_line: String,
    /// The header lines in lower case.
    pub(crate) headers: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Collector {
    /// Starts a collector that accepts everything.
    pub(crate) fn start() -> Self {
        Collector::with(|stream| {
            let answer =
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
            let _ = stream.write_all(answer);
        })
    }

    /// Starts a collector that never answers.
    pub(crate) fn silent() -> Self {
        Collector::with(|_| {})
    }

    fn with(answer: fn(&mut TcpStream)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, requests) = channel();
        thread::spawn(move || {
            // Connections stay open until the test is over, but those of HTTP/2 are closed: only
            // their preface can be read here.
            let mut open = Vec::new();
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut is_http_2 = false;
                while let Some(request) = read(&mut reader) {
                    is_http_2 = request.first_line.contains("HTTP/2");
                    let _ = sender.send(request);
                    if is_http_2 {
                        break;
                    }
                    answer(&mut stream);
                }
                if !is_http_2 {
                    open.push(stream);
                }
            }
        });
        Collector { port, requests }
    }

    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://{}", self.address())
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The first request that arrived.
    #[track_caller]
    pub(crate) fn request(&self) -> Request {
        self.requests.try_recv().expect("a request")
    }
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let headers = self.headers.iter();
        let mut values = headers.filter_map(|header| header.strip_prefix(name)?.strip_prefix(": "));
        values.next()
    }

    pub(crate) fn body_contains(&self, text: &str) -> bool {
        self.body
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let first_line = lines.remove(0);
    let headers: Vec<String> = lines.into_iter().map(lower_name).collect();
    let mut request = Request {
        first_line,
        headers,
        body: Vec::new(),
    };
    let length = request
        .header("content-length")
        .and_then(|length| length.parse().ok());
    request.body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

fn lower_name(header: String) -> String {
    match header.split_once(": ") {
        Some((name, value)) => format!("{}: {value}", name.to_lowercase()),
        None => header,
    }
}
