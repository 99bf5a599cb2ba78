//! Measures what a span costs and writes the tables of benches/README.md and the charts of the
//! README.

mod chart;
mod machine;
mod measured;
mod names;
mod tables;

use std::fs;
use std::path::Path;

use anyhow::Context;
use lexopt::ValueExt as _;

use crate::cargo::{cargo, is_installed, output, succeed};
use crate::{Verdict, compile_time, overhead, paths};
use measured::{Cells, Key, Measured};

pub(crate) const USAGE: &str = "\
Measures what a span costs, prints the tables, and writes them into benches/README.md and the charts.

    cargo xtask bench-report               measures times, allocations, sizes, instructions and the compiler
    cargo xtask bench-report --fast        leaves out the compiler, whose figures stay as they are: ten minutes
    cargo xtask bench-report --passes 5    measures times so often, and takes the median of each cell
    cargo xtask bench-report --draw        draws and writes what was measured last

The measurements themselves are kept in benches/measured.tsv and benches/compiled.tsv.
";

const BEGIN: &str = "<!-- measured -->\n";
const END: &str = "<!-- end of measured -->";

pub(crate) fn run(mut arguments: lexopt::Parser) -> anyhow::Result<Verdict> {
    let (mut draws_only, mut fast, mut passes) = (false, false, 3);
    while let Some(argument) = arguments.next()? {
        match argument {
            lexopt::Arg::Long("draw") => draws_only = true,
            lexopt::Arg::Long("fast") => fast = true,
            lexopt::Arg::Long("passes") => passes = arguments.value()?.parse()?,
            _ => return Err(argument.unexpected().into()),
        }
    }
    let benches = paths::root().join("benches");
    if !draws_only {
        fs::write(benches.join("measured.tsv"), measure(passes)?.written())?;
        if !fast {
            println!("\n== the compiler, per variant less the plain program\n");
            compile_time::measure_and_save(&benches.join("compiled.tsv"))?;
        }
    }
    draw(&benches)?;
    Ok(Verdict::Passed)
}

fn measure(passes: usize) -> anyhow::Result<Measured> {
    let passes = (0..passes)
        .map(|_| one_pass())
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut cells = measured::medians(&passes)?;
    cells.extend(export_thread()?);
    if is_installed("valgrind") {
        count_instructions(&mut cells)?;
    } else {
        println!("valgrind is not installed: there will be no instructions in the table");
    }
    let machine = machine::description()?;
    Ok(Measured { machine, cells })
}

/// The figures that the program of benches/overhead measures itself.
fn one_pass() -> anyhow::Result<Cells> {
    let folder = tempfile::tempdir()?;
    let saved = folder.path().join("measured.tsv");
    succeed(
        cargo()
            .args(["bench", "-p", "traced-benches", "--", "--save"])
            .arg(&saved),
    )?;
    Ok(Measured::read(&fs::read_to_string(saved)?)?.cells)
}

/// The figures of the export thread. A test of the library measures them, because it can take spans out of the queue
/// like that thread.
fn export_thread() -> anyhow::Result<Cells> {
    let printed = output(cargo().args([
        "test",
        "--release",
        "--quiet",
        "--package",
        "traced",
        "--lib",
        "--features",
        "init",
        "--",
        "--nocapture",
        "spans_are_taken_and_put_into_a_request",
    ]))?;
    let lines: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with("export\t"))
        .collect();
    anyhow::ensure!(!lines.is_empty(), "no test measures the export thread");
    Ok(Measured::read(&lines.join("\n"))?.cells)
}

fn count_instructions(cells: &mut Cells) -> anyhow::Result<()> {
    let program = overhead::build()?;
    for mode in overhead::MODES {
        for (section, count) in overhead::fewest_instructions(&program, mode)? {
            let key = Key::new("instructions", mode, &section.shape, &section.variant);
            cells.push(key, vec![count.round_ties_even()]);
        }
    }
    Ok(())
}

/// Writes the tables and the charts of the measurements in this folder.
fn draw(benches: &Path) -> anyhow::Result<()> {
    let measured = Measured::read(&fs::read_to_string(benches.join("measured.tsv"))?)?;
    let compiled = match fs::read_to_string(benches.join("compiled.tsv")) {
        Ok(text) => tables::compiled(&text),
        Err(_) => Vec::new(),
    };
    let tables = tables::all(&measured, &compiled)?;
    let readme = benches.join("README.md");
    fs::write(
        &readme,
        with_tables(&fs::read_to_string(&readme)?, &tables)?,
    )?;
    println!("{tables}");
    let groups = chart::groups(&measured.cells, &compiled)?;
    for (name, theme) in chart::THEMES {
        let chart = chart::draw(&groups, theme);
        fs::write(benches.join(format!("chart-{name}.svg")), chart)?;
    }
    Ok(())
}

/// The page with these tables between its two marks.
fn with_tables(page: &str, tables: &str) -> anyhow::Result<String> {
    let marks = || {
        format!(
            "benches/README.md has no `{}` and `{END}`",
            BEGIN.trim_end()
        )
    };
    let (before, rest) = page.split_once(BEGIN).with_context(marks)?;
    let (_, behind) = rest.split_once(END).with_context(marks)?;
    Ok([before, BEGIN, tables, END, behind].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_page_and_charts_are_drawn_from_the_measurements() {
        let measured = Measured::read(include_str!("../../benches/measured.tsv")).unwrap();
        let compiled = tables::compiled(include_str!("../../benches/compiled.tsv"));
        let page = include_str!("../../benches/README.md");
        let tables = tables::all(&measured, &compiled).unwrap();
        let advice = "run `cargo xtask bench-report --draw`";
        assert!(with_tables(page, &tables).unwrap() == page, "{advice}");
        let groups = chart::groups(&measured.cells, &compiled).unwrap();
        let [(_, light), (_, dark)] = chart::THEMES;
        let (light, dark) = (chart::draw(&groups, light), chart::draw(&groups, dark));
        assert!(
            light == include_str!("../../benches/chart-light.svg"),
            "{advice}"
        );
        assert!(
            dark == include_str!("../../benches/chart-dark.svg"),
            "{advice}"
        );
    }

    #[test]
    fn tables_stand_between_the_marks() {
        let page = "# Page\n\n<!-- measured -->\nold\n<!-- end of measured -->\n\nMore.\n";
        assert_eq!(
            with_tables(page, "new\n").unwrap(),
            "# Page\n\n<!-- measured -->\nnew\n<!-- end of measured -->\n\nMore.\n"
        );
        assert!(with_tables("# Page\n", "new\n").is_err());
    }
}
