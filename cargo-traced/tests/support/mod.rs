//! Writes a program to a folder of its own, and runs the command on it.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]

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
