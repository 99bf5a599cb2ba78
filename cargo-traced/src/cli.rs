//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The command line that cargo passes on: `cargo-traced traced ..`.
#[derive(Parser)]
#[command(name = "cargo", bin_name = "cargo", disable_help_subcommand = true)]
pub(crate) enum Cargo {
    Traced(Traced),
}

/// Find where a program loses its traces, write `#[traced]` where it is worth it, move from `tracing`
#[derive(Args)]
#[command(version, arg_required_else_help = true)]
pub(crate) struct Traced {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    Audit(Audit),
    Annotate(Annotate),
    Migrate(Migrate),
    Doctor(Doctor),
    View(View),
}

/// Report where traces break: lost contexts, entry points without a span, mistakes with spans
///
/// Reads the sources of a package and runs none of its code. Findings are certain, notes are not. Exits with 0 if there
/// is no finding, with 1 if there is one, and with 2 if it cannot run.
#[derive(Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    pub(crate) packages: Packages,

    /// How findings are printed
    #[arg(long, value_name = "FMT", value_enum, default_value_t = MessageFormat::Human)]
    pub(crate) message_format: MessageFormat,

    /// Leave out the findings that this file lists
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Write the findings to this file, for `--baseline`
    #[arg(long, value_name = "FILE")]
    pub(crate) write_baseline: Option<PathBuf>,

    /// Do not print notes
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// Coloring
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

/// Write `#[traced]` on the functions that are worth a span, or remove it again
///
/// Prints the changes; with `--write`, makes them.
#[derive(Args)]
pub(crate) struct Annotate {
    #[command(flatten)]
    pub(crate) packages: Packages,

    /// Annotate every function that can have a span
    #[arg(long)]
    pub(crate) all: bool,

    /// Remove what this command writes
    #[arg(long)]
    pub(crate) strip: bool,

    #[command(flatten)]
    pub(crate) writing: Writing,
}

/// Replace the attributes and methods of `tracing` and `fastrace` with those of `traced`
///
/// Prints the changes, and the line and the reason for each place without an equivalent; with `--write`, makes the
/// changes.
#[derive(Args)]
pub(crate) struct Migrate {
    #[command(flatten)]
    pub(crate) packages: Packages,

    #[command(flatten)]
    pub(crate) writing: Writing,
}

/// Find out why no traces arrive: dependencies, `main`, variables, the way to the collector
///
/// Reads the sources, the dependencies, the variables of the environment and those of `.env` and
/// `.cargo/config.toml`, and connects to the collector that they name; sends no telemetry. Exits with 0 if there is
/// no finding, with 1 if there is one, and with 2 if it cannot run.
#[derive(Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) packages: Packages,

    /// Features of the program, as it is built (space or comma separated)
    #[arg(
        long,
        short = 'F',
        value_name = "FEATURES",
        help_heading = "Feature Selection"
    )]
    pub(crate) features: Vec<String>,

    /// All features of the program
    #[arg(long, help_heading = "Feature Selection")]
    pub(crate) all_features: bool,

    /// No default features of the program
    #[arg(long, help_heading = "Feature Selection")]
    pub(crate) no_default_features: bool,

    /// Do not connect to the collector
    #[arg(long)]
    pub(crate) offline: bool,

    /// How findings are printed
    #[arg(long, value_name = "FMT", value_enum, default_value_t = MessageFormat::Human)]
    pub(crate) message_format: MessageFormat,

    /// Do not print notes, which are uncertain
    #[arg(long, short)]
    pub(crate) quiet: bool,

    /// Coloring
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
}

/// Show traces in the browser, as programs in any language send them, or those of files
///
/// Receives OTLP over gRPC and over HTTP, only from this machine, and shows the traces. With files, shows the traces in
/// them: lines of OTLP JSON, also those of the Collector's file exporter, and pages that `TRACED_HTML` wrote.
#[derive(Args)]
pub(crate) struct View {
    /// Files to show instead of receiving
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Write a page that shows the files, and end
    #[arg(long, value_name = "FILE", requires = "files")]
    pub(crate) html: Option<PathBuf>,

    /// Append what is received to this file, as lines of OTLP JSON
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    pub(crate) file: Option<PathBuf>,

    /// Port for OTLP over gRPC; 0 chooses a free one
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 4317,
        conflicts_with = "files",
        help_heading = "Network Options"
    )]
    pub(crate) grpc_port: u16,

    /// Port for OTLP over HTTP and for the page [default: 4318; a free one with files]
    #[arg(long, value_name = "PORT", help_heading = "Network Options")]
    pub(crate) http_port: Option<u16>,

    /// Listen on this address instead of the loopback; other machines may then connect
    #[arg(long, value_name = "ADDRESS", help_heading = "Network Options")]
    pub(crate) listen: Option<IpAddr>,

    /// Answer requests for this host too, `name` or `name:port`
    #[arg(
        long = "allow-host",
        value_name = "HOST",
        help_heading = "Network Options"
    )]
    pub(crate) allowed_hosts: Vec<String>,

    /// Keep at most this many spans and log records; the oldest are dropped
    #[arg(
        long,
        value_name = "N",
        default_value_t = 100_000,
        help_heading = "Bounds"
    )]
    pub(crate) max_spans: usize,

    /// Keep at most this many MiB of them
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=65_536), help_heading = "Bounds")]
    pub(crate) max_memory: u32,

    /// Accept messages of at most this many MiB, before and after decompression
    #[arg(long, value_name = "MIB", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1_024), help_heading = "Bounds")]
    pub(crate) max_message: u32,
}

/// The sources to read.
#[derive(Args)]
pub(crate) struct Packages {
    /// Path to Cargo.toml
    #[arg(long, value_name = "PATH", help_heading = "Manifest Options")]
    pub(crate) manifest_path: Option<PathBuf>,

    /// Package to read (see `cargo help pkgid`)
    #[arg(
        long = "package",
        short,
        value_name = "SPEC",
        help_heading = "Package Selection"
    )]
    pub(crate) packages: Vec<String>,

    /// Read all packages in the workspace
    #[arg(long, help_heading = "Package Selection")]
    pub(crate) workspace: bool,

    /// Read examples, tests and benches too
    #[arg(long, help_heading = "Target Selection")]
    pub(crate) all_targets: bool,
}

/// Whether files are changed.
#[derive(Args)]
pub(crate) struct Writing {
    /// Write the changes to the files
    #[arg(long)]
    pub(crate) write: bool,

    /// Write even if the working directory is dirty, or not under version control
    #[arg(long)]
    pub(crate) allow_dirty: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageFormat {
    /// As rustc prints them
    Human,
    /// One JSON object a line, in the shape of rustc's, for editors
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands of GitHub Actions, shown in a pull request
    Github,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}
