//! The tables of benches/README.md.

use super::measured::{Cells, Measured};
use super::names::{EXTRAS, MODES, VARIANTS, label};
use crate::text::short;

/// The targets of `traced` in nanoseconds, where there is no span.
const WITHOUT_SPAN: [&str; 3] = ["no-provider", "sdk-disabled", "filter-off"];
const SYNC_NANOSECONDS: f64 = 3.0;
const ASYNC_NANOSECONDS: f64 = 10.0;
/// The targets of `traced` as multiples of `c`, where there is a span.
const RATIO: f64 = 1.05;
const ERR_RATIO: f64 = 1.1;
/// The targets with the provider of `init`, for the shapes that have one. With the sampler off, all shapes have the
/// same.
const RATIOS_OF_INIT: [(&str, f64); 7] = [
    ("sync", 0.65),
    ("sync, 4 attributes", 0.8),
    ("Ok", 0.65),
    ("nesting 10", 0.65),
    ("async", 0.76),
    ("async, 4 attributes", 0.8),
    ("async, 10 yields", 0.95),
];
const RATIO_OF_INIT_OFF: f64 = 0.84;

/// A table of benches/compiled.tsv with its title: its first row is the heading.
pub(super) struct Compiled {
    title: &'static str,
    pub(super) rows: Vec<Vec<String>>,
}

/// The tables that `cargo xtask compile-time` saved.
pub(super) fn compiled(text: &str) -> Vec<Compiled> {
    let titles = [
        "What 300 async and 300 sync functions cost the compiler and the executable: `plain` as it \
         is, the others as what they add to it",
        "The first build of each library, with debug information",
    ];
    let blocks = text.trim_matches('\n').split("\n\n");
    let table = |(title, block): (&'static str, &str)| Compiled {
        title,
        rows: block.lines().map(split).collect(),
    };
    titles.into_iter().zip(blocks).map(table).collect()
}

fn split(line: &str) -> Vec<String> {
    line.split('\t').map(str::to_owned).collect()
}

pub(super) fn all(measured: &Measured, compiled: &[Compiled]) -> anyhow::Result<String> {
    let cells = &measured.cells;
    // The modes that were measured.
    let modes: Vec<(&str, &str)> = MODES
        .into_iter()
        .filter(|(mode, _)| cells.get("time", mode, "sync", "c").is_some())
        .collect();
    let mut parts = vec![format!(
        "On {}; `cargo xtask bench-report` wrote this.\n",
        measured.machine
    )];
    for shape in ["sync", "async"] {
        parts.push(of_shape(cells, &modes, shape));
    }
    parts.push(of_traced(cells, &modes));
    parts.push(of_polls(cells, &modes));
    parts.push(of_threads(cells));
    parts.extend(of_extras(cells));
    parts.extend(of_export(cells));
    parts.extend(of_counts(cells, "recording", "What a recording span takes"));
    parts.extend(of_counts(cells, "init", "What a span of `init` takes"));
    parts.push(of_futures(cells));
    for Compiled { title, rows } in compiled {
        if let [heads, rows @ ..] = &rows[..] {
            parts.push(table(title, heads, rows));
        }
    }
    Ok(parts.join("\n"))
}

fn of_shape(cells: &Cells, modes: &[(&str, &str)], shape: &str) -> String {
    let rows = VARIANTS.map(|(variant, label)| {
        let times = modes
            .iter()
            .map(|(mode, _)| time(cells, mode, shape, variant));
        row(label, times)
    });
    let title = format!("Nanoseconds of a span around an empty function, {shape}");
    table(&title, &heads(modes), &rows)
}

fn time(cells: &Cells, mode: &str, shape: &str, variant: &str) -> String {
    optional(cells.first("time", mode, shape, variant), short)
}

