//! The tables of features in the README and in the crate's documentation list the features of `Cargo.toml`.

use std::collections::BTreeMap;

const MANIFEST: &str = include_str!("../Cargo.toml");
const README: &str = include_str!("../../README.md");
const CRATE: &str = include_str!("../src/lib.rs");

/// A feature, and the features that it turns on.
type Features<'t> = BTreeMap<&'t str, Vec<&'t str>>;

/// The table `[features]`, without the features of other crates that they turn on.
fn features() -> Features<'static> {
    let (_, section) = MANIFEST.split_once("\n[features]\n").unwrap();
    let (section, _) = section.split_once("\n[").unwrap();
    let mut features = Features::new();
    let mut current = "";
    for line in section.lines().map(without_comment) {
        let values = match line.split_once(" = ") {
            Some((name, values)) => {
                current = name;
                values
            }
            None => line,
        };
        let turned_on = between(values, '"').filter(|on| !on.contains([':', '/']));
        features.entry(current).or_default().extend(turned_on);
    }
    features.retain(|name, _| !["", "default"].contains(name));
    features.values_mut().for_each(|on| on.sort_unstable());
    features
}

fn without_comment(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
}

/// The pieces of a text that are in quotes.
fn between(text: &str, quote: char) -> impl Iterator<Item = &str> {
    text.split(quote).skip(1).step_by(2)
}

/// The cells of the rows below the heading that begins with `| feature |`.
fn rows(page: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let lines = page.lines().map(|line| line.trim_start_matches("//! "));
    let table = lines.skip_while(|line| !line.starts_with("| feature |"));
    let rows = table.skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect())
}

#[test]
fn the_readme_lists_every_feature_and_what_it_turns_on() {
    let mut listed = Features::new();
    for row in rows(README) {
        let [feature, _, turned_on] = row[..] else {
            panic!("expected three cells: {row:?}");
        };
        for name in between(feature, '`') {
            let mut turned_on: Vec<_> = between(turned_on, '`').collect();
            turned_on.sort_unstable();
            listed.insert(name, turned_on);
        }
    }
    assert_eq!(listed, features());
}

#[test]
fn the_documentation_lists_every_feature_and_what_it_turns_on() {
    let listed = rows(CRATE).flat_map(|row| between(row[0], '`').collect::<Vec<_>>());
    let mut listed: Vec<_> = listed.collect();
    listed.sort_unstable();
    // `sdk` does nothing by itself.
    let features = features().into_keys().filter(|name| *name != "sdk");
    assert_eq!(listed, Vec::from_iter(features));
}
