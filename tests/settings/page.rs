//! Does every variable in `docs/variables.md` have a test?

use std::fs;
use std::path::Path;

#[test]
fn every_variable_of_the_page_is_in_a_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(folder.join("../docs/variables.md")).unwrap();
    let tests: String = fs::read_dir(folder.join("settings"))
        .unwrap()
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect();
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `OTEL_")?.split('`').next());
    let rows: Vec<&str> = rows.collect();
    assert!(rows.len() > 50, "{rows:?}");
    let untested: Vec<_> = rows
        .into_iter()
        .filter(|name| !is_tested(name, &tests))
        .collect();
    assert!(untested.is_empty(), "{untested:?}");
}

/// Whether a test names the variable, or tries it as one of the options in `otlp.rs`, which are
/// named there by their last word.
fn is_tested(name: &str, tests: &str) -> bool {
    let option = name.strip_prefix("EXPORTER_OTLP_");
    let option = option.map(|option| option.strip_prefix("TRACES_").unwrap_or(option));
    tests.contains(&format!("\"OTEL_{name}\""))
        || option.is_some_and(|option| tests.contains(&format!("twice(\"{option}\"")))
}
