//! Writes a program to a folder of its own, and runs the command on it.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// A package with one file. `cargo metadata --no-deps` resolves no dependency, so none is needed.
pub struct Program(tempfile::TempDir);

impl Program {
    pub fn new(main: &str) -> Self {
        let program = Program(tempfile::tempdir().unwrap());
        let more = main
            .lines()
            .find_map(|line| line.strip_prefix("// depends: "))
            .unwrap_or_default();
        let without = main
            .lines()
            .find_map(|line| line.strip_prefix("// without: "))
            .unwrap_or_default();
        let mut dependencies = vec!["traced", "tokio", "tracing", "axum"];
        dependencies.extend(more.split_whitespace());
        dependencies.retain(|name| !without.split_whitespace().any(|left| left == *name));
        let dependencies: String = dependencies
            .iter()
            .map(|name| format!("{name} = \"*\"\n"))
            .collect();
        let manifest = format!(
            "[package]\nname = \"program\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n{dependencies}"
        );
        fs::create_dir(program.folder().join("src")).unwrap();
        fs::write(program.folder().join("Cargo.toml"), manifest).unwrap();
        program.write(main);
        program
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Replaces the text of the only file.
    pub fn write(&self, main: &str) {
        fs::write(self.folder().join("src/main.rs"), main).unwrap();
    }

    pub fn text(&self) -> String {
        fs::read_to_string(self.folder().join("src/main.rs")).unwrap()
    }
}

/// Runs `cargo traced ..` in a folder.
pub fn cargo_traced<S: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = S>,
    folder: &Path,
) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cargo-traced"))
        .arg("traced")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// The line, the level and the rule of each report.
pub type Reports = BTreeSet<(u64, String, String)>;

pub fn reported(output: &[u8]) -> Reports {
    let lines = String::from_utf8_lossy(output);
    let messages = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let report = |message: serde_json::Value| {
        let rule = message["code"]["code"]
            .as_str()
            .unwrap()
            .replace("traced::", "");
        let line = message["spans"][0]["line_start"].as_u64().unwrap();
        (line, message["level"].as_str().unwrap().to_owned(), rule)
    };
    messages.map(report).collect()
}

/// The level of each report, in their order, also of several in one line.
pub fn all_levels(program: &Program) -> Vec<String> {
    let output = cargo_traced(["audit", "--message-format", "json"], program.folder());
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let level = |line: &str| {
        let message = serde_json::from_str::<serde_json::Value>(line).unwrap();
        message["level"].as_str().unwrap().to_owned()
    };
    lines.lines().map(level).collect()
}

/// The level of each report; those of one line, level and rule are one.
pub fn levels(program: &Program) -> Vec<String> {
    let output = cargo_traced(["audit", "--message-format", "json"], program.folder());
    let reports = reported(&output.stdout).into_iter();
    reports.map(|(_, level, _)| level).collect()
}
