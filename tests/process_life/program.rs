//! Starts programs, and ends those that hang.

use std::io::{BufRead, BufReader, Lines, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::collector::Collector;

/// A program that runs longer than this hangs.
const HANGS: Duration = Duration::from_secs(240);

/// A running program.
pub(crate) struct Running {
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    lines: Receiver<String>,
    stderr: JoinHandle<String>,
}

/// A program that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: String,
}

/// The command for `process-life-child` with these arguments; its spans are not exported.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_process-life-child"));
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("OTEL_") || name.starts_with("TRACED_") {
            command.env_remove(name);
        }
    }
    command.env_remove("RUST_BACKTRACE").env_remove("RUST_LOG");
    command
}

/// The same program with a collector that gets its spans.
pub(crate) fn exporting(arguments: &[&str]) -> (Collector, Command) {
    let collector = Collector::start();
    let mut command = program(arguments);
    command.envs(collector.variables());
    (collector, command)
}

/// The number of spans with this name at the collector.
pub(crate) fn count(collector: &Collector, name: &str) -> usize {
    let spans = collector.spans();
    spans.iter().filter(|span| span["name"] == name).count()
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        let stderr = thread::spawn(move || {
            let mut text = Vec::new();
            loop {
                let start = text.len();
                if stderr.read_until(b'\n', &mut text).unwrap() == 0 {
                    break String::from_utf8(text).unwrap();
                }
                let line = String::from_utf8_lossy(&text[start..]);
                let _ = sender.send(line.trim_end().to_owned());
            }
        });
        Running {
            child,
            stdout,
            lines,
            stderr,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Writes a line to its standard input.
    pub(crate) fn say(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{line}").unwrap();
    }

    /// Waits for the next line of its standard output.
    pub(crate) fn line(&mut self) -> String {
        self.stdout.next().unwrap_or(Ok(String::new())).unwrap()
    }

    /// Waits for the next line of its standard error.
    pub(crate) fn error(&mut self) -> String {
        self.lines.recv_timeout(HANGS).unwrap_or_default()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        send(signal, self.id());
    }

    pub(crate) fn end(mut self) -> Ended {
        drop(self.child.stdin.take());
        let mut stdout = self.stdout;
        let stdout = thread::spawn(move || stdout.by_ref().map(Result::unwrap).collect());
        let deadline = Instant::now() + HANGS;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline {
                self.child.kill().unwrap();
                let stderr = self.stderr.join().unwrap();
                panic!("the program hangs: {stderr}");
            }
            thread::sleep(Duration::from_millis(5));
        };
        Ended {
            status,
            stdout: stdout.join().unwrap(),
            stderr: self.stderr.join().unwrap(),
        }
    }
}

pub(crate) fn run(command: Command) -> Ended {
    Running::start(command).end()
}

pub(crate) fn send(signal: Signal, process: u32) {
    kill(Pid::from_raw(process.try_into().unwrap()), signal).unwrap();
}

impl Ended {
    /// Asserts that the program exited with this status and did not panic.
    #[track_caller]
    pub(crate) fn assert_code(&self, code: i32) {
        assert_eq!(self.status.code(), Some(code), "{self:#?}");
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
    }

    #[track_caller]
    pub(crate) fn assert_signal(&self, signal: Signal) {
        assert_eq!(self.status.signal(), Some(signal as i32), "{self:#?}");
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
    }
}
