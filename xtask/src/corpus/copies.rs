//! The scratch copies: a plain and an annotated copy of every crate, each in a workspace of its own.
//!
//! Two workspaces rather than two crates in one, because a workspace cannot hold a package twice.
//! They share a target folder, so that what both depend on is built once.

use std::collections::HashMap;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use serde_json::Value;

use super::kind::Kind;
use super::list::Crate;
use super::manifest;
use super::missing;
use super::options::Options;
use crate::cargo::{build_executable, cargo, output};

/// The annotator's counts in a crate, each behind what it counts.
pub(super) type Counts = Vec<(String, usize)>;

pub(super) struct Copies {
    pub(super) scratch: PathBuf,
    pub(super) traced: PathBuf,
    /// The lock file with which they begin, if it exists; else that of this repository.
    pub(super) lock: PathBuf,
}

/// Builds `cargo traced`, and returns the path of the program.
pub(super) fn build_cargo_traced() -> anyhow::Result<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--quiet", "-p", "cargo-traced"]);
    build_executable(&mut command, "cargo-traced")
}

impl Copies {
    /// Copies in the folders of the options. Without a lock file, they begin with that of this repository.
    pub(super) fn new(options: &Options, lock: Option<PathBuf>) -> anyhow::Result<Self> {
        fs::create_dir_all(&options.scratch)?;
        let scratch = options.scratch.canonicalize()?;
        let traced = options.traced.canonicalize();
        Ok(Copies {
            lock: lock.unwrap_or_else(|| scratch.join("none")),
            traced: traced.context("there is no such `traced`")?,
            scratch,
        })
    }

    /// Copies and annotates the crates; returns the counts of each.
    pub(super) fn prepare(&self, crates: &[Crate]) -> anyhow::Result<Vec<Counts>> {
        let sources = self.fetch(crates)?;
        for kind in [Kind::Plain, Kind::Annotated] {
            let workspace = self.scratch.join(kind.folder());
            remove_folder(&workspace)?;
            let members: Vec<&str> = crates.iter().map(|listed| &*listed.name).collect();
            self.write_workspace(&workspace, &manifest::workspace(kind, &members))?;
            for listed in crates {
                self.copy(listed, missing::source(&sources, listed)?, kind)?;
            }
        }
        let mut command = cargo();
        command.args(["build", "--quiet", "-p", "traced-corpus-annotate"]);
        let annotator = build_executable(&mut command, "traced-corpus-annotate")?;
        crates
            .iter()
            .map(|listed| self.annotate(&annotator, listed))
            .collect()
    }

    /// Lets cargo download the crates, and asks cargo where their sources are.
    pub(super) fn fetch(
        &self,
        crates: &[Crate],
    ) -> anyhow::Result<HashMap<(String, String), PathBuf>> {
        let project = self.scratch.join("sources");
        remove_folder(&project)?;
        fs::create_dir_all(project.join("src"))?;
        fs::write(project.join("src/lib.rs"), "")?;
        // Cargo chooses versions for what a project depends on, and there may be none without the lock.
        let (alone, together): (Vec<Crate>, Vec<Crate>) = crates
            .iter()
            .cloned()
            .partition(|listed| listed.published_lock);
        for Crate { name, version, .. } in alone {
            output(cargo().args(["info", "--quiet", &format!("{name}@{version}")]))?;
        }
        self.write_workspace(&project, &manifest::sources(&together))?;
        let mut command = cargo();
        command
            .args([
                "metadata",
                "--quiet",
                "--format-version",
                "1",
                "--manifest-path",
            ])
            .arg(project.join("Cargo.toml"));
        let mut found = folders(&output(&mut command)?)?;
        for listed in crates {
            let key = (listed.name.clone(), listed.version.clone());
            if !found.contains_key(&key)
                && let Some(folder) = program_in(&cargo_home()?, listed)?
            {
                found.insert(key, folder);
            }
        }
        Ok(found)
    }

    fn write_workspace(&self, folder: &Path, manifest: &str) -> anyhow::Result<()> {
        fs::create_dir_all(folder)?;
        fs::write(folder.join("Cargo.toml"), manifest)?;
        // The tests of some crates read the README of the repository they were published from.
        fs::write(
            folder.join("README.md"),
            "A scratch workspace of `tests/corpus`.\n",
        )?;
        if self.lock.exists() {
            fs::copy(&self.lock, folder.join("Cargo.lock"))?;
        }
        Ok(())
    }

