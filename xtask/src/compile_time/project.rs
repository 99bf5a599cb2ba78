//! A generated package, whose compilation is measured.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use super::variants::Library;
use crate::cargo::{is_installed, output};
use crate::{overhead, paths, process};

/// The commands whose user time is measured.
pub(super) const COMMANDS: [&[&str]; 3] = [&["check"], &["build"], &["build", "--release"]];

/// Runs the compiler of the generated package under cachegrind. It does not start `rustc` by name, because
/// cachegrind would count rustup's proxy. The first argument is the compiler's name, which cargo passes to a wrapper.
const COUNTING_WRAPPER: &str = r#"#!/bin/sh
shift
compiler=$(rustc --print sysroot)/bin/rustc
case "$*" in
*"--crate-name measured_"*)
    exec valgrind --quiet --tool=cachegrind --cache-sim=no --cachegrind-out-file={counts} \
        "$compiler" "$@" ;;
*)  exec "$compiler" "$@" ;;
esac
"#;

pub(super) struct Project {
    name: String,
    folder: PathBuf,
    /// The target folder, which all variants share so that their dependencies are built once.
    target: PathBuf,
}

impl Project {
    pub(super) fn create(folder: &Path, name: &str, library: Library) -> anyhow::Result<Self> {
        let root = paths::root();
        let folder_name = folder_name(name);
        let project = Self {
            name: format!("measured-{folder_name}"),
            folder: folder.join(folder_name),
            target: folder.join("target"),
        };
        fs::create_dir_all(project.folder.join("src"))?;
        let manifest = format!(
            "[package]\nname = \"{}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[workspace]\n\
             [dependencies]\n{}\n",
            project.name,
            library.dependencies(root)
        );
        fs::write(project.folder.join("Cargo.toml"), manifest)?;
        fs::copy(root.join("Cargo.lock"), project.folder.join("Cargo.lock"))?;
        Ok(project)
    }

    pub(super) fn write(&self, program: &str) -> anyhow::Result<()> {
        Ok(fs::write(self.main(), program)?)
    }

    pub(super) fn touch(&self) -> anyhow::Result<()> {
        paths::touch(&self.main())
    }

    fn main(&self) -> PathBuf {
        self.folder.join("src/main.rs")
    }

    /// Seconds of user time.
    pub(super) fn build(&self, command: &[&str]) -> anyhow::Result<f64> {
        self.build_into(&self.target, command)
    }

    /// Seconds of user time of a build into an empty folder.
    pub(super) fn first_build(&self) -> anyhow::Result<f64> {
        self.build_into(&self.folder.join("target"), &["build"])
    }

    fn build_into(&self, target: &Path, command: &[&str]) -> anyhow::Result<f64> {
        let before = process::user_time_of_children()?;
        self.output(
            self.cargo(command)
                .arg("--quiet")
                .env("CARGO_TARGET_DIR", target),
        )?;
        Ok(process::user_time_of_children()? - before)
    }

    fn cargo(&self, command: &[&str]) -> Command {
        let mut cargo = Command::new("cargo");
        cargo
            .current_dir(&self.folder)
            .args(command)
            // Incremental builds would measure the cache.
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_TARGET_DIR", &self.target);
        cargo
    }

    /// The standard output of a cargo. Its warnings are shown only if it fails.
    fn output(&self, cargo: &mut Command) -> anyhow::Result<String> {
        let done = cargo.output()?;
        if !done.status.success() {
            let errors = String::from_utf8_lossy(&done.stderr);
            bail!("{} does not build:\n{errors}", self.name);
        }
        Ok(String::from_utf8(done.stdout)?)
    }

    /// Bytes of `.text` of the release build.
    pub(super) fn text_size(&self) -> anyhow::Result<f64> {
        let program = self.target.join("release").join(&self.name);
        text_size(&output(Command::new("size").arg("-A").arg(program))?)
    }

