//! The page for who comes from Python names tests that there are.

use std::collections::BTreeSet;
use std::fs;

use crate::sources::root;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The values of `key = "value"` in a manifest.
fn values(manifest: &str, key: &str) -> BTreeSet<String> {
    let start = format!("{key} = \"");
    let lines = manifest.lines();
    let found = lines.filter_map(|line| line.strip_prefix(&*start)?.split('"').next());
    found.map(str::to_owned).collect()
}

/// The folder of a package of tests.
fn folder(package: &str) -> String {
    let of_workspace = read("Cargo.toml");
    let members = of_workspace
        .split('"')
        .filter(|word| word.starts_with("tests"));
    let mut found = members.filter(|member| {
        let manifest = root().join(member).join("Cargo.toml");
        let manifest = fs::read_to_string(manifest).unwrap_or_default();
        values(&manifest, "name").contains(package)
    });
    let found = found.next().map(str::to_owned);
    found.unwrap_or_else(|| panic!("there is no package {package}"))
}

#[test]
fn every_test_that_the_page_names_is_there() {
    let page = read("docs/coming_from_python.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let groups = read("tests/servers/run");
    let (mut count, mut tests) = (0, BTreeSet::new());
    // Where `the same` leads to.
    let (mut last, mut named) = (None, None);
    for row in rows {
        count += 1;
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for word in cell.split('`').skip(1).step_by(2) {
            let words: Vec<&str> = word.split(' ').collect();
            match words[..] {
                ["cargo", "test", "-p", package, ref rest @ ..] => {
                    let folder = folder(package);
                    let manifest = read(&format!("{folder}/Cargo.toml"));
                    let test = match rest {
                        ["--test", test] => Some(*test),
                        _ => None,
                    };
                    if let Some(test) = test {
                        assert!(values(&manifest, "name").contains(test), "{word}");
                    }
                    let modules = match test {
                        Some(test) => format!("{folder}/{test}"),
                        None => folder,
                    };
                    if let [module] = rest {
                        assert!(
                            root().join(&modules).join(format!("{module}.rs")).exists(),
                            "{word}"
                        );
                    }
                    (last, named) = (Some(modules), Some(word));
                }
                ["tests/servers/run", ref names @ ..] => {
                    for name in names {
                        assert!(
                            groups.contains(&format!("| {name} |"))
                                || groups.contains(&format!(" {name} ")),
                            "{word}"
                        );
                        let module = format!("tests/servers/{name}");
                        assert!(
                            root().join(&module).exists() || root().join(module + ".rs").exists(),
                            "{word}"
                        );
                    }
                    named = Some(word);
                }
                // A module of the tests before.
                [module] => {
                    let modules = last.as_ref().unwrap_or_else(|| panic!("{cell}: of what?"));
                    let file = root().join(modules).join(format!("{module}.rs"));
                    assert!(file.exists(), "{}", file.display());
                }
                _ => panic!("{word} is no command"),
            }
        }
        tests.insert(named.unwrap_or_else(|| panic!("{row} names no test")));
    }
    assert!(count >= 13 && tests.len() >= 10, "{count} {tests:?}");
}
