//! Builds the program of benches/overhead and reads the counts of the program and of callgrind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::cargo::{build_executable, cargo, output};
use crate::text::cells;

/// The modes whose allocations and instructions are counted: those of the thread that makes the spans.
pub(crate) const MODES: [&str; 8] = [
    "no-provider",
    "sdk-disabled",
    "filter-off",
    "always-off",
    "unsampled",
    "recording",
    "init",
    "init-off",
];

const VARIANTS: &str = "c,traced";

pub(crate) fn build() -> anyhow::Result<PathBuf> {
    let mut command = cargo();
    command.args(["bench", "-p", "traced-benches", "--no-run"]);
    build_executable(&mut command, "overhead")
}

/// A line that the program prints for `--allocations`.
#[derive(Debug, PartialEq)]
pub(crate) struct Allocations {
    pub(crate) kind: String,
    pub(crate) shape: String,
    pub(crate) variant: String,
    /// Allocations of one span.
    pub(crate) times: f64,
}

pub(crate) fn allocations(program: &Path, mode: &str) -> anyhow::Result<Vec<Allocations>> {
    let printed = output(Command::new(program).args(["--allocations", mode, VARIANTS]))?;
    printed.lines().map(read_allocations).collect()
}

fn read_allocations(line: &str) -> anyhow::Result<Allocations> {
    let [kind, _mode, shape, variant, times, _bytes] = cells(line)?;
    Ok(Allocations {
        kind: kind.to_owned(),
        shape: shape.to_owned(),
        variant: variant.to_owned(),
        times: times
            .parse()
            .with_context(|| format!("no number: `{times}`"))?,
    })
}

/// A section that the program runs between two calls of its `callgrind_boundary`.
#[derive(Debug, PartialEq)]
pub(crate) struct Section {
    pub(crate) shape: String,
    pub(crate) variant: String,
    calls: u32,
}

/// The number of runs of a mode with an export thread.
///
/// When that thread takes spans decides how often the counted thread grows a buffer, wakes it or waits for a lock: up
/// to 7 % of the instructions. They come on top of the span's own, so the run with the fewest counts.
const RUNS_BESIDE_AN_EXPORTER: usize = 5;

/// The sections of a mode, each with the fewest instructions of one call in several runs.
pub(crate) fn fewest_instructions(
    program: &Path,
    mode: &str,
) -> anyhow::Result<Vec<(Section, f64)>> {
    let runs = match mode {
        "init" | "init-off" => RUNS_BESIDE_AN_EXPORTER,
        _ => 1,
    };
    let mut fewest = instructions(program, mode)?;
    for _ in 1..runs {
        keep_fewest(&mut fewest, instructions(program, mode)?)?;
    }
    Ok(fewest)
}

fn keep_fewest(fewest: &mut [(Section, f64)], run: Vec<(Section, f64)>) -> anyhow::Result<()> {
    ensure!(
        fewest.len() == run.len(),
        "two runs with different sections"
    );
    for ((section, least), (again, count)) in fewest.iter_mut().zip(run) {
        ensure!(*section == again, "two runs with different sections");
        *least = least.min(count);
    }
    Ok(())
}

/// The sections of a mode, each with the instructions of one call.
fn instructions(program: &Path, mode: &str) -> anyhow::Result<Vec<(Section, f64)>> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("out");
    let mut command = Command::new("valgrind");
    command
        // Exporters have threads of their own.
        .args(["--tool=callgrind", "--quiet", "--separate-threads=yes"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg("--dump-before=*callgrind_boundary*")
        .arg(program)
        .args(["--instructions", mode, VARIANTS]);
    let mut counted = Vec::new();
    for (index, section) in sections(&output(&mut command)?)?.into_iter().enumerate() {
        // There is a dump at each boundary, numbered from one: the dump at a section's first
        // boundary holds what came before the section. The first thread makes the spans.
        let dump = format!("{}.{}-01", file.display(), 2 * index + 2);
        let total = total(&fs::read_to_string(&dump).with_context(|| format!("no dump {dump}"))?)?;
        let of_one = total / f64::from(section.calls);
        counted.push((section, of_one));
    }
    Ok(counted)
}

fn sections(printed: &str) -> anyhow::Result<Vec<Section>> {
    let lines = printed.lines().filter(|line| line.starts_with("section"));
    lines.map(read_section).collect()
}

fn read_section(line: &str) -> anyhow::Result<Section> {
    let [_section, _mode, shape, variant, calls] = cells(line)?;
    let calls = calls
        .parse()
        .with_context(|| format!("no number: `{calls}`"))?;
    ensure!(calls > 0, "a section without a call: `{line}`");
    Ok(Section {
        shape: shape.to_owned(),
        variant: variant.to_owned(),
        calls,
    })
}

/// The instructions of a whole dump of callgrind or cachegrind.
pub(crate) fn total(dump: &str) -> anyhow::Result<f64> {
    let total = dump.lines().find_map(|line| {
        line.strip_prefix("summary: ")
            .or_else(|| line.strip_prefix("totals: "))
    });
    // Further columns count caches and branches, if the tool was asked for them.
    let instructions = total.and_then(|total| total.split_whitespace().next());
    instructions
        .and_then(|number| number.parse().ok())
        .context("the dump has no summary")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn allocations_are_read_line_by_line() {
        let line = "allocations\trecording\tsync, 4 attributes\ttraced\t1.02\t208.0";
        let expected = Allocations {
            kind: "allocations".to_owned(),
            shape: "sync, 4 attributes".to_owned(),
            variant: "traced".to_owned(),
            times: 1.02,
        };
        assert_eq!(read_allocations(line).unwrap(), expected);
        assert!(read_allocations("allocations\trecording").is_err());
    }

    fn section(shape: &str) -> Section {
        Section {
            shape: shape.to_owned(),
            variant: "traced".to_owned(),
            calls: 200,
        }
    }

    #[test]
    fn the_fewest_of_several_runs_are_kept_section_by_section() {
        let mut fewest = vec![(section("sync"), 90.0), (section("Ok"), 80.0)];
        keep_fewest(
            &mut fewest,
            vec![(section("sync"), 85.0), (section("Ok"), 88.0)],
        )
        .unwrap();
        assert_eq!(fewest, [(section("sync"), 85.0), (section("Ok"), 80.0)]);
        let other = vec![(section("Ok"), 1.0), (section("sync"), 1.0)];
        assert!(keep_fewest(&mut fewest, other).is_err());
        assert!(keep_fewest(&mut fewest, Vec::new()).is_err());
    }

    #[test]
    fn sections_stand_among_other_lines() {
        let printed =
            "exporting\nsection\trecording\tsync\tc\t200\nsection\trecording\tErr\ttraced\t400\n";
        let [first, second] = &sections(printed).unwrap()[..] else {
            panic!("two sections");
        };
        assert_eq!(
            (&*first.shape, &*first.variant, first.calls),
            ("sync", "c", 200)
        );
        assert_eq!(
            (&*second.shape, &*second.variant, second.calls),
            ("Err", "traced", 400)
        );
        assert!(sections("section\trecording\tsync\tc\t0").is_err());
    }

    #[test]
    fn the_total_is_the_first_number_of_the_summary() {
        let dump = "version: 1\npart: 2\nevents: Ir\n\nfn=(1) main\n1 20\n";
        assert_eq!(total(&format!("{dump}totals: 84210\n")).unwrap(), 84210.0);
        assert_eq!(total(&format!("summary: 7 1 2\n{dump}")).unwrap(), 7.0);
        assert!(total(dump).is_err());
    }
}
