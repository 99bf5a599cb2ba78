//! What the commands do with sources that they cannot or must not change: broken, linked, generated, or in a macro.

mod support;

use std::fs;

use support::{Program, cargo_traced};

/// The commands that read sources, with the options that let them write.
const COMMANDS: [&[&str]; 3] = [
    &["audit"],
    &["annotate", "--all", "--write", "--allow-dirty"],
    &["migrate", "--write", "--allow-dirty"],
];

#[test]
fn a_file_that_does_not_parse_is_named_and_stays_as_it_is() {
    for command in COMMANDS {
        let program = Program::new("mod broken;\nmod binary;\nfn main() { serve() }\n");
        let broken = program.folder().join("src/broken.rs");
        let binary = program.folder().join("src/binary.rs");
        let text = "#[tracing::instrument]\nfn f() {}\nfn half( {";
        fs::write(&broken, text).unwrap();
        fs::write(&binary, b"fn f() {} // \xff").unwrap();
        let output = cargo_traced(command, program.folder());
        assert_eq!(output.status.code(), Some(0), "{command:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains("skipped src/broken.rs: it does not parse, at line 3"),
            "{said}"
        );
        assert!(
            said.contains("skipped src/binary.rs: it is not UTF-8"),
            "{said}"
        );
        assert_eq!(fs::read_to_string(&broken).unwrap(), text);
        assert_eq!(fs::read(&binary).unwrap(), b"fn f() {} // \xff");
    }
}

/// Crates put what a feature needs into a macro of their own.
#[test]
fn modules_that_a_macro_declares_are_read() {
    let main = "cfg_rt! {\n    pub mod runtime;\n    mod nowhere;\n}\n\
                cfg_if! { if #[cfg(unix)] { mod unix; } else { mod inline { mod other; } } }\n\
                #[cfg(test)]\ncfg_rt! { mod tests; }\n\
                macro_rules! rules { () => { mod ruled; } }\nfn main() { serve() }\n";
    let text = "#[tracing::instrument]\npub fn f() { tokio::spawn(async { g().await }); }\nasync fn g() {}\n";
    let program = Program::new(main);
    let file = |name: &str| program.folder().join("src").join(name);
    fs::create_dir(file("inline")).unwrap();
    let read = ["runtime.rs", "unix.rs", "inline/other.rs"];
    for name in read.iter().chain(&["tests.rs", "ruled.rs"]) {
        fs::write(file(name), text).unwrap();
    }
    let audited = cargo_traced(["audit"], program.folder());
    let printed = String::from_utf8_lossy(&audited.stdout).into_owned();
    for name in read {
        assert!(printed.contains(&format!("src/{name}:2:")), "{printed}");
    }
    assert!(printed.contains("3 findings"), "{printed}");
    let said = String::from_utf8_lossy(&audited.stderr).into_owned();
    assert!(!said.contains("nowhere"), "{said}");
    cargo_traced(["migrate", "--write", "--allow-dirty"], program.folder());
    for name in read {
        let migrated = fs::read_to_string(file(name)).unwrap();
        assert!(
            migrated.starts_with("#[traced::traced]"),
            "{name}: {migrated}"
        );
    }
    assert_eq!(fs::read_to_string(file("ruled.rs")).unwrap(), text);
}

/// `#[cfg_attr(.., path = "..")]` chooses one of several files, of which each is read.
#[test]
fn modules_whose_path_depends_on_a_condition_are_read() {
    let main = "#[cfg_attr(unix, path = \"unix.rs\")]\n\
                #[cfg_attr(windows, path = \"windows.rs\")]\n\
                #[cfg_attr(other, path = \"nowhere.rs\")]\nmod imp;\n\
                #[cfg_attr(unix, cfg_attr(test, allow(unused), path = \"deep/a.rs\"))]\nmod b;\nfn main() {}\n";
    let program = Program::new(main);
    let file = |name: &str| program.folder().join("src").join(name);
    fs::create_dir(file("deep")).unwrap();
    let read = ["unix.rs", "windows.rs", "deep/a.rs", "b.rs"];
    for name in read {
        fs::write(file(name), "#[tracing::instrument]\nfn f() {}\n").unwrap();
    }
    let output = cargo_traced(["migrate", "--write", "--allow-dirty"], program.folder());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("skipped"), "{said}");
    for name in read {
        let migrated = fs::read_to_string(file(name)).unwrap();
        assert_eq!(migrated, "#[traced::traced]\nfn f() {}\n", "{name}");
    }
}

