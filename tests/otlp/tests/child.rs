//! Starts programs, and ends those that hang.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A program that runs longer than this hangs.
const HANGS: Duration = Duration::from_secs(300);

/// A running program.
pub(crate) struct Running {
    child: Child,
    stdout: Option<BufReader<std::process::ChildStdout>>,
    stderr: JoinHandle<String>,
}

/// A program that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A line of the report that a program prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reported {
    pub(crate) ended: u64,
    pub(crate) exported: u64,
    pub(crate) dropped: u64,
    pub(crate) failed: u64,
    pub(crate) pending: u64,
    pub(crate) took: Duration,
}

/// The command for `otlp-child` with these arguments.
pub(crate) fn child(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_otlp-child"));
    command.args(arguments);
    without_variables(&mut command);
    command
}

/// Removes the variables of telemetry that the process of the test inherited.
pub(crate) fn without_variables(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let is_proxy = name.to_ascii_lowercase().ends_with("_proxy");
        if name.starts_with("OTEL_") || name.starts_with("TRACED_") || is_proxy {
            command.env_remove(name);
        }
    }
    command.env_remove("RUST_BACKTRACE");
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().map(BufReader::new);
        let mut stderr = child.stderr.take().unwrap();
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        Running {
            child,
            stdout,
            stderr,
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The number of context switches of all its threads, with the processor time they took in
    /// hundredths of a second.
    #[cfg(target_os = "linux")]
    pub(crate) fn switches(&self) -> u64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.id())).unwrap();
        let of_task = |path: std::path::PathBuf| -> u64 {
            let status = std::fs::read_to_string(path.join("status")).unwrap_or_default();
            let switches = status.lines().filter_map(|line| {
                let (name, number) = line.split_once(':')?;
                let is_one = name.ends_with("ctxt_switches");
                is_one.then(|| number.trim().parse::<u64>().ok())?
            });
            let stat = std::fs::read_to_string(path.join("stat")).unwrap_or_default();
            let rest = stat.rsplit(')').next().unwrap_or_default();
            let ticks = rest.split_whitespace().skip(11).take(2);
            let ticks = ticks.filter_map(|ticks| ticks.parse::<u64>().ok());
            switches.sum::<u64>() + ticks.sum::<u64>()
        };
        tasks.map(|task| of_task(task.unwrap().path())).sum()
    }

    /// The bytes of address space it has mapped, used or not.
    #[cfg(target_os = "linux")]
    pub(crate) fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let size = status.lines().find_map(|line| line.strip_prefix("VmData:"));
        let kibibytes: Option<u64> =
            size.and_then(|size| size.trim().split(' ').next()?.parse().ok());
        kibibytes.unwrap() << 10
    }

    /// Writes a line to its standard input.
    pub(crate) fn say(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{line}").unwrap();
    }

    /// Waits for the next line of its standard output.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.stdout.as_mut().unwrap().read_line(&mut line).unwrap();
        line
    }

    pub(crate) fn end(mut self) -> Ended {
        drop(self.child.stdin.take());
        let mut stdout = self.stdout.take().unwrap();
        let stdout = thread::spawn(move || {
            let mut text = String::new();
            stdout.read_to_string(&mut text).unwrap();
            text
        });
        let deadline = Instant::now() + HANGS;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline {
                self.child.kill().unwrap();
                panic!("the program hangs");
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

impl Ended {
    /// All reports, in the order in which they were printed.
    pub(crate) fn reports(&self) -> Vec<Reported> {
        let lines = self.stdout.lines();
        let lines = lines.filter_map(|line| line.strip_prefix("report "));
        let reports = lines.map(|line| {
            let numbers: Vec<u64> = line
                .split(' ')
                .map(|number| number.parse().unwrap())
                .collect();
            let [ended, exported, dropped, failed, pending, millis] = numbers[..] else {
                panic!("{line}");
            };
            Reported {
                ended,
                exported,
                dropped,
                failed,
                pending,
                took: Duration::from_millis(millis),
            }
        });
        reports.collect()
    }

    /// The last report of a program that must have ended without a failure.
    pub(crate) fn report(&self) -> Reported {
        assert!(self.status.success(), "{self:#?}");
        assert!(!self.stderr.contains("panicked"), "{self:#?}");
        let reports = self.reports();
        let report = *reports.last().unwrap_or_else(|| panic!("{self:#?}"));
        let sum = report.exported + report.dropped + report.failed + report.pending;
        assert_eq!(sum, report.ended, "{self:#?}");
        report
    }
}