    /// Instructions of the compiler in `cargo check`; 0 if valgrind is not installed.
    pub(super) fn instructions(&self) -> anyhow::Result<f64> {
        if !is_installed("valgrind") {
            return Ok(0.0);
        }
        let counts = self.folder.join("counts");
        let wrapper = self.folder.join("counted");
        let script = COUNTING_WRAPPER.replace("{counts}", &counts.display().to_string());
        fs::write(&wrapper, script)?;
        make_executable(&wrapper)?;
        self.touch()?;
        self.output(
            self.cargo(&["check", "--quiet"])
                .env("RUSTC_WRAPPER", &wrapper),
        )?;
        overhead::total(&fs::read_to_string(counts)?)
    }

    /// Tokens of the expansion. `RUSTC_BOOTSTRAP` makes a stable compiler print it.
    pub(super) fn tokens(&self) -> anyhow::Result<f64> {
        let mut command = self.cargo(&["rustc", "--quiet", "--", "-Zunpretty=expanded"]);
        Ok(tokens(&self.output(command.env("RUSTC_BOOTSTRAP", "1"))?))
    }

    /// How many crates it depends on, directly or not.
    pub(super) fn dependencies(&self) -> anyhow::Result<usize> {
        Ok(dependencies(&output(&mut self.cargo(&[
            "tree",
            "--prefix=none",
            "--no-dedupe",
        ]))?))
    }
}

/// `traced-no-errors` of `traced, no errors`.
fn folder_name(name: &str) -> String {
    let words = name.split(|character: char| !character.is_alphanumeric() && character != '_');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-")
}

#[cfg(unix)]
fn make_executable(file: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(fs::set_permissions(
        file,
        fs::Permissions::from_mode(0o755),
    )?)
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> anyhow::Result<()> {
    bail!("the wrapper of the compiler is a shell script")
}

/// The size of `.text` in what `size -A` prints.
fn text_size(sections: &str) -> anyhow::Result<f64> {
    let mut lines = sections.lines().map(str::split_whitespace);
    lines
        .find_map(|mut words| {
            (words.next() == Some(".text"))
                .then(|| words.next())
                .flatten()
        })
        .and_then(|size| size.parse().ok())
        .context("`size` printed no size of `.text`")
}

/// The crates in what `cargo tree --no-dedupe` prints, but for the first.
fn dependencies(tree: &str) -> usize {
    let crates: BTreeSet<&str> = tree
        .lines()
        .map(|line| line.strip_suffix(" (*)").unwrap_or(line))
        .collect();
    crates.len().saturating_sub(1)
}

/// The approximate number of tokens: words, strings, `::`, `->`, `=>` and other characters.
fn tokens(source: &str) -> f64 {
    let mut count = 0_u32;
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        rest = rest[length_of_token(rest, first)..].trim_start();
        count += 1;
    }
    f64::from(count)
}

fn length_of_token(text: &str, first: char) -> usize {
    if is_word(first) {
        return text
            .find(|character| !is_word(character))
            .unwrap_or(text.len());
    }
    if first == '"'
        && let Some(end) = text[1..].find('"')
    {
        return end + 2;
    }
    if ["::", "->", "=>"].iter().any(|pair| text.starts_with(pair)) {
        return 2;
    }
    first.len_utf8()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_have_names_of_words() {
        assert_eq!(folder_name("traced, no errors"), "traced-no-errors");
        assert_eq!(folder_name("by-hand"), "by-hand");
    }

    #[test]
    fn the_size_is_that_of_the_text_section() {
        let sections = "measured-plain  :\nsection       size   addr\n.interp         28    848\n\
             .text       412345  61440\n.textual  9  0\nTotal  900000\n";
        assert_eq!(text_size(sections).unwrap(), 412_345.0);
        assert!(text_size("section size addr\n").is_err());
    }

    #[test]
    fn crates_of_a_tree_count_once_and_without_the_first() {
        let tree = "measured v1.0.0 (/tmp/x)\ntracing v0.1.44\nlog v0.4.35\ntracing v0.1.44 (*)\n";
        assert_eq!(dependencies(tree), 2);
        assert_eq!(dependencies(""), 0);
    }

    #[test]
    fn tokens_are_words_strings_and_marks() {
        for (source, count) in [
            ("", 0),
            ("fn f_1() -> u64 { }", 8),
            ("::std::fmt", 4),
            ("a => \"b c :: \n d\",", 4),
            ("'x' \"", 4),
            ("é→ü", 3),
        ] {
            assert_eq!(tokens(source), f64::from(count), "{source}");
        }
    }
}
