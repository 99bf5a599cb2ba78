//! The commands that read and write sources run neither the project's build script nor the programs that it configures.

#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use support::{Program, cargo_traced};

const COMMANDS: [&[&str]; 3] = [
    &["audit"],
    &["annotate", "--all", "--write", "--allow-dirty"],
    &["migrate", "--write", "--allow-dirty"],
];

/// A function that `annotate` and `migrate` would change, and `audit` has something to say about.
const CHANGED: &str =
    "#[tracing::instrument]\npub async fn changed() {\n    tokio::spawn(async {});\n}\n";

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