fn of_traced(cells: &Cells, modes: &[(&str, &str)]) -> String {
    let rows: Vec<Vec<String>> = cells
        .rows("time")
        .into_iter()
        .map(|shape| {
            row(
                shape,
                modes.iter().map(|(mode, _)| judged(cells, mode, shape)),
            )
        })
        .collect();
    let title = "`traced` in every shape: nanoseconds where there is no span, and else the ratio to \
                 `c`. **Bold** is what misses its target (3 and 10 ns; 1.05, for `Err` 1.1; of `init` 0.65, \
                 with attributes 0.80, when ready 0.76, with yields 0.95, where the sampler says no 0.84)";
    table(title, &heads(modes), &rows)
}

/// The time of `traced`, in bold if it misses its target.
fn judged(cells: &Cells, mode: &str, shape: &str) -> String {
    let Some(&[nanoseconds, ratio]) = cells.get("time", mode, shape, "traced") else {
        return String::new();
    };
    let (misses, text) = if WITHOUT_SPAN.contains(&mode) {
        (nanoseconds > nanoseconds_of(shape), short(nanoseconds))
    } else {
        (ratio > limit_of(mode, shape) + 0.005, format!("{ratio:.2}"))
    };
    if misses { format!("**{text}**") } else { text }
}

/// The target where there is a span.
fn limit_of(mode: &str, shape: &str) -> f64 {
    match (mode, shape) {
        ("init", shape) => {
            let known = RATIOS_OF_INIT.iter().find(|(name, _)| *name == shape);
            known.map_or(f64::INFINITY, |(_, ratio)| *ratio)
        }
        // A task and a thread take more time than their span.
        ("init-off", "tokio::spawn" | "thread") => f64::INFINITY,
        ("init-off", _) => RATIO_OF_INIT_OFF,
        (_, "Err") => ERR_RATIO,
        _ => RATIO,
    }
}

/// The target where there is no span. Other shapes have none, because their own work takes most of the time.
fn nanoseconds_of(shape: &str) -> f64 {
    match shape.strip_suffix(", 4 attributes").unwrap_or(shape) {
        "sync" => SYNC_NANOSECONDS,
        "async" => ASYNC_NANOSECONDS,
        _ => f64::INFINITY,
    }
}

fn of_polls(cells: &Cells, modes: &[(&str, &str)]) -> String {
    let mut rows: Vec<Vec<String>> = VARIANTS
        .iter()
        .map(|(variant, label)| {
            row(
                label,
                modes.iter().map(|(mode, _)| poll(cells, mode, variant)),
            )
        })
        .collect();
    for context in ["with a span", "empty"] {
        let label = format!("attach and detach alone: {context}");
        let attach = |mode: &str| optional(cells.first("attach", mode, context, "c"), short);
        rows.push(row(&label, modes.iter().map(|(mode, _)| attach(mode))));
    }
    table("Nanoseconds of one more poll", &heads(modes), &rows)
}

/// The time of one poll: a tenth of the time that ten yields add to a function.
fn poll(cells: &Cells, mode: &str, variant: &str) -> String {
    let ten = cells.first("time", mode, "async, 10 yields", variant);
    let none = cells.first("time", mode, "async", variant);
    let one = ten
        .zip(none)
        .map(|(ten, none)| (ten - none).max(0.0) / 10.0);
    optional(one, |one| format!("{one:.1}"))
}

fn of_threads(cells: &Cells) -> String {
    // Only combinations that were measured.
    let threads = cells.rows("threads");
    let columns = ["recording", "batched", "init"].map(|mode| {
        let of_mode = threads.iter().map(|threads| (mode, *threads));
        let is_measured = |&(mode, threads): &(&str, &str)| {
            cells.get("threads", mode, threads, "traced").is_some()
        };
        of_mode.filter(is_measured).collect::<Vec<_>>()
    });
    let columns = columns.concat();
    let heads = row(
        "",
        columns
            .iter()
            .map(|(mode, threads)| format!("{mode}, {threads}")),
    );
    let variants = [
        "c",
        "traced",
        "by-hand",
        "tracing-lean",
        "tracing",
        "fastrace",
    ];
    let rows = variants.map(|variant| {
        let times = columns
            .iter()
            .map(|(mode, threads)| optional(cells.first("threads", mode, threads, variant), short));
        row(label(variant), times)
    });
    let title = "Nanoseconds of a span on each of so many threads at once";
    table(title, &heads, &rows)
}

