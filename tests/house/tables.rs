//! Tables in the documentation that must agree with the code.

use std::collections::BTreeSet;
use std::fs;

use crate::sources::root;

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The first column of the table below a heading, without the values: `links`, `allow`.
fn first_column(page: &str, heading: &str) -> BTreeSet<String> {
    let (_, below) = page
        .split_once(heading)
        .unwrap_or_else(|| panic!("no `{heading}`"));
    let rows = below.lines().skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let is_of_name = |letter: &char| letter.is_alphanumeric() || *letter == '_' || *letter == '-';
    names
        .map(|name| name.chars().take_while(is_of_name).collect())
        .collect()
}

/// The rows of `arguments!` that contain one of the words.
pub(crate) fn arguments(accepted: &[&str]) -> BTreeSet<String> {
    let source = text("macros-backend/src/args.rs");
    let (_, table) = source.split_once("\narguments! {").unwrap();
    let (table, _) = table.split_once("\n}").unwrap();
    let rows = table
        .split(';')
        .filter(|row| accepted.iter().any(|word| row.contains(word)));
    let names = rows.filter_map(|row| row.rsplit_once("\":").map(|(before, _)| before));
    names
        .filter_map(|before| Some(before.rsplit_once('"')?.1.to_owned()))
        .collect()
}

/// `skip` is documented below the tables, as it applies to members of containers only.
fn without_skip(mut arguments: BTreeSet<String>) -> BTreeSet<String> {
    assert!(arguments.remove("skip"));
    arguments
}

#[test]
fn the_readme_lists_the_arguments() {
    let listed = first_column(&text("README.md"), "## The arguments of `#[traced]`");
    assert_eq!(
        listed,
        without_skip(arguments(&["Traced,", "Both"])),
        "the table of README.md, and the arguments"
    );
}

#[test]
fn the_documentation_of_traced_lists_the_arguments() {
    let listed = first_column(&text("runtime/docs/traced.md"), "| argument |");
    let arguments = without_skip(arguments(&["Traced,", "Both"]));
    let missing: Vec<_> = arguments.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "not in the table of runtime/docs/traced.md: {missing:?}"
    );
}

#[test]
fn the_documentation_of_traced_spawn_lists_the_arguments() {
    let listed = first_column(&text("runtime/docs/traced_spawn.md"), "| argument |");
    let arguments = arguments(&["TracedSpawn", "Both"]);
    let missing: Vec<_> = arguments.difference(&listed).collect();
    assert!(
        missing.is_empty(),
        "not in the table of runtime/docs/traced_spawn.md: {missing:?}"
    );
}

#[test]
fn the_snapshot_has_every_argument() {
    let snapshot = text("macros/snapshots/every_argument.rs");
    for argument in without_skip(arguments(&["Traced,", "Both"])) {
        let is_written = ["(", " = ", ",", ")"]
            .iter()
            .any(|after| snapshot.contains(&format!("{argument}{after}")));
        assert!(is_written, "`{argument}` is not in the snapshot");
    }
}

/// Names of spawners that are also ordinary words.
const ALSO_WORDS: &[&str] = &[
    "spawn",
    "scope",
    "join",
    "install",
    "execute",
    "push",
    "broadcast",
    "new",
    "block",
];

#[test]
fn spawners_are_named_in_one_file() {
    let table = text("macros-backend/src/spawners.rs");
    let rows = table
        .lines()
        .filter_map(|line| line.trim().strip_prefix("spawner(\""));
    let names: Vec<&str> = rows.filter_map(|row| row.split('"').next()).collect();
    assert!(names.contains(&"spawn_blocking"));
    for module in crate::sources::modules("macros-backend/src").into_values() {
        if module.file.ends_with("spawners.rs") {
            continue;
        }
        let source = fs::read_to_string(&module.file).unwrap();
        for name in names.iter().filter(|name| !ALSO_WORDS.contains(name)) {
            let literal = format!("\"{name}\"");
            assert!(
                !source.contains(&literal),
                "{} in {}",
                literal,
                module.file.display()
            );
        }
    }
}
