//! Starts `child.rs` with words and variables.

use std::process::{Command, Output};

/// The output of a program.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `child.rs` with these words and these variables; all other variables of telemetry are
/// removed.
#[track_caller]
pub(crate) fn run(words: &str, variables: &[(&str, &str)]) -> Printed {
    run_with(words, &[], variables)
}

/// As [`run`], with headers of an incoming message.
#[track_caller]
pub(crate) fn run_with(words: &str, headers: &[&str], variables: &[(&str, &str)]) -> Printed {
    let mut command = Command::new(env!("CARGO_BIN_EXE_settings-child"));
    command.arg(words).args(headers).env("NO_COLOR", "1");
    for (variable, _) in std::env::vars_os() {
        let text = variable.to_string_lossy();
        if ["OTEL_", "TRACED_", "RUST_", "CARGO_"]
            .iter()
            .any(|of| text.starts_with(of))
        {
            command.env_remove(&variable);
        }
    }
    command.envs(variables.iter().copied());
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let printed = Printed {
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8(stderr).unwrap(),
    };
    assert!(status.success(), "{status}: {printed:#?}");
    printed
}

impl Printed {
    /// The rest of each line of standard output that begins with `start`.
    pub(crate) fn all(&self, start: &str) -> Vec<&str> {
        let lines = self.stdout.lines();
        let lines = lines.filter_map(|line| line.strip_prefix(start)?.strip_prefix(' '));
        lines.collect()
    }

    /// The rest of the only line of standard output that begins with `start`.
    #[track_caller]
    pub(crate) fn one(&self, start: &str) -> &str {
        match self.all(start)[..] {
            [line] => line,
            _ => panic!("expected one line with {start:?}: {self:#?}"),
        }
    }

    /// Expects no message of `traced` on standard error; log lines of the program are allowed.
    #[track_caller]
    pub(crate) fn says_nothing(self) -> Self {
        assert!(!self.stderr.contains("traced: "), "{self:#?}");
        self
    }

    /// Expects one line on standard error that holds all of these texts.
    #[track_caller]
    pub(crate) fn warns(&self, parts: &[&str]) {
        let lines: Vec<_> = self.stderr.lines().collect();
        let [line] = lines[..] else {
            panic!("expected one line on stderr: {self:#?}");
        };
        assert!(line.starts_with("traced: warning: "), "{line}");
        for part in parts {
            assert!(line.contains(part), "expected {part:?}: {line}");
        }
    }
}