/// The time of a span for which more is recorded than usual.
fn of_extras(cells: &Cells) -> Option<String> {
    let shapes = cells.rows("time");
    let is_measured = |shape: &&&str| cells.get("time", "init-live", shape, "traced").is_some();
    let rows: Vec<Vec<String>> = shapes
        .iter()
        .filter(is_measured)
        .map(|shape| {
            let times = EXTRAS
                .iter()
                .map(|(mode, _)| time(cells, mode, shape, "traced"));
            row(shape, times)
        })
        .collect();
    let title = "Nanoseconds of a span of `traced` where more is recorded than usual";
    (!rows.is_empty()).then(|| table(title, &heads(&EXTRAS), &rows))
}

/// The time of the export thread for a span, without sending it.
fn of_export(cells: &Cells) -> Option<String> {
    let rows: Vec<Vec<String>> = cells
        .rows("export")
        .into_iter()
        .map(|what| {
            let time = cells.first("export", "init", what, "traced");
            row(
                what,
                [optional(time, |time| format!("{time:.1}"))].into_iter(),
            )
        })
        .collect();
    let heads = ["", "traced"].map(str::to_owned);
    let title = "Nanoseconds of a span on the thread that exports: taken out and put into a request, not compressed";
    (!rows.is_empty()).then(|| table(title, &heads, &rows))
}

fn of_counts(cells: &Cells, mode: &str, what: &str) -> Option<String> {
    let heads = [
        "",
        "allocations",
        "of `c`",
        "bytes",
        "of `c`",
        "instructions",
        "of `c`",
        "ratio",
    ];
    let rows: Vec<Vec<String>> = cells
        .rows("time")
        .into_iter()
        .filter_map(|shape| counts(cells, mode, shape))
        .collect();
    let title = format!("{what}, whatever else the machine does");
    (!rows.is_empty()).then(|| table(&title, &heads.map(str::to_owned), &rows))
}

/// The row of a shape, if its allocations were counted.
fn counts(cells: &Cells, mode: &str, shape: &str) -> Option<Vec<String>> {
    let allocations = |variant| match cells.get("allocations", mode, shape, variant) {
        Some(&[times, bytes]) => Some((times, bytes)),
        _ => None,
    };
    let instructions = |variant| cells.first("instructions", mode, shape, variant);
    let whole = |number: f64| format!("{number:.0}");
    let (times, bytes) = allocations("traced")?;
    let (times_of_c, bytes_of_c) = allocations("c")?;
    let (ours, of_c) = (instructions("traced"), instructions("c"));
    let ratio = ours.zip(of_c).map(|(ours, of_c)| ours / of_c);
    Some(vec![
        shape.to_owned(),
        whole(times),
        whole(times_of_c),
        whole(bytes),
        whole(bytes_of_c),
        optional(ours, whole),
        optional(of_c, whole),
        optional(ratio, |ratio| format!("{ratio:.2}")),
    ])
}

fn of_futures(cells: &Cells) -> String {
    let rows: Vec<Vec<String>> = VARIANTS
        .iter()
        .filter_map(|(variant, label)| {
            let bytes = cells.first("future", "", "", variant)?;
            Some(vec![(*label).to_owned(), format!("{bytes:.0}")])
        })
        .collect();
    let heads = ["", "bytes"].map(str::to_owned);
    table("Bytes of a future with an argument of 1 KiB", &heads, &rows)
}

fn heads(modes: &[(&str, &str)]) -> Vec<String> {
    row("", modes.iter().map(|(_, label)| (*label).to_owned()))
}

