//! Compiles each pair of features that occurs in one file.
//!
//! `cargo xtask features` compiles every feature alone, and the tests of the library compile all together.
//!
//! Each pair is a package of its own, with the sources of the library and the pair as its default features, and one
//! cargo compiles them all: two at a time on two processors, and each dependency once. With a cargo for each pair, a
//! dependency is compiled again for each set of its own features, and only one processor compiles the library. So a
//! pair gets the features that any pair asks of a dependency; each feature alone gets no more than its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::Context;
use serde_json::Value;

use super::{Outcome, library, ran};
use crate::cargo::{cargo, output};
use crate::paths;

type Names = BTreeSet<String>;

pub(super) fn check() -> anyhow::Result<Outcome> {
    let mut files = BTreeMap::new();
    read(&paths::root().join("runtime/src"), &mut files)?;
    let metadata = output(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let turned_on = turned_on(&serde_json::from_str(&metadata)?);
    let is_implied = |one: &String, other: &String| {
        let names = turned_on.get(one);
        names.is_some_and(|names| names.contains(other))
    };
    let mut pairs = meeting(&files);
    pairs.retain(|(one, other)| !is_implied(one, other) && !is_implied(other, one));

    let folder = paths::target().join("combinations");
    // Pairs of an earlier run may meet no more.
    let packages = folder.join("pairs");
    if packages.exists() {
        fs::remove_dir_all(&packages)?;
    }
    library::copy(&folder, &["pairs/*"])?;
    let root = paths::root();
    // The versions are those of the repository.
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let manifest = library::read(&root.join("runtime/Cargo.toml"))?;
    for pair in &pairs {
        let (name, manifest) = package_of(&manifest, pair)?;
        library::write(&packages.join(name).join("Cargo.toml"), manifest.as_bytes())?;
    }
    println!("{} pairs of features", pairs.len());
    let mut check = cargo();
    check
        .current_dir(&folder)
        .args(["check", "--quiet", "--keep-going", "--lib"])
        .args(["--package", "traced-with-*"])
        .env("CARGO_TARGET_DIR", folder.join("target"));
    ran(&mut check)
}

/// The name and the manifest of the package that is the library with a pair of features.
fn package_of(manifest: &str, (one, other): &(String, String)) -> anyhow::Result<(String, String)> {
    let name = format!("traced-with-{one}-and-{other}");
    let manifest = library::without_section(manifest, "[dev-dependencies]");
    let mut manifest = replaced(
        &manifest,
        "\nname = \"traced\"\n",
        &format!("\nname = {name:?}\n"),
    )?;
    manifest = replaced(
        &manifest,
        "\ndefault = []\n",
        &format!("\ndefault = [{one:?}, {other:?}]\n"),
    )?;
    manifest += "\n[lib]\nname = \"traced\"\npath = \"../../runtime/src/lib.rs\"\n";
    Ok((name, manifest))
}

fn replaced(manifest: &str, line: &str, by: &str) -> anyhow::Result<String> {
    let (before, after) = manifest
        .split_once(line)
        .with_context(|| format!("runtime/Cargo.toml has no line `{}`", line.trim()))?;
    Ok(format!("{before}{by}{after}"))
}

fn read(folder: &Path, files: &mut BTreeMap<PathBuf, String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.insert(path.clone(), fs::read_to_string(path)?);
        }
    }
    Ok(())
}

/// The features that each feature of the library turns on, directly or not.
fn turned_on(metadata: &Value) -> BTreeMap<String, Names> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let library = packages.filter(|package| package["name"] == "traced");
    let features = library.filter_map(|library| library["features"].as_object());
    let mut turned_on = BTreeMap::<String, Names>::new();
    for (name, values) in features.flatten() {
        let values = values.as_array().into_iter().flatten();
        let values = values.filter_map(|value| Some(value.as_str()?.to_owned()));
        turned_on.insert(name.clone(), values.collect());
    }
    // Each pass adds the features one step further away, until a pass adds none.
    loop {
        let before = turned_on.clone();
        for names in turned_on.values_mut() {
            let further = names.iter().filter_map(|name| before.get(name)).flatten();
            let further: Vec<String> = further.cloned().collect();
            names.extend(further);
        }
        if turned_on == before {
            return turned_on;
        }
    }
}

