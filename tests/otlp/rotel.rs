//! The example through rotel, a collector that others wrote, to our receiver: what it understood of
//! each field is what arrives. `tests/otlp/rotel` installs it and names it in `ROTEL`.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use traced_tests_otlp::{Fault, Receiver, example};

/// How long rotel may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running rotel, in front of a receiver.
struct Rotel {
    process: Child,
    grpc: u16,
    http: u16,
    receiver: Receiver,
}

impl Rotel {
    fn start() -> Self {
        let receiver = Receiver::start(Fault::Healthy);
        let (grpc, http) = (free_port(), free_port());
        let program = std::env::var_os("ROTEL").expect("tests/otlp/rotel sets ROTEL");
        let process = Command::new(program)
            .arg("start")
            .args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{grpc}")])
            .args(["--otlp-http-endpoint", &format!("127.0.0.1:{http}")])
            .args(["--exporter", "otlp", "--otlp-exporter-protocol", "grpc"])
            .args(["--otlp-exporter-endpoint", &receiver.endpoint()])
            .args(["--batch-timeout", "50ms"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let rotel = Rotel {
            process,
            grpc,
            http,
            receiver,
        };
        for port in [grpc, http] {
            eventually("rotel listens", || {
                TcpStream::connect(("127.0.0.1", port)).is_ok()
            });
        }
        rotel
    }
}

impl Drop for Rotel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn eventually(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}: not in time");
        sleep(Duration::from_millis(20));
    }
}

fn passes_through(protocol: &str) {
    let rotel = Rotel::start();
    let port = match protocol {
        "grpc" => rotel.grpc,
        _ => rotel.http,
    };
    let output = Command::new(env!("CARGO_BIN_EXE_otlp-example"))
        .envs(example::variables(
            protocol,
            &format!("http://127.0.0.1:{port}"),
        ))
        .output()
        .unwrap();
    // It says what rotel did not take.
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{output:?}");
    eventually("all spans", || rotel.receiver.count() >= 6);
    example::assert_received("grpc", &rotel.receiver.spans());
}

#[test]
fn grpc() {
    passes_through("grpc");
}

#[test]
fn http_protobuf() {
    passes_through("http/protobuf");
}

#[test]
fn http_json() {
    passes_through("http/json");
}
