//! What the tests of a crate need and its published package lacks.

use std::collections::HashMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, ensure};

use super::list::{Crate, Package};

/// The sources of packages, by name and version.
pub(super) type Sources = HashMap<(String, String), PathBuf>;

/// The packages that cargo downloads for a crate: itself, and those that lie beside it.
pub(super) fn packages(listed: &Crate) -> Vec<Crate> {
    let beside = listed.beside.iter().map(|Package { name, version }| Crate {
        name: name.clone(),
        version: version.clone(),
        ..Crate::default()
    });
    std::iter::once(listed.clone()).chain(beside).collect()
}

/// Cargo removes from a manifest that it publishes the dev-dependencies that are known by a path alone. A crate that is
/// one of its own is the copy itself.
pub(super) fn dev_dependencies(listed: &Crate) -> String {
    let table = |Package { name, version }: &Package| match *name == listed.name {
        true => format!("\n[dev-dependencies.{name}]\npath = \".\"\n"),
        false => format!("\n[dev-dependencies.{name}]\nversion = \"={version}\"\n"),
    };
    listed.with.iter().map(table).collect()
}

/// The folder into which cargo unpacked a crate.
pub(super) fn source<'a>(sources: &'a Sources, listed: &Crate) -> anyhow::Result<&'a Path> {
    let key = (listed.name.clone(), listed.version.clone());
    let found = sources.get(&key);
    Ok(found.with_context(|| format!("cargo has no {key:?}"))?)
}

/// Makes the empty files and folders of a copy in `folder`, which lies two folders deep in the scratch folder. The
/// path of a folder ends with `/`.
pub(super) fn make_empty(folder: &Path, listed: &Crate) -> anyhow::Result<()> {
    for name in &listed.empty {
        ensure!(
            stays_in_scratch(name),
            "`{name}` leads out of the scratch folder"
        );
        let path = folder.join(name);
        if name.ends_with('/') {
            fs::create_dir_all(&path)?;
            continue;
        }
        fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
        fs::write(&path, "")?;
    }
    Ok(())
}

fn stays_in_scratch(name: &str) -> bool {
    let mut depth = 2_i32;
    Path::new(name).components().all(|component| {
        match component {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir => depth -= 1,
            Component::RootDir | Component::Prefix(_) => return false,
        }
        depth >= 0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(line: &str) -> Crate {
        super::super::list::read(line).unwrap().remove(0)
    }

    #[test]
    fn a_dev_dependency_has_an_exact_version() {
        let zbus = listed("zbus 5.19.0 with=zbus_xml@5.1.0");
        let table = "\n[dev-dependencies.zbus_xml]\nversion = \"=5.1.0\"\n";
        assert_eq!(dev_dependencies(&zbus), table);
        let sea_orm = listed("sea-orm 2.0.4 with=sea-orm@2.0.4");
        let table = "\n[dev-dependencies.sea-orm]\npath = \".\"\n";
        assert_eq!(dev_dependencies(&sea_orm), table);
    }

    #[test]
    fn what_lies_beside_is_downloaded_too() {
        let h3 = listed("h3 0.0.8 beside=h3-quinn@0.0.10");
        let names: Vec<String> = packages(&h3).into_iter().map(|found| found.name).collect();
        assert_eq!(names, ["h3", "h3-quinn"]);
    }

    #[test]
    fn empty_files_and_folders_stay_in_the_scratch_folder() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("plain/a");
        fs::create_dir_all(&folder).unwrap();
        make_empty(&folder, &listed("a 1.0.0 empty=../logs/a/,../../b/c.json")).unwrap();
        assert!(scratch.path().join("plain/logs/a").is_dir());
        let file = scratch.path().join("b/c.json");
        assert_eq!(fs::read_to_string(file).unwrap(), "");
        for outside in ["../../../b", "/b"] {
            let error = make_empty(&folder, &listed(&format!("a 1.0.0 empty={outside}")));
            let said = error.unwrap_err().to_string();
            assert_eq!(said, format!("`{outside}` leads out of the scratch folder"));
        }
    }
}
