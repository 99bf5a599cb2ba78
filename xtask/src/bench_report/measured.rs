//! The measurements in benches/measured.tsv. Each has a line with its key and its numbers.

use std::fmt::Write as _;

use anyhow::Context;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) kind: String,
    pub(super) mode: String,
    /// A shape, a number of threads, or a kind of context.
    pub(super) row: String,
    pub(super) variant: String,
}

impl Key {
    pub(super) fn new(kind: &str, mode: &str, row: &str, variant: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            mode: mode.to_owned(),
            row: row.to_owned(),
            variant: variant.to_owned(),
        }
    }
}

/// Keys with their numbers, in the order in which they were measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Cells(Vec<(Key, Vec<f64>)>);

impl Cells {
    pub(super) fn push(&mut self, key: Key, numbers: Vec<f64>) {
        self.0.push((key, numbers));
    }

    pub(super) fn extend(&mut self, more: Cells) {
        self.0.extend(more.0);
    }

    pub(super) fn get(&self, kind: &str, mode: &str, row: &str, variant: &str) -> Option<&[f64]> {
        self.of_key(&Key::new(kind, mode, row, variant))
    }

    fn of_key(&self, key: &Key) -> Option<&[f64]> {
        let found = self.0.iter().find(|(other, _)| other == key);
        found.map(|(_, numbers)| &**numbers)
    }

    /// The first number of a cell.
    pub(super) fn first(&self, kind: &str, mode: &str, row: &str, variant: &str) -> Option<f64> {
        self.get(kind, mode, row, variant)?.first().copied()
    }

    /// The rows of a kind, each once.
    pub(super) fn rows(&self, kind: &str) -> Vec<&str> {
        let mut rows = Vec::new();
        for (key, _) in &self.0 {
            if key.kind == kind && !rows.contains(&&*key.row) {
                rows.push(&*key.row);
            }
        }
        rows
    }
}

#[derive(Debug, PartialEq)]
pub(super) struct Measured {
    pub(super) machine: String,
    pub(super) cells: Cells,
}

impl Measured {
    pub(super) fn read(table: &str) -> anyhow::Result<Self> {
        let mut measured = Self {
            machine: String::new(),
            cells: Cells::default(),
        };
        for line in table.lines() {
            measured
                .read_line(line)
                .with_context(|| format!("no measurement: `{line}`"))?;
        }
        Ok(measured)
    }

    fn read_line(&mut self, line: &str) -> anyhow::Result<()> {
        match line.split('\t').collect::<Vec<_>>()[..] {
            ["machine", machine] => machine.clone_into(&mut self.machine),
            // The program prints this line without a mode and a row.
            ["future", variant, bytes] => {
                self.cells
                    .push(Key::new("future", "", "", variant), numbers(&[bytes])?);
            }
            [kind, mode, row, variant, ref rest @ ..] => {
                self.cells
                    .push(Key::new(kind, mode, row, variant), numbers(rest)?);
            }
            _ => anyhow::bail!("expected a kind, a mode, a row, a variant and numbers"),
        }
        Ok(())
    }

    pub(super) fn written(&self) -> String {
        let mut table = format!("machine\t{}\n", self.machine);
        for (key, numbers) in &self.cells.0 {
            table += &[&*key.kind, &key.mode, &key.row, &key.variant].join("\t");
            for number in numbers {
                write!(table, "\t{number}").expect("a string takes everything");
            }
            table.push('\n');
        }
        table
    }
}

fn numbers(words: &[&str]) -> anyhow::Result<Vec<f64>> {
    words.iter().map(|word| Ok(word.parse()?)).collect()
}

/// Each number of each cell, as the median of the passes.
pub(super) fn medians(passes: &[Cells]) -> anyhow::Result<Cells> {
    let first = passes.first().context("expected one pass at least")?;
    let mut cells = Cells::default();
    for (key, numbers) in &first.0 {
        let of_passes = passes
            .iter()
            .map(|pass| {
                pass.of_key(key)
                    .filter(|found| found.len() == numbers.len())
            })
            .collect::<Option<Vec<_>>>()
            .with_context(|| format!("not in every pass: {key:?}"))?;
        let medians = (0..numbers.len())
            .map(|index| median(of_passes.iter().map(|pass| pass[index]).collect()))
            .collect();
        cells.push(key.clone(), medians);
    }
    Ok(cells)
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    if numbers.len() % 2 == 1 {
        numbers[middle]
    } else {
        f64::midpoint(numbers[middle - 1], numbers[middle])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "machine\tA machine, 2 cores\ntime\trecording\tsync\tc\t215.5\t1\nfuture\t\t\tplain\t2056\n";

    #[test]
    fn measurements_are_read_as_they_are_written() {
        let measured = Measured::read(TABLE).unwrap();
        assert_eq!(measured.machine, "A machine, 2 cores");
        let cell = measured.cells.get("time", "recording", "sync", "c");
        assert_eq!(cell, Some(&[215.5, 1.0][..]));
        assert_eq!(measured.written(), TABLE);
    }

    #[test]
    fn the_size_of_a_future_has_no_mode_and_no_row() {
        let printed = Measured::read("future\tplain\t2056\n").unwrap();
        assert_eq!(printed.cells.first("future", "", "", "plain"), Some(2056.0));
    }

    #[test]
    fn a_line_that_is_no_measurement_is_an_error() {
        for line in ["time\trecording", "time\trecording\tsync\tc\tfast"] {
            let error = Measured::read(line).unwrap_err();
            assert_eq!(error.to_string(), format!("no measurement: `{line}`"));
        }
    }

    #[test]
    fn rows_are_listed_once_in_their_order() {
        let table =
            "time\ta\tsync\tc\t1\ntime\ta\tOk\tc\t1\ntime\tb\tsync\tc\t1\nattach\tb\tempty\tc\t1\n";
        assert_eq!(
            Measured::read(table).unwrap().cells.rows("time"),
            ["sync", "Ok"]
        );
    }

    #[test]
    fn passes_are_merged_by_the_median_of_each_number() {
        let pass = |numbers: &str| {
            Measured::read(&format!("time\ta\tsync\tc\t{numbers}\n"))
                .unwrap()
                .cells
        };
        let three = [pass("3\t10"), pass("1\t30"), pass("2\t20")];
        assert_eq!(medians(&three).unwrap(), pass("2\t20"));
        assert_eq!(medians(&three[..2]).unwrap(), pass("2\t20"));
        assert!(medians(&[]).is_err());
        assert!(medians(&[pass("1"), pass("1\t2")]).is_err());
    }
}
