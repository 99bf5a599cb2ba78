//! The protocol of the processes: lines of JSON over TCP, with headers for the propagator.

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use serde::{Deserialize, Serialize};

/// The headers of a message, into which the propagator writes the sender's span context.
pub(crate) type Headers = HashMap<String, String>;

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Message {
    Order {
        headers: Headers,
        order: u64,
    },
    /// No more orders follow, and the receiving process ends.
    Stop,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    Taken,
    Refused,
}

/// One side of a connection.
pub(crate) struct Line {
    reader: BufReader<TcpStream>,
}

impl Line {
    pub(crate) fn to(address: &str) -> io::Result<Self> {
        Line::over(TcpStream::connect(address)?)
    }

    fn over(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Line {
            reader: BufReader::new(stream),
        })
    }

    pub(crate) fn send(&mut self, message: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_string(message)?;
        line.push('\n');
        self.reader.get_mut().write_all(line.as_bytes())
    }

    /// The next message; `None` when the other side has closed the connection.
    pub(crate) fn receive<T: for<'de> Deserialize<'de>>(&mut self) -> io::Result<Option<T>> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        Ok(Some(serde_json::from_str(&line)?))
    }
}

/// Prints its address and serves each connection in a thread, until a connection receives `Stop`.
pub(crate) fn serve<S, F>(serving: F) -> io::Result<()>
where
    S: FnMut(&mut Line, Headers, u64) -> io::Result<()>,
    F: Fn() -> io::Result<S> + Clone + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let address = listener.local_addr()?;
    println!("ready {address}");
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let mut connections: Vec<JoinHandle<io::Result<()>>> = Vec::new();
    // `accept` cannot be interrupted, so its thread is left behind at the end.
    let (accepted, connection) = std::sync::mpsc::channel();
    thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            if accepted.send(stream).is_err() {
                return;
            }
        }
    });
    while stopped.try_recv().is_err() {
        let patience = std::time::Duration::from_millis(50);
        let Ok(stream) = connection.recv_timeout(patience) else {
            continue;
        };
        let (stop, serving) = (stop.clone(), serving.clone());
        connections.push(thread::spawn(move || {
            let mut line = Line::over(stream)?;
            let mut serve = serving()?;
            while let Some(message) = line.receive()? {
                match message {
                    Message::Order { headers, order } => serve(&mut line, headers, order)?,
                    Message::Stop => {
                        // The receiver is gone if another connection received `Stop` before.
                        let _ = stop.send(());
                    }
                }
            }
            Ok(())
        }));
    }
    for connection in connections {
        connection
            .join()
            .map_err(|_| io::Error::other("a connection panicked"))??;
    }
    Ok(())
}