fn row(label: &str, cells: impl Iterator<Item = String>) -> Vec<String> {
    std::iter::once(label.to_owned()).chain(cells).collect()
}

fn optional(number: Option<f64>, write: impl Fn(f64) -> String) -> String {
    number.map(write).unwrap_or_default()
}

/// A table in Markdown, below its title: the first column is text, the others are numbers.
fn table(title: &str, heads: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = format!("|---|{}\n", "---:|".repeat(heads.len() - 1));
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!("{title}:\n\n{}{rule}{rows}", line(heads))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(table: &str) -> Cells {
        Measured::read(table).unwrap().cells
    }

    #[test]
    fn a_table_has_its_title_its_heads_and_its_rows() {
        let strings = |words: [&str; 2]| words.map(str::to_owned).to_vec();
        assert_eq!(
            table("Bytes", &strings(["", "bytes"]), &[strings(["plain", "8"])]),
            "Bytes:\n\n|  | bytes |\n|---|---:|\n| plain | 8 |\n"
        );
    }

    #[test]
    fn a_figure_that_misses_its_target_is_bold() {
        for (mode, shape, numbers, expected) in [
            ("no-provider", "sync", "2.9\t0.1", "2.9"),
            ("no-provider", "sync, 4 attributes", "3.2\t0.1", "**3.2**"),
            ("no-provider", "async", "9.4\t0.1", "9.4"),
            ("no-provider", "nesting 10", "99\t0.1", "99"),
            ("recording", "Ok", "99\t1.054", "1.05"),
            ("recording", "Ok", "99\t1.06", "**1.06**"),
            ("recording", "Err", "99\t1.1", "1.10"),
            ("recording", "Err", "99\t1.11", "**1.11**"),
            ("init", "sync", "99\t0.654", "0.65"),
            ("init", "sync", "99\t0.66", "**0.66**"),
            ("init", "thread", "99\t1.4", "1.40"),
            ("init-off", "Ok", "99\t0.85", "**0.85**"),
        ] {
            let cells = cells(&format!("time\t{mode}\t{shape}\ttraced\t{numbers}\n"));
            assert_eq!(
                judged(&cells, mode, shape),
                expected,
                "{mode} {shape} {numbers}"
            );
            assert_eq!(judged(&cells, mode, "unmeasured"), "");
        }
    }

    #[test]
    fn a_poll_is_the_tenth_part_of_ten_and_never_negative() {
        let cells = cells(
            "time\ta\tasync\tc\t100\ntime\ta\tasync, 10 yields\tc\t352\n\
             time\ta\tasync\ttraced\t100\ntime\ta\tasync, 10 yields\ttraced\t90\n",
        );
        assert_eq!(poll(&cells, "a", "c"), "25.2");
        assert_eq!(poll(&cells, "a", "traced"), "0.0");
        assert_eq!(poll(&cells, "b", "c"), "");
    }

    #[test]
    fn counts_without_instructions_have_empty_cells() {
        let cells = cells(
            "allocations\trecording\tOk\tc\t3\t300\nallocations\trecording\tOk\ttraced\t2\t208\n",
        );
        let expected = ["Ok", "2", "3", "208", "300", "", "", ""];
        assert_eq!(counts(&cells, "recording", "Ok").unwrap(), expected);
        assert_eq!(counts(&cells, "recording", "Err"), None);
    }

    #[test]
    fn saved_tables_are_separated_by_empty_lines() {
        let tables = compiled("\tcheck s\nplain\t0.45\n\nfirst build of\tcrates\ntraced\t12\n");
        let rows: Vec<_> = tables.into_iter().map(|table| table.rows).collect();
        assert_eq!(
            rows,
            [
                [["", "check s"], ["plain", "0.45"]],
                [["first build of", "crates"], ["traced", "12"]]
            ]
        );
    }
}