    pub(super) fn copy(&self, listed: &Crate, source: &Path, kind: Kind) -> anyhow::Result<()> {
        let folder = self.scratch.join(kind.folder()).join(&listed.name);
        copy_folder(source, &folder, kind)?;
        for name in &listed.skip {
            remove_file(&folder.join(format!("tests/{name}.rs")))?;
            remove_folder(&folder.join("tests").join(name))?;
        }
        missing::make_empty(&folder, listed)?;
        let path = folder.join("Cargo.toml");
        let mut text = manifest::adapted(&fs::read_to_string(&path)?, listed);
        text += &missing::dev_dependencies(listed);
        if kind != Kind::Plain {
            text += &manifest::dependency_on(&self.traced);
        }
        Ok(fs::write(path, text)?)
    }

    fn annotate(&self, annotator: &Path, listed: &Crate) -> anyhow::Result<Counts> {
        let folder = self
            .scratch
            .join(Kind::Annotated.folder())
            .join(&listed.name);
        let left: Vec<PathBuf> = listed.leave.iter().map(|name| folder.join(name)).collect();
        let mut sources = Vec::new();
        for top in ["src", "tests"] {
            add_sources(&folder.join(top), &left, &mut sources)?;
        }
        read_counts(&output(Command::new(annotator).args(sources))?)
    }
}

