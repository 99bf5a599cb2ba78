//! The first build of the quickstart compiles no dependency twice.

use std::collections::BTreeMap;
use std::process::Command;

use crate::sources::root;

#[test]
fn the_quickstart_compiles_no_version_of_a_dependency_twice() {
    // Of each version, a line for each set of features with which it is compiled.
    let listed = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--locked", "--package", "traced-examples"])
        .args(["--edges", "normal,build,dev", "--duplicates"])
        .args(["--depth", "0", "--prefix", "none", "--format", "{p}|{f}"])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&listed.stderr);
    assert!(listed.status.success(), "{errors}");
    let mut features = BTreeMap::<&str, Vec<&str>>::new();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let lines = listed.lines().filter_map(|line| line.split_once('|'));
    for (version, of_version) in lines {
        let of_version = of_version.trim_end_matches(" (*)");
        let known = features.entry(version).or_default();
        if !known.contains(&of_version) {
            known.push(of_version);
        }
    }
    assert!(!features.is_empty(), "cargo lists no duplicates: {listed}");
    features.retain(|_, sets| sets.len() > 1);
    assert!(
        features.is_empty(),
        "give these the same features in the dependencies and the build-dependencies of examples/Cargo.toml: {features:#?}"
    );
}
