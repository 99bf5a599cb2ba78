//! Measures what annotated functions cost the compiler and the executable.

mod project;
mod variants;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Instant;

use lexopt::ValueExt as _;

use crate::Verdict;
use project::{COMMANDS, Project};
use variants::{LIBRARIES, VARIANTS};

pub(crate) const USAGE: &str = "\
Measures what annotated functions cost the compiler and the executable.

    cargo xtask compile-time [--save FILE] [--rounds 3]

Generates a program of 300 async and 300 sync functions for each variant and prints,
less what the program without annotations takes:

    check, debug, release   seconds of user time, its dependencies being built already
    check Minstr            millions of instructions that `cargo check` takes for a function, by
                            cachegrind if valgrind is installed: repeatable, as seconds are not
    text                    bytes of `.text` of a function
    tokens                  tokens of a function's expanded source

and what a first build of each library costs. Takes about a quarter of an hour; the
variants take turns, and the least of the rounds counts.
";

const ROUNDS: usize = 3;
const FUNCTIONS: u32 = 300;
/// The size of a function is the difference between two programs with a different number of functions, so that the
/// size of the library does not count.
const FEWER: u32 = 30;
/// The functions that are compiled under cachegrind, which slows the compiler down.
const COUNTED: u32 = 60;

const COLUMNS: [&str; 6] = [
    "check s",
    "debug s",
    "release s",
    "check Minstr/fn",
    "text bytes/fn",
    "tokens/fn",
];

/// A number for each of the [`COLUMNS`].
type Figures = [f64; COLUMNS.len()];

pub(crate) fn run(mut arguments: lexopt::Parser) -> anyhow::Result<Verdict> {
    let (mut save, mut rounds) = (None, ROUNDS);
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Long("save") => save = Some(PathBuf::from(arguments.value()?)),
            lexopt::Arg::Long("rounds") => rounds = arguments.value()?.parse()?,
            _ => return Err(argument.unexpected().into()),
        }
    }
    let tables = measure(rounds)?;
    if let Some(path) = save {
        fs::write(path, tables)?;
    }
    Ok(Verdict::Passed)
}

/// Prints the tables and writes them to a file.
pub(crate) fn measure_and_save(path: &Path) -> anyhow::Result<()> {
    Ok(fs::write(path, measure(ROUNDS)?)?)
}

/// Prints the two tables, and returns them with an empty line between them.
fn measure(rounds: usize) -> anyhow::Result<String> {
    anyhow::ensure!(rounds > 0, "expected one round at least");
    let folder = tempfile::tempdir()?;
    let functions = table_of(&of_variants(folder.path(), rounds)?);
    println!("{}", aligned(&functions));
    let cold = of_libraries(folder.path())?;
    print!("{}", aligned(&cold));
    Ok(format!("{functions}\n{cold}"))
}

fn of_variants(folder: &Path, rounds: usize) -> anyhow::Result<Vec<(&'static str, Figures)>> {
    let mut measured = Vec::new();
    for variant in &VARIANTS {
        progress(&format!("{}: dependencies, size, tokens", variant.name));
        let project = Project::create(folder, variant.name, variant.library)?;
        let [instructions, text, tokens] = counts(&project, variant)?;
        let figures = [
            f64::INFINITY,
            f64::INFINITY,
            f64::INFINITY,
            instructions,
            text,
            tokens,
        ];
        measured.push((project, variant.name, figures));
    }
    for round in 1..=rounds {
        for (column, command) in COMMANDS.iter().enumerate() {
            progress(&format!("round {round} of {rounds}: {}", COLUMNS[column]));
            for (project, _, figures) in &mut measured {
                // Built once unmeasured, because another variant may have touched the dependencies.
                project.build(command)?;
                project.touch()?;
                figures[column] = figures[column].min(project.build(command)?);
            }
        }
    }
    Ok(measured
        .into_iter()
        .map(|(_, name, figures)| (name, figures))
        .collect())
}

/// Millions of instructions, bytes and tokens of a function. Leaves the whole program built.
fn counts(project: &Project, variant: &variants::Variant) -> anyhow::Result<[f64; 3]> {
    project.write(&variant.program(FEWER))?;
    for command in COMMANDS {
        project.build(command)?;
    }
    let (text, instructions) = (project.text_size()?, project.instructions()?);
    project.write(&variant.program(COUNTED))?;
    let more_instructions = project.instructions()? - instructions;
    project.write(&variant.program(FUNCTIONS))?;
    project.build(&["build", "--release"])?;
    let more_text = project.text_size()? - text;
    // There are as many async as sync functions.
    Ok([
        more_instructions / f64::from(2 * (COUNTED - FEWER)) / 1e6,
        more_text / f64::from(2 * (FUNCTIONS - FEWER)),
        project.tokens()? / f64::from(2 * FUNCTIONS),
    ])
}

/// Seconds, instructions, bytes and tokens: those of the plain program, and those that each other program adds.
fn table_of(measured: &[(&str, Figures)]) -> String {
    let plain = measured.first().map_or([0.0; 6], |(_, figures)| *figures);
    let mut table = format!("\t{}\n", COLUMNS.join("\t"));
    for (index, (name, figures)) in measured.iter().enumerate() {
        let base = if index == 0 { [0.0; 6] } else { plain };
        let cells = figures
            .iter()
            .zip(base)
            .enumerate()
            .map(|(column, (figure, base))| {
                let digits = if column < 4 { 2 } else { 0 };
                format!("{:.digits$}", figure - base)
            });
        let cells: Vec<String> = cells.collect();
        table += &format!("{name}\t{}\n", cells.join("\t"));
    }
    table
}

/// Each library alone, built into an empty folder.
fn of_libraries(folder: &Path) -> anyhow::Result<String> {
    let mut table = String::from("first build of\tuser s\telapsed s\tcrates\n");
    for (name, library) in LIBRARIES {
        progress(&format!("first build of {name}"));
        let project = Project::create(folder, &format!("first-{name}"), library)?;
        project.write("fn main() {}\n")?;
        let began = Instant::now();
        let user = project.first_build()?;
        let elapsed = began.elapsed().as_secs_f64();
        let crates = project.dependencies()?;
        table += &format!("{name}\t{user:.1}\t{elapsed:.1}\t{crates}\n");
    }
    Ok(table)
}

/// A table for the terminal.
fn aligned(table: &str) -> String {
    let line = |line: &str| {
        let cells = line.split('\t').map(|cell| format!("{cell:>17}"));
        cells.collect::<String>() + "\n"
    };
    table.lines().map(line).collect()
}

fn progress(words: &str) {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    eprintln!("[{:>4} s] {words}", BEGAN.elapsed().as_secs());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_stand_for_what_they_add_to_the_plain_program() {
        let measured = [
            ("plain", [0.45, 0.86, 4.125, 3.336, 446.2, 90.0]),
            ("traced", [1.34, 3.07, 10.745, 8.636, 916.9, 217.6]),
        ];
        assert_eq!(
            table_of(&measured),
            "\tcheck s\tdebug s\trelease s\tcheck Minstr/fn\ttext bytes/fn\ttokens/fn\n\
             plain\t0.45\t0.86\t4.12\t3.34\t446\t90\n\
             traced\t0.89\t2.21\t6.62\t5.30\t471\t128\n"
        );
    }

    #[test]
    fn columns_are_aligned_for_the_terminal() {
        assert_eq!(
            aligned("\tcheck s\nplain\t0.45\n"),
            "                           check s\n            plain             0.45\n"
        );
    }
}