/// The folder of a package in cargo's registry. Cargo downloads a program without a library as a dependency, and then
/// leaves it out of its metadata, as nothing can depend on it.
fn program_in(cargo_home: &Path, listed: &Crate) -> anyhow::Result<Option<PathBuf>> {
    let Crate { name, version, .. } = listed;
    for registry in fs::read_dir(cargo_home.join("registry/src"))? {
        let folder = registry?.path().join(format!("{name}-{version}"));
        if folder.is_dir() {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}

fn cargo_home() -> anyhow::Result<PathBuf> {
    let set = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = || Some(env::home_dir()?.join(".cargo"));
    set.or_else(home)
        .context("there is no home folder; set CARGO_HOME")
}

/// The folder of each package, by name and version, in cargo's metadata.
fn folders(metadata: &str) -> anyhow::Result<HashMap<(String, String), PathBuf>> {
    let metadata: Value = serde_json::from_str(metadata)?;
    let mut folders = HashMap::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        if let Some(name) = package["name"].as_str()
            && let Some(version) = package["version"].as_str()
            && let Some(manifest) = package["manifest_path"].as_str()
            && let Some(folder) = Path::new(manifest).parent()
        {
            // A requirement has no build metadata.
            let version = version.split('+').next().unwrap_or_default();
            folders.insert((name.to_owned(), version.to_owned()), folder.to_owned());
        }
    }
    Ok(folders)
}

/// Settings of the author's machine and editor would change how this machine builds.
fn is_copied(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    ![".cargo", "Cargo.lock", "target"].contains(&&*name)
        && !name.starts_with("rust-toolchain")
        && !name.starts_with(".git")
}

fn copy_folder(source: &Path, destination: &Path, kind: Kind) -> anyhow::Result<()> {
    fs::create_dir_all(destination)?;
    for entry in fs::read_dir(source)? {
        let name = entry?.file_name();
        if !is_copied(&name) {
            continue;
        }
        let (from, to) = (source.join(&name), destination.join(&name));
        if from.is_dir() {
            copy_folder(&from, &to, kind)?;
        } else {
            fs::copy(&from, &to)?;
            // The registry's old dates keep a plain crate built; an annotated crate must never be
            // taken for what it was before its line in the list, or the annotator, changed.
            if kind == Kind::Plain {
                fs::File::open(&to)?.set_modified(from.metadata()?.modified()?)?;
            }
        }
    }
    Ok(())
}

/// Adds the sources below a folder, if there is the folder, in the order of their names.
pub(super) fn add_sources(
    folder: &Path,
    left: &[PathBuf],
    sources: &mut Vec<PathBuf>,
) -> anyhow::Result<()> {
    if !folder.is_dir() || left.iter().any(|left| left == folder) {
        return Ok(());
    }
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = entries.collect::<anyhow::Result<Vec<PathBuf>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            add_sources(&path, left, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !left.contains(&path)
        {
            sources.push(path);
        }
    }
    Ok(())
}

/// The annotator prints a line for each count: the number, and what was counted.
fn read_counts(printed: &str) -> anyhow::Result<Counts> {
    let read = |line: &str| {
        let (count, what) = line.split_once('\t')?;
        Some((what.to_owned(), count.parse().ok()?))
    };
    printed
        .lines()
        .map(|line| read(line).with_context(|| format!("the annotator printed `{line}`")))
        .collect()
}

pub(super) fn remove_folder(folder: &Path) -> anyhow::Result<()> {
    unless_missing(fs::remove_dir_all(folder))
        .with_context(|| format!("cannot remove {}", folder.display()))
}

fn remove_file(file: &Path) -> anyhow::Result<()> {
    unless_missing(fs::remove_file(file))
        .with_context(|| format!("cannot remove {}", file.display()))
}

fn unless_missing(removed: std::io::Result<()>) -> std::io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    #[test]
    fn packages_are_known_by_name_and_version_without_build_metadata() {
        let metadata = r#"{"packages": [
            {"name": "a", "version": "1.0.0+b1", "manifest_path": "/registry/a-1.0.0+b1/Cargo.toml"}
        ]}"#;
        let key = ("a".to_owned(), "1.0.0".to_owned());
        assert_eq!(
            folders(metadata).unwrap()[&key],
            Path::new("/registry/a-1.0.0+b1")
        );
    }

    #[test]
    fn a_program_without_a_library_is_found_in_the_registry() {
        let home = tree(&["registry/src/index.crates.io-1/serve-0.8.1/Cargo.toml"]);
        let listed = |version: &str| Crate {
            name: "serve".to_owned(),
            version: version.to_owned(),
            ..Crate::default()
        };
        let found = program_in(home.path(), &listed("0.8.1")).unwrap();
        assert!(found.unwrap().ends_with("serve-0.8.1"));
        assert_eq!(program_in(home.path(), &listed("0.8.2")).unwrap(), None);
    }

    #[test]
    fn copies_are_without_settings_and_the_plain_copy_keeps_its_dates() {
        let source = tree(&[
            "src/a.rs",
            ".cargo/config.toml",
            "rust-toolchain.toml",
            ".gitignore",
            "Cargo.lock",
        ]);
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let file = fs::File::options()
            .write(true)
            .open(source.path().join("src/a.rs"))
            .unwrap();
        file.set_modified(old).unwrap();
        for kind in [Kind::Plain, Kind::Annotated] {
            let folder = tempfile::tempdir().unwrap();
            copy_folder(source.path(), folder.path(), kind).unwrap();
            let entries = fs::read_dir(folder.path()).unwrap();
            let names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(names, ["src"]);
            let copied = folder.path().join("src/a.rs").metadata().unwrap();
            assert_eq!(copied.modified().unwrap() == old, kind == Kind::Plain);
        }
    }

    #[test]
    fn sources_are_all_but_those_left_alone() {
        let folder = tree(&[
            "src/b.rs",
            "src/a/c.rs",
            "src/left/d.rs",
            "src/e.rs",
            "src/f.txt",
        ]);
        let path = |name: &str| folder.path().join("src").join(name);
        let mut sources = Vec::new();
        add_sources(&path(""), &[path("left"), path("e.rs")], &mut sources).unwrap();
        assert_eq!(sources, [path("a/c.rs"), path("b.rs")]);
        add_sources(&path("missing"), &[], &mut sources).unwrap();
        assert_eq!(sources.len(), 2);
    }

    #[test]
    fn counts_are_read_line_by_line() {
        assert_eq!(
            read_counts("12\tannotated\n3\tskipped: const\n").unwrap(),
            [
                ("annotated".to_owned(), 12),
                ("skipped: const".to_owned(), 3)
            ]
        );
        let error = read_counts("left alone\n").unwrap_err();
        assert_eq!(error.to_string(), "the annotator printed `left alone`");
    }

    #[test]
    fn what_is_missing_is_removed_already() {
        let folder = tree(&["a"]);
        remove_file(&folder.path().join("a")).unwrap();
        remove_file(&folder.path().join("a")).unwrap();
        remove_folder(&folder.path().join("b")).unwrap();
        assert!(remove_file(folder.path()).is_err());
    }
}