/// An attribute macro may take what is no Rust; one such item must not hide the whole program.
#[test]
fn the_modules_of_a_file_that_does_not_parse_are_read() {
    let main = "#![allow(missing_docs)]\nmod work;\n#[ext(name = StrExt)]\npub impl str { fn f(&self) {} }\n\
                #[cfg(test)]\nmod tests;\nfn main() {}\n";
    let spawns = "pub fn work() { tokio::spawn(async { load().await }); }\nasync fn load() {}\n";
    for (work, code) in [(spawns, 1), ("pub fn work() {}\n", 0)] {
        let program = Program::new(main);
        fs::write(program.folder().join("src/work.rs"), work).unwrap();
        fs::write(program.folder().join("src/tests.rs"), spawns).unwrap();
        let output = cargo_traced(["audit"], program.folder());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(code), "{said}{printed}");
        assert!(
            said.contains("skipped src/main.rs: it does not parse, at line 4"),
            "{said}"
        );
        assert_eq!(printed.contains("src/work.rs:1:24"), code == 1, "{printed}");
        assert!(!printed.contains("src/tests.rs"), "{printed}");
    }
    let nothing = Program::new("#[ext]\npub impl str {}\nfn main() {}\n");
    let output = cargo_traced(["audit"], nothing.folder());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("none of the source files could be read"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn linked_and_generated_files_stay_as_they_are() {
    for command in COMMANDS {
        let program = Program::new(
            "mod linked;\nmod made;\nmod marked0;\nmod marked1;\nmod marked2;\nmod folder;\nfn main() { serve() }\n",
        );
        let folder = program.folder();
        let text = "#[tracing::instrument]\npub fn f() { tokio::spawn(async {}); }\n";
        let outside = [folder.join("outside.rs"), folder.join("elsewhere/mod.rs")];
        fs::create_dir(folder.join("elsewhere")).unwrap();
        for file in &outside {
            fs::write(file, text).unwrap();
        }
        let made = folder.join("src/made.rs");
        let made_text = format!("// @generated by prost-build\n{text}");
        fs::write(&made, &made_text).unwrap();
        let marked = [
            "/* automatically generated by rust-bindgen 0.72.1 */\n",
            "// Code generated by openapi-generator. DO NOT EDIT.\n",
            "/*\n * @generated\n */\n",
        ];
        let marked = marked.map(|mark| format!("{mark}{text}"));
        for (number, text) in marked.iter().enumerate() {
            fs::write(folder.join(format!("src/marked{number}.rs")), text).unwrap();
        }
        std::os::unix::fs::symlink(&outside[0], folder.join("src/linked.rs")).unwrap();
        std::os::unix::fs::symlink(folder.join("elsewhere"), folder.join("src/folder")).unwrap();
        let output = cargo_traced(command, folder);
        assert_eq!(output.status.code(), Some(0), "{command:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        for skipped in [
            "skipped src/linked.rs: it is a symbolic link",
            "skipped src/folder/mod.rs: it is a symbolic link",
            "skipped src/made.rs: it says `@generated`",
            "skipped src/marked0.rs: it says `automatically generated`",
            "skipped src/marked1.rs: it says `DO NOT EDIT`",
            "skipped src/marked2.rs: it says `@generated`",
        ] {
            assert!(said.contains(skipped), "{said}");
        }
        for file in &outside {
            assert_eq!(fs::read_to_string(file).unwrap(), text);
        }
        assert_eq!(fs::read_to_string(&made).unwrap(), made_text);
        for (number, text) in marked.iter().enumerate() {
            let file = folder.join(format!("src/marked{number}.rs"));
            assert_eq!(fs::read_to_string(file).unwrap(), *text);
        }
        assert!(folder.join("src/linked.rs").is_symlink());
    }
}

/// Nobody would notice a change outside of the workspace: Git is asked about the workspace alone.
#[test]
fn files_outside_of_the_workspace_stay_as_they_are() {
    let elsewhere = tempfile::tempdir().unwrap();
    let outside = elsewhere.path().join("outside.rs");
    let text = "#[tracing::instrument]\npub async fn f() { load().await }\n";
    fs::write(&outside, text).unwrap();
    for command in &COMMANDS[1..] {
        let main = format!("#[path = {outside:?}]\nmod outside;\n{text}fn main() {{ serve() }}\n");
        let program = Program::new(&main);
        let output = cargo_traced(*command, program.folder());
        assert_eq!(output.status.code(), Some(0), "{command:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains("outside.rs is left as it is: it is outside of"),
            "{said}"
        );
        // What stays as it is does not count.
        let changes = program.text().matches("#[traced::traced").count();
        assert!(said.contains(&format!(" {changes} ")), "{said}");
        assert_eq!(fs::read_to_string(&outside).unwrap(), text);
        assert_ne!(program.text(), main);
    }
}

#[test]
fn functions_in_macros_are_named_and_stay_as_they_are() {
    let text = "items! {\n    #[tracing::instrument]\n    pub async fn f() { load().await }\n}\nfn main() { serve() }\n";
    let program = Program::new(text);
    let output = cargo_traced(["migrate", "--write", "--allow-dirty"], program.folder());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("src/main.rs:2:5: `#[tracing::instrument]` of `f`: it is inside a macro"),
        "{said}"
    );
    cargo_traced(
        ["annotate", "--all", "--write", "--allow-dirty"],
        program.folder(),
    );
    assert!(
        program
            .text()
            .contains("    #[tracing::instrument]\n    pub async fn f() { load().await }\n")
    );
}

/// `script` of util-linux gives the command a terminal.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_gets_a_progress_bar_and_a_pipe_none() {
    let program = Program::new("mod other;\nfn main() { serve() }\n");
    fs::write(program.folder().join("src/other.rs"), "fn f() {}\n").unwrap();
    let piped = cargo_traced(["audit"], program.folder());
    let said = String::from_utf8_lossy(&piped.stderr).into_owned();
    assert!(piped.status.success() && said.is_empty(), "{said:?}");
    let terminal = std::process::Command::new("script")
        .args(["--quiet", "--return", "--command"])
        .arg(format!(
            "{} traced audit",
            env!("CARGO_BIN_EXE_cargo-traced")
        ))
        .arg("/dev/null")
        .env("TERM", "xterm")
        .current_dir(program.folder())
        .output()
        .unwrap();
    let shown = String::from_utf8_lossy(&terminal.stdout).into_owned();
    assert!(terminal.status.success(), "{shown:?}");
    assert!(
        shown.contains("Reading [") && shown.contains("src/"),
        "{shown:?}"
    );
}
