//! The commands that read and write sources run neither the project's build script nor the programs that it, or its Git
//! repository, configures.

#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Program, cargo_traced};

const COMMANDS: [&[&str]; 3] = [
    &["audit"],
    &["annotate", "--all", "--write", "--allow-dirty"],
    &["migrate", "--write", "--allow-dirty"],
];

/// A function that `annotate` and `migrate` would change, and `audit` has something to say about.
const CHANGED: &str =
    "#[tracing::instrument]\npub async fn changed() {\n    tokio::spawn(async {});\n}\n";

/// Writes a script that leaves a mark, and returns both paths.
fn script(folder: &Path, name: &str) -> (PathBuf, PathBuf) {
    let (path, mark) = (folder.join(name), folder.join(format!("{name}-was-run")));
    let text = format!("#!/bin/sh\ntouch '{}'\nexec cat\n", mark.display());
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    (path, mark)
}

fn git(folder: &Path, arguments: &[&str]) {
    let identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
    let mut command = Command::new("git");
    command.args(identity).args(arguments).current_dir(folder);
    assert!(command.status().unwrap().success(), "{arguments:?}");
}

/// `annotate` and `migrate` ask `git status`, and the settings of a repository can name programs for it to run.
#[test]
fn no_program_that_the_git_repository_configures_is_run() {
    for command in [
        &["annotate", "--all", "--write"],
        &["migrate", "--write"][..],
    ] {
        let program = Program::new(&format!("{CHANGED}fn main() {{ serve() }}\n"));
        let elsewhere = tempfile::tempdir().unwrap();
        let folder = program.folder();
        fs::write(folder.join(".gitattributes"), "*.rs filter=a=b\n").unwrap();
        git(folder, &["init", "-q"]);
        git(folder, &["add", "."]);
        git(folder, &["commit", "-q", "-m", "a"]);
        let (monitor, monitored) = script(elsewhere.path(), "monitor");
        let (filter, filtered) = script(elsewhere.path(), "filter");
        let (hook, hooked) = script(elsewhere.path(), "post-index-change");
        let of = |path: &Path| path.display().to_string();
        for (key, value) in [
            ("core.fsmonitor", of(&monitor)),
            ("filter.a=b.clean", of(&filter)),
            ("filter.a=b.required", "true".to_owned()),
            ("core.hooksPath", of(hook.parent().unwrap())),
        ] {
            git(folder, &["config", key, &value]);
        }
        // Git reads a file through the filter if its time is another one.
        let text = program.text();
        program.write(&text);
        let output = cargo_traced(command, folder);
        assert_eq!(output.status.code(), Some(0), "{command:?}: {output:?}");
        assert_ne!(program.text(), text);
        let marks = [monitored, filtered, hooked];
        for mark in &marks {
            assert!(!mark.exists(), "{command:?} ran {}", mark.display());
        }
        // Git does run them: otherwise the test would prove nothing. It needs no filter for a file of another size.
        program.write(&text);
        git(folder, &["status", "--porcelain"]);
        for mark in &marks {
            assert!(mark.exists(), "{}", mark.display());
        }
    }
}

#[test]
fn no_program_of_the_project_is_run() {
    for command in COMMANDS {
        let program = Program::new(&format!("{CHANGED}fn main() {{ serve() }}\n"));
        let folder = program.folder();
        let mark = folder.join("was-run");
        let writes = format!("#!/bin/sh\ntouch {}\nexec \"$@\"\n", mark.display());
        for name in ["wrapper", "runner"] {
            fs::write(folder.join(name), &writes).unwrap();
            let executable = fs::Permissions::from_mode(0o755);
            fs::set_permissions(folder.join(name), executable).unwrap();
        }
        let written = format!("fn main() {{ std::fs::write({mark:?}, \"\").unwrap(); }}\n");
        fs::write(folder.join("build.rs"), written).unwrap();
        let wrapper = folder.join("wrapper");
        fs::create_dir(folder.join(".cargo")).unwrap();
        let configuration = format!(
            "[build]\nrustc-wrapper = {wrapper:?}\nrustc-workspace-wrapper = {wrapper:?}\n[target.'cfg(all())']\nrunner = {wrapper:?}\n"
        );
        fs::write(folder.join(".cargo/config.toml"), configuration).unwrap();
        let output = cargo_traced(command, folder);
        assert!(output.status.code().unwrap() < 2, "{command:?}: {output:?}");
        assert!(!mark.exists(), "{command:?} ran something");
        // The wrapper does leave the mark when it is run: otherwise the test would prove nothing.
        let ran = std::process::Command::new(&wrapper).arg("true").status();
        assert!(ran.unwrap().success() && mark.exists());
    }
}
