//! Does `docs/variables.md` say what the table says?

use std::fmt::Write as _;
use std::{env, fs};

use super::{GROUPS, OTLP, Variable};

const HEAD: &str = "\
# Variables of the environment

What `traced::init()` reads (feature `init`); a library reads none. **Code beats the environment**: what is set with
`TelemetryBuilder`, by the method in the last column, counts whatever the variable says.

* An empty variable is an unset one. White space around a value does not count.
* What cannot be read is reported once on stderr, with what to write, and counts as unset.
* Names as values (`otlp`, `always_on`) may be in upper or lower case. `true` alone is true.
* `TRACED_FILTER` turns functions off and on: [`Filter`](../runtime/src/filter.rs).

This file is generated from the table in `runtime/src/telemetry/variables.rs`:
`BLESS=1 cargo test -p traced --features init variables` writes it.
";

const TAIL: &str = "
## What is not read

Variables for metrics (`OTEL_METRICS_EXPORTER`, `OTEL_METRIC_EXPORT_*`, `OTEL_EXPORTER_OTLP_METRICS_*` and so on), as there
are none here, and those of exporters that there are not (`OTEL_EXPORTER_ZIPKIN_*`, `OTEL_EXPORTER_PROMETHEUS_*`).
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

#[test]
fn the_page_says_what_the_table_says() {
    let mut page = HEAD.to_owned();
    for (heading, variables) in GROUPS {
        table(&mut page, heading, variables);
    }
    let otlp = OTLP
        .iter()
        .flat_map(|each| [&each.general, &each.traces, &each.logs]);
    table(&mut page, "OTLP", &otlp.collect::<Vec<_>>());
    page.push_str(TAIL);

    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/variables.md");
    if env::var_os("BLESS").is_some() {
        fs::write(path, &page).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page,
        "docs/variables.md is not what it should be; \
         `BLESS=1 cargo test -p traced --features init variables` writes it"
    );
}
