//! The example through rotel, an OTLP collector written by others, to our receiver: the fields that
//! rotel decoded and passed on are the fields that arrive. Every kind of program runs through it
//! too, and its report has to be true. `tests/otlp/rotel` installs rotel and names it in `ROTEL`.

#[path = "tests/child.rs"]
#[allow(dead_code, reason = "the other tests also talk to their programs")]
mod child;

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use traced_tests_otlp::{Fault, Receiver, example};

/// The time after which rotel is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running rotel that exports to a receiver.
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

    fn endpoint(&self, protocol: &str) -> String {
        let port = match protocol {
            "grpc" => self.grpc,
            _ => self.http,
        };
        format!("http://127.0.0.1:{port}")
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
    let output = Command::new(env!("CARGO_BIN_EXE_otlp-example"))
        .envs(example::variables(protocol, &rotel.endpoint(protocol)))
        .output()
        .unwrap();
    // Standard error names the requests that rotel refused.
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && stderr.is_empty(), "{output:?}");
    eventually("all spans", || rotel.receiver.count() >= 6);
    example::assert_received("grpc", &rotel.receiver.spans());
}

#[test]
fn rotel_passes_on_what_it_gets_over_grpc() {
    passes_through("grpc");
}

#[test]
fn rotel_passes_on_protobuf_over_http() {
    passes_through("http/protobuf");
}

#[test]
fn rotel_passes_on_json_over_http() {
    passes_through("http/json");
}

/// Runs every kind of program of `tests/matrix.rs` without a fault.
fn every_program(protocol: &str) {
    let rotel = Rotel::start();
    let mut arrived = 0;
    for program in [
        "no_runtime",
        "current_thread",
        "multi_thread",
        "dropped_runtime",
    ] {
        let mut command = child::child(&[program, "400", "5000"]);
        command
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", rotel.endpoint(protocol))
            .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol);
        let report = child::run(command).report();
        assert!(report.ended >= 400, "{program}: {report:?}");
        assert_eq!(report.exported, report.ended, "{program}: {report:?}");
        arrived += report.ended;
        eventually(program, || rotel.receiver.count() == arrived);
    }
}

#[test]
fn every_program_reaches_rotel_over_grpc() {
    every_program("grpc");
}

#[test]
fn every_program_reaches_rotel_over_http() {
    every_program("http/protobuf");
}
