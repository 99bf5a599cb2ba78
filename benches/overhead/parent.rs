//! Starts the measurements, each in a process of its own, and prints the tables.

use std::collections::BTreeMap;
use std::process::{Command, ExitCode};

use crate::modes::Mode;

/// All variants but tracing's lean setup, which needs a subscriber of its own.
const SIDE_BY_SIDE: &str = "plain,by-hand,c,traced,tracing,fastrace,otel-instrument";
/// The variants for the filter, and for what `init` records on request, which only `traced` has.
const ONLY_WE_HAVE_IT: &str = "plain,c,traced";
const LEAN: &str = "plain,c,tracing-lean";
const COLUMNS: [&str; 8] = [
    "plain",
    "by-hand",
    "c",
    "traced",
    "tracing",
    "tracing-lean",
    "fastrace",
    "otel-instrument",
];

/// The measurements of a process, by shape and variant.
type Cells = BTreeMap<(String, String), String>;

/// Measures everything, prints it, and writes the lines to `path`.
pub(crate) fn report(path: Option<&str>) -> ExitCode {
    let mut lines = Vec::new();
    for mode in Mode::ALL {
        if let Some(shapes) = mode.shapes() {
            let of_mode = child(&["--time", mode.name(), ONLY_WE_HAVE_IT, shapes]);
            print_mode(mode, &of_mode);
            lines.extend(of_mode);
            continue;
        }
        let variants = match mode {
            Mode::FilterOff => ONLY_WE_HAVE_IT,
            _ => SIDE_BY_SIDE,
        };
        let mut of_mode = child(&["--time", mode.name(), variants]);
        of_mode.extend(child(&["--allocations", mode.name(), variants]));
        if !mode.has_no_provider() && mode != Mode::FilterOff {
            let lean = child(&["--time", mode.name(), LEAN]);
            of_mode.extend(
                lean.into_iter()
                    .filter(|line| line.contains("tracing-lean")),
            );
            let lean = child(&["--allocations", mode.name(), "tracing-lean"]);
            of_mode.extend(lean);
        }
        print_mode(mode, &of_mode);
        lines.extend(of_mode);
    }
    let sizes = child(&["--sizes"]);
    print_sizes(&sizes);
    lines.extend(sizes);
    match path.map(|path| std::fs::write(path, lines.join("\n") + "\n")) {
        Some(Err(error)) => {
            eprintln!("cannot write the measurements: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

fn child(arguments: &[&str]) -> Vec<String> {
    let this = std::env::current_exe().expect("this program has a path");
    let output = Command::new(this)
        .args(arguments)
        .output()
        .expect("it starts");
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {complaints}");
    let text = String::from_utf8(output.stdout).expect("it prints UTF-8");
    text.lines().map(str::to_owned).collect()
}

fn print_mode(mode: Mode, lines: &[String]) {
    println!("\n== {}\n", mode.name());
    print_table("ns per span", lines, "time", 0);
    print_table("ratio to c", lines, "time", 1);
    print_table(
        "ns per span, on each of so many threads at once",
        lines,
        "threads",
        0,
    );
    print_table("ratio to c on as many threads", lines, "threads", 1);
    print_table("ns of attach and detach alone", lines, "attach", 0);
    print_table("allocations per span", lines, "allocations", 0);
    print_table("bytes allocated per span", lines, "allocations", 1);
}

/// Prints one table of the lines of a `kind`, with the number at `index`.
fn print_table(title: &str, lines: &[String], kind: &str, index: usize) {
    let mut rows: Vec<&str> = Vec::new();
    let mut cells = Cells::new();
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        let [of_kind, _, row, variant, numbers @ ..] = &fields[..] else {
            continue;
        };
        if *of_kind != kind {
            continue;
        }
        if !rows.contains(row) {
            rows.push(row);
        }
        let cell = ((*row).to_owned(), (*variant).to_owned());
        cells.insert(cell, numbers[index].to_owned());
    }
    println!("{title}");
    print_line("", |column| column.to_owned());
    for row in rows {
        print_line(row, |column| {
            let cell = cells.get(&(row.to_owned(), column.to_owned()));
            cell.cloned().unwrap_or_else(|| "-".to_owned())
        });
    }
    println!();
}

fn print_line(head: &str, cell: impl Fn(&str) -> String) {
    let cells: Vec<String> = COLUMNS
        .iter()
        .map(|column| format!("{:>15}", cell(column)))
        .collect();
    println!("{head:<22}{}", cells.concat());
}

fn print_sizes(lines: &[String]) {
    println!("\n== bytes of a future with an argument of 1 KiB\n");
    for line in lines {
        if let Some((variant, bytes)) = line.trim_start_matches("future\t").split_once('\t') {
            println!("{variant:<22}{bytes:>15}");
        }
    }
}