/// The pairs of features in the conditions of a file, or in those of a file and of the modules that it is in.
fn meeting(files: &BTreeMap<PathBuf, String>) -> BTreeSet<(String, String)> {
    let mut pairs = BTreeSet::new();
    let mut pair = |one: &String, other: &String| {
        if one < other {
            pairs.insert((one.clone(), other.clone()));
        } else if other < one {
            pairs.insert((other.clone(), one.clone()));
        }
    };
    for (path, source) in files {
        let mut here = Names::new();
        for (asked, module) in conditions(source) {
            for one in &asked {
                asked.iter().for_each(|other| pair(one, other));
            }
            // The condition of a declaration belongs to the file that it declares.
            if module.is_none() {
                here.extend(asked);
            }
        }
        let above = asked_of(path, files);
        for one in &here {
            here.iter().chain(&above).for_each(|other| pair(one, other));
        }
    }
    pairs
}

/// The features in the conditions on the declaration of a file's module and of the modules around it.
fn asked_of(path: &Path, files: &BTreeMap<PathBuf, String>) -> Names {
    let mut asked = Names::new();
    let mut module = path.with_extension("");
    while let Some(parent) = module.parent() {
        let name = module.file_name().unwrap_or_default().to_string_lossy();
        let root = parent.join("lib.rs");
        let declaring = [parent.with_extension("rs"), root];
        let declaring = declaring.iter().filter_map(|file| files.get(file));
        for (names, declared) in declaring.flat_map(|source| conditions(source)) {
            if declared.as_deref() == Some(&*name) {
                asked.extend(names);
            }
        }
        module = parent.to_owned();
    }
    asked
}

/// The features in each `cfg` of a source, and the file module that it is on.
fn conditions(source: &str) -> Vec<(Names, Option<String>)> {
    let conditions = source.split("[cfg(").skip(1);
    let conditions = conditions.filter_map(|rest| rest.split_once(")]"));
    let conditions = conditions.map(|(condition, item)| {
        let names = condition.split("feature = \"").skip(1);
        let names = names.filter_map(|name| Some(name.split_once('"')?.0.to_owned()));
        let line = item.trim_start().lines().next().unwrap_or_default();
        let module = line.strip_suffix(';').and_then(|line| {
            let (before, name) = line.rsplit_once("mod ")?;
            (before.is_empty() || before.starts_with("pub")).then(|| name.to_owned())
        });
        (names.collect(), module)
    });
    conditions.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_meet_in_a_condition_a_file_and_a_module() {
        let files = BTreeMap::from([
            (
                PathBuf::from("src/lib.rs"),
                "#[cfg(feature = \"a\")]\npub mod inner;\n#[cfg(feature = \"z\")]\nmod other;\n\
                 #[cfg(any(feature = \"x\", feature = \"y\"))]\nfn f() {}\n"
                    .to_owned(),
            ),
            (
                PathBuf::from("src/inner.rs"),
                "#[cfg(feature = \"b\")]\nmod deep;\n".to_owned(),
            ),
            (
                PathBuf::from("src/inner/deep.rs"),
                "#[cfg(feature = \"c\")]\nfn f() {}\n".to_owned(),
            ),
        ]);
        let pairs = meeting(&files);
        let pairs: Vec<String> = pairs.into_iter().map(|(one, other)| one + &other).collect();
        assert_eq!(pairs, ["ac", "bc", "xy"]);
    }

    #[test]
    fn a_pair_is_a_package_with_the_sources_of_the_library() {
        let manifest = "[package]\nname = \"traced\"\n\n[features]\ndefault = []\ninit = []\n\n\
                        [dev-dependencies]\nx = \"1\"\n";
        let pair = ("init".to_owned(), "logs".to_owned());
        let (name, manifest) = package_of(manifest, &pair).unwrap();
        assert_eq!(name, "traced-with-init-and-logs");
        assert_eq!(
            manifest,
            "[package]\nname = \"traced-with-init-and-logs\"\n\n[features]\ndefault = [\"init\", \"logs\"]\n\
             init = []\n\n\n[lib]\nname = \"traced\"\npath = \"../../runtime/src/lib.rs\"\n"
        );
        assert!(package_of("[package]\nname = \"traced\"\n", &pair).is_err());
    }

    #[test]
    fn features_that_a_feature_turns_on_indirectly_are_found() {
        let metadata = serde_json::json!({"packages": [{"name": "traced", "features": {
            "sdk": ["dep:x"], "init": ["sdk"], "tls": ["init"],
        }}]});
        let turned_on = turned_on(&metadata);
        assert!(turned_on["tls"].contains("sdk"));
        assert!(!turned_on["sdk"].contains("init"));
    }
}
