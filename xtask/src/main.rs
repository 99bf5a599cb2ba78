//! The commands of this repository that need logic. `.ci/run` and CONTRIBUTING.md use them.

mod assistant;
mod bench_check;
mod bench_report;
mod cargo;
mod compile_time;
mod corpus;
mod features;
mod lints;
mod mutants;
mod overhead;
mod paths;
mod picture;
mod process;
mod publish_check;
mod semconv;
mod text;

use std::ffi::OsString;
use std::process::ExitCode;

/// A command takes the arguments after its name, prints its findings, and returns whether it passed.
type Command = fn(lexopt::Parser) -> anyhow::Result<Verdict>;

const COMMANDS: &[(&str, &str, Command)] = &[
    ("assistant", assistant::USAGE, assistant::run),
    ("bench-check", bench_check::USAGE, bench_check::run),
    ("bench-report", bench_report::USAGE, bench_report::run),
    ("compile-time", compile_time::USAGE, compile_time::run),
    ("corpus", corpus::USAGE, corpus::run),
    (
        "doctor-corpus",
        corpus::reading::USAGE,
        corpus::reading::run,
    ),
    ("features", features::USAGE, features::run),
    ("lints", lints::USAGE, lints::run),
    (
        "migrate-corpus",
        corpus::migration::USAGE,
        corpus::migration::run,
    ),
    ("mutants", mutants::USAGE, mutants::run),
    ("picture", picture::USAGE, picture::run),
    ("publish-check", publish_check::USAGE, publish_check::run),
    ("semconv", semconv::USAGE, semconv::run),
];

/// The outcome of a command that could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
}

impl Verdict {
    fn passed_if(condition: bool) -> Self {
        if condition {
            Self::Passed
        } else {
            Self::Failed
        }
    }
}

fn main() -> ExitCode {
    match dispatch(std::env::args_os().skip(1)) {
        Ok(Verdict::Passed) => ExitCode::SUCCESS,
        Ok(Verdict::Failed) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(mut arguments: impl Iterator<Item = OsString>) -> anyhow::Result<Verdict> {
    let name = arguments.next().unwrap_or_default();
    let Some((_, usage, command)) = COMMANDS.iter().find(|(known, ..)| name == *known) else {
        print!("{}", overview());
        let asked = name == "help" || name == "--help" || name == "-h";
        return Ok(Verdict::passed_if(asked));
    };
    let arguments: Vec<OsString> = arguments.collect();
    if arguments
        .iter()
        .any(|word| word == "--help" || word == "-h")
    {
        print!("{usage}");
        return Ok(Verdict::Passed);
    }
    command(lexopt::Parser::from_args(arguments))
}

/// Every command with the first line of its usage.
fn overview() -> String {
    let mut text = String::from("usage: cargo xtask COMMAND [--help]\n\n");
    for (name, usage, _) in COMMANDS {
        let summary = usage.lines().next().unwrap_or_default();
        text += &format!("    {name:<15}{summary}\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dispatched(words: &[&str]) -> anyhow::Result<Verdict> {
        dispatch(words.iter().map(OsString::from))
    }

    #[test]
    fn help_passes_and_an_unknown_command_fails() {
        assert_eq!(dispatched(&["help"]).unwrap(), Verdict::Passed);
        assert_eq!(dispatched(&["corpus", "--help"]).unwrap(), Verdict::Passed);
        assert_eq!(dispatched(&["bench"]).unwrap(), Verdict::Failed);
        assert_eq!(dispatched(&[]).unwrap(), Verdict::Failed);
    }

    #[test]
    fn an_unknown_option_is_an_error_of_every_command() {
        for (name, ..) in COMMANDS {
            let error = dispatched(&[name, "--frobnicate"]).unwrap_err();
            assert!(
                error.to_string().contains("--frobnicate"),
                "{name}: {error}"
            );
        }
    }

    #[test]
    fn the_overview_names_every_command_with_its_summary() {
        let text = overview();
        for (name, usage, _) in COMMANDS {
            assert!(text.contains(&format!("    {name} ")), "{name}");
            assert!(usage.lines().next().unwrap().len() > 20, "{name}");
            assert!(usage.contains(&format!("cargo xtask {name}")), "{name}");
        }
    }
}
