//! A collector that reads requests and drops them: what the exporter does is as in production, and a span is not decoded
//! in the process that is measured.

use std::io::{BufRead, BufReader, Error, Read, Write, copy, sink};
use std::net::{TcpListener, TcpStream};
use std::thread;

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";

/// Starts one; returns its URL.
pub(crate) fn start() -> Result<String, Error> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A connection that breaks off is the exporter's to report.
            thread::spawn(move || serve(stream).is_ok());
        }
    });
    Ok(url)
}

fn serve(mut stream: TcpStream) -> Result<(), Error> {
    let mut requests = BufReader::with_capacity(1 << 18, stream.try_clone()?);
    while let Some(length) = head(&mut requests)? {
        copy(&mut requests.by_ref().take(length), &mut sink())?;
        stream.write_all(ANSWER)?;
    }
    Ok(())
}

/// Reads the head of a request: the length of its body. `None` at the end of the connection.
fn head(requests: &mut impl BufRead) -> Result<Option<u64>, Error> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if requests.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(Error::other)?;
            }
            None if line.trim_end().is_empty() => return Ok(Some(length)),
            _ => {}
        }
    }
}
