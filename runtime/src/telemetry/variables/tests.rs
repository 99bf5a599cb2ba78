//! Does `docs/variables.md` have the contents of the table?

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::{env, fs};

use super::{GROUPS, OTLP, Variable};

const HEAD: &str = "\
# Variables of the environment

What `traced::init()` reads (feature `init`); a library reads none. **Code beats the environment**: what is set with
`TelemetryBuilder`, by the method in the last column, counts whatever the variable says.

* An empty variable counts as unset. White space around a value is ignored.
* An invalid value is reported once on stderr, with a valid example, and counts as unset.
* Names as values (`otlp`, `always_on`) may be in upper or lower case. Only `true` is true.
* `TRACED_FILTER` turns functions off and on: [`Filter`](../runtime/src/filter.rs).

This file is generated from the table in `runtime/src/telemetry/variables.rs`:
`BLESS=1 cargo test -p traced --features init variables` writes it.
";

const TAIL: &str = "
## What is not read

Variables for metrics (`OTEL_METRICS_EXPORTER`, `OTEL_METRIC_EXPORT_*`, `OTEL_EXPORTER_OTLP_METRICS_*` and so on), because
`traced` exports no metrics, and variables of exporters that it does not have (`OTEL_EXPORTER_ZIPKIN_*`, `OTEL_EXPORTER_PROMETHEUS_*`).
";

fn table(page: &mut String, heading: &str, variables: &[&Variable]) {
    let _ = write!(
        page,
        "\n## {heading}\n\n| variable | what it says | unset | in code |\n|---|---|---|---|\n"
    );
    for variable in variables {
        let Variable {
            name,
            meaning,
            default,
            in_code,
            ..
        } = variable;
        let _ = writeln!(page, "| `{name}` | {meaning} | {default} | {in_code} |");
    }
}

/// Every variable of the table, by its heading.
fn groups() -> Vec<(&'static str, Vec<&'static Variable>)> {
    let mut groups: Vec<(&str, Vec<&Variable>)> = GROUPS
        .iter()
        .map(|(heading, variables)| (*heading, variables.to_vec()))
        .collect();
    let otlp = OTLP
        .iter()
        .flat_map(|each| [&each.general, &each.traces, &each.logs]);
    groups.push(("OTLP", otlp.collect()));
    groups
}

/// Compares a generated file with its expected content, or writes it.
fn assert_generated(path: &str, content: &str) {
    let full = format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"));
    if env::var_os("BLESS").is_some() {
        fs::write(&full, content).unwrap();
    }
    let written = fs::read_to_string(&full).unwrap_or_default();
    assert!(
        written == content,
        "{path} is not what it should be; \
         `BLESS=1 cargo test -p traced --features init variables` writes it"
    );
}

#[test]
fn the_page_has_the_contents_of_the_table() {
    let mut page = HEAD.to_owned();
    for (heading, variables) in groups() {
        table(&mut page, heading, &variables);
    }
    page.push_str(TAIL);
    assert_generated("docs/variables.md", &page);
}

/// The variables that are read elsewhere than in `telemetry`: of the filter, and of the testing tools.
const ELSEWHERE: [&str; 2] = ["TRACED_FILTER", "TRACED_TESTING_SDK"];

fn names() -> BTreeSet<&'static str> {
    let of_table = groups().into_iter().flat_map(|(_, variables)| variables);
    of_table
        .map(|variable| variable.name)
        .chain(ELSEWHERE)
        .collect()
}

/// `cargo traced doctor` warns of all other variables, as nothing reads them.
#[test]
fn the_list_of_the_doctor_has_every_variable_and_no_other() {
    let mut list = "# The variables that `traced` reads. \
        `BLESS=1 cargo test -p traced --features init variables` writes this file.\n"
        .to_owned();
    for name in names() {
        let _ = writeln!(list, "{name}");
    }
    assert_generated("cargo-traced/src/doctor/variables.txt", &list);
}

#[test]
fn no_variable_of_ours_is_read_without_being_listed() {
    let (names, mut unlisted) = (names(), Vec::new());
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let is_test = path.ends_with("tests.rs") || path.ends_with("page.html");
            let text = fs::read_to_string(&path).unwrap_or_default();
            let literals = text.match_indices("\"TRACED_").filter(|_| !is_test);
            for (at, _) in literals {
                let rest = &text[at + 1..];
                let end = rest.find(|c: char| c != '_' && !c.is_ascii_uppercase());
                let name = &rest[..end.unwrap_or(rest.len())];
                if !names.contains(name) {
                    unlisted.push(format!("{}: {name}", path.display()));
                }
            }
        }
    }
    assert!(unlisted.is_empty(), "{unlisted:#?}");
}
