//! The chart of the README: a bar for each variant.

use std::collections::HashMap;

use anyhow::Context;

use super::measured::Cells;
use super::names::VARIANTS;
use super::tables::Compiled;
use crate::text::short;

const CHARTED: [(&str, &str); 5] = [
    ("no-provider", "no provider"),
    ("always-off", "sampler off"),
    ("recording", "recording"),
    ("batched", "batch processor"),
    ("init", "what init installs"),
];

const LEFT: f64 = 170.0;
const WIDTH: f64 = 760.0;
const BAR: u32 = 15;

/// The colours of a chart.
pub(super) struct Theme {
    ink: &'static str,
    faint: &'static str,
    line: &'static str,
    bar: &'static str,
    ours: &'static str,
}

pub(super) const THEMES: [(&str, &Theme); 2] = [
    (
        "light",
        &Theme {
            ink: "#1f2328",
            faint: "#656d76",
            line: "#d1d9e0",
            bar: "#afb8c1",
            ours: "#0969da",
        },
    ),
    (
        "dark",
        &Theme {
            ink: "#e6edf3",
            faint: "#9198a1",
            line: "#3d444d",
            bar: "#59636e",
            ours: "#4493f8",
        },
    ),
];

/// Bars below a title. The groups of one unit share a scale, so that they can be compared.
pub(super) struct Group {
    title: String,
    unit: Unit,
    values: HashMap<String, f64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Nanoseconds,
    Seconds,
}

impl Unit {
    fn write(self, value: f64) -> String {
        match self {
            Self::Nanoseconds => format!("{} ns", short(value)),
            Self::Seconds => format!("{value:.2} s"),
        }
    }
}

pub(super) fn groups(cells: &Cells, compiled: &[Compiled]) -> anyhow::Result<Vec<Group>> {
    let mut groups: Vec<Group> = CHARTED
        .iter()
        .map(|(mode, title)| of_spans(cells, mode, title))
        .filter(|group| !group.values.is_empty())
        .collect();
    if let Some(table) = compiled.first() {
        groups.push(of_compiler(&table.rows)?);
    }
    Ok(groups)
}

fn of_spans(cells: &Cells, mode: &str, title: &str) -> Group {
    let values = VARIANTS
        .iter()
        .filter(|(variant, _)| *variant != "plain")
        .filter_map(|(variant, _)| {
            let time = cells.first("time", mode, "sync", variant)?;
            Some(((*variant).to_owned(), time))
        })
        .collect();
    Group {
        title: format!("A span, {title}"),
        unit: Unit::Nanoseconds,
        values,
    }
}

fn of_compiler(table: &[Vec<String>]) -> anyhow::Result<Group> {
    let [heads, rows @ ..] = table else {
        anyhow::bail!("benches/compiled.tsv is empty");
    };
    let column = heads.iter().position(|head| head == "check s");
    let column = column.context("benches/compiled.tsv has no column `check s`")?;
    let mut values = HashMap::new();
    for row in rows.iter().filter(|row| row[0] != "plain") {
        // The two variants that are written by hand compile alike.
        let name = if row[0] == "by-hand" { "c" } else { &row[0] };
        let cell = row
            .get(column)
            .context("a row of benches/compiled.tsv is short")?;
        values.insert(name.to_owned(), cell.parse()?);
    }
    Ok(Group {
        title: "600 functions in cargo check".to_owned(),
        unit: Unit::Seconds,
        values,
    })
}

pub(super) fn draw(groups: &[Group], theme: &Theme) -> String {
    let (mut y, mut parts) = (16, Vec::new());
    for group in groups {
        parts.push(text(0.0, y, &group.title, theme.ink, "600", "start"));
        y += 8;
        let top = y;
        for (variant, label) in VARIANTS {
            let Some(&value) = group.values.get(variant) else {
                continue;
            };
            let width = value * (WIDTH - LEFT - 70.0) / greatest(groups, group.unit);
            let bar = Bar {
                y,
                label,
                value: group.unit.write(value),
                width: width.max(1.0),
                is_ours: variant == "traced",
            };
            parts.extend(bar.draw(theme));
            y += BAR;
        }
        parts.push(format!(
            r#"<line x1="{LEFT}" y1="{top}" x2="{LEFT}" y2="{y}" stroke="{}"/>"#,
            theme.line
        ));
        y += 26;
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" \
         font-family=\"system-ui, sans-serif\" font-size=\"11\">\n\
         <title>What a span around an empty function costs</title>\n{}\n</svg>\n",
        y - 20,
        parts.join("\n")
    )
}

/// The greatest value of a unit, whose bar takes the whole width.
fn greatest(groups: &[Group], unit: Unit) -> f64 {
    let of_unit = groups.iter().filter(|group| group.unit == unit);
    of_unit
        .flat_map(|group| group.values.values().copied())
        .fold(0.0, f64::max)
}

struct Bar {
    y: u32,
    label: &'static str,
    value: String,
    width: f64,
    is_ours: bool,
}

impl Bar {
    fn draw(&self, theme: &Theme) -> [String; 3] {
        let (label, fill, value, weight) = if self.is_ours {
            (theme.ours, theme.ours, theme.ours, "600")
        } else {
            (theme.faint, theme.bar, theme.ink, "400")
        };
        let Self { y, width, .. } = self;
        [
            text(LEFT - 8.0, y + 11, self.label, label, weight, "end"),
            format!(
                r#"<rect x="{LEFT}" y="{}" width="{width:.1}" height="{}" rx="2" fill="{fill}"/>"#,
                y + 1,
                BAR - 4
            ),
            text(
                LEFT + width + 6.0,
                y + 11,
                &self.value,
                value,
                weight,
                "start",
            ),
        ]
    }
}

fn text(x: f64, y: u32, words: &str, fill: &str, weight: &str, anchor: &str) -> String {
    format!(
        r#"<text x="{x:.1}" y="{y}" fill="{fill}" font-weight="{weight}" text-anchor="{anchor}">{words}</text>"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(unit: Unit, values: &[(&str, f64)]) -> Group {
        Group {
            title: "A group".to_owned(),
            unit,
            values: values
                .iter()
                .map(|(name, value)| ((*name).to_owned(), *value))
                .collect(),
        }
    }

    #[test]
    fn groups_of_one_unit_share_a_scale() {
        let groups = [
            group(Unit::Nanoseconds, &[("c", 100.0)]),
            group(Unit::Nanoseconds, &[("c", 200.0)]),
            group(Unit::Seconds, &[("traced", 0.5)]),
        ];
        let chart = draw(&groups, THEMES[0].1);
        for bar in ["width=\"260.0\"", "width=\"520.0\"", ">100 ns<", ">0.50 s<"] {
            assert!(chart.contains(bar), "{bar} in {chart}");
        }
        assert_eq!(chart.matches("width=\"520.0\"").count(), 2);
    }

    #[test]
    fn the_compiler_is_compared_by_its_seconds_of_checking() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let table = [
            row(["", "check s", "tokens/fn"]),
            row(["plain", "0.45", "90"]),
            row(["by-hand", "0.61", "47"]),
        ];
        let values = of_compiler(&table).unwrap().values;
        assert_eq!(values, HashMap::from([("c".to_owned(), 0.61)]));
        assert!(of_compiler(&[row(["", "debug s", ""])]).is_err());
        assert!(of_compiler(&[]).is_err());
    }
}
