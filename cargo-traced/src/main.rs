//! `cargo traced`: finds where a program loses its traces, writes `#[traced]`, and migrates from other crates.
//!
//! Each subcommand is a module of its name. The subcommands that work on sources read them through [`sources`]
//! and find functions through [`functions`]. Those that change files describe the change as [`edits`].

mod annotate;
mod audit;
mod baseline;
mod cli;
mod detach;
mod doctor;
mod edits;
mod findings;
mod functions;
mod migrate;
mod output;
mod progress;
mod sources;
mod spelling;
mod syntax;
mod view;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cargo, Command};

/// The result of a command, from which the exit code follows.
pub(crate) enum Verdict {
    /// No findings, and no changes left to make.
    Clean,
    /// Findings, or changes that were not written.
    Findings,
}

fn main() -> ExitCode {
    let Cargo::Traced(options) = Cargo::parse();
    // Generated sources may nest too deeply for the stack of the main thread.
    let worker = std::thread::Builder::new().stack_size(512 << 20);
    let worker = worker.spawn(move || match &options.command {
        Command::Audit(options) => audit::run(options),
        Command::Annotate(options) => annotate::run(options),
        Command::Migrate(options) => migrate::run(options),
        Command::Doctor(options) => doctor::run(options),
        Command::View(options) => view::run(options),
    });
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(Verdict::Clean))) => ExitCode::SUCCESS,
        Ok(Ok(Ok(Verdict::Findings))) => ExitCode::from(1),
        Ok(Ok(Err(error))) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
        // The panic has printed its message.
        Ok(Err(_)) => ExitCode::from(2),
        Err(error) => {
            eprintln!("error: cannot start a thread: {error}");
            ExitCode::from(2)
        }
    }
}
