//! Tests what `annotate` writes, and that `--strip` restores every byte.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{Program, cargo_traced};

const WRITE: [&str; 2] = ["--write", "--allow-dirty"];

fn annotate(program: &Program, options: &[&str]) -> std::process::Output {
    let arguments = ["annotate"].iter().chain(options).chain(&WRITE);
    cargo_traced(arguments, program.folder())
}

#[test]
fn functions_that_wait_or_spawn_are_annotated() {
    let program = Program::new(
        "\
/// Talks to a database.
#[inline]
pub async fn load(id: u64) -> Row {
    query().fetch_one(&pool).await
}

pub fn name(&self) -> &str {
    &self.name
}

async fn private() {
    load(1).await;
}

fn starts() {
    tokio::spawn(async {});
}

pub async fn lock() {
    mutex.lock().await;
}

#[traced]
pub async fn annotated() {
    load(1).await;
}

impl Drop for X {
    fn drop(&mut self) {
        std::fs::remove_file(\"x\");
    }
}

pub const fn constant() {}

fn main() {
    serve();
}
",
    );
    let before = program.text();
    assert_eq!(annotate(&program, &[]).status.code(), Some(0));
    let expected = before
        .replace("pub async fn load", "#[traced::traced]\npub async fn load")
        .replace("fn starts", "#[traced::traced_spawn]\nfn starts");
    assert_eq!(program.text(), expected);
    // A second time there is nothing to write.
    annotate(&program, &[]);
    assert_eq!(program.text(), expected);
    annotate(&program, &["--strip"]);
    assert_eq!(program.text(), before);
}

#[test]
fn handlers_get_a_span_wherever_they_are_routed() {
    let program = Program::new(
        "async fn list() {}\nfn router() { Router::new().route(\"/\", get(list)); }\nfn main() { serve(); }\n",
    );
    annotate(&program, &[]);
    assert!(
        program
            .text()
            .starts_with("#[traced::traced]\nasync fn list")
    );
    let program = Program::new(
        "fn router() {\n    async fn list() {}\n    fn helper() {}\n    Router::new().route(\"/\", get(list.layer(x)));\n}\nfn main() { serve(); }\n",
    );
    annotate(&program, &[]);
    let expected =
        "fn router() {\n    #[traced::traced]\n    async fn list() {}\n    fn helper() {}\n";
    assert!(program.text().starts_with(expected), "{}", program.text());
}

/// A span ends with its function: one around a server or a connection would be exported only at their end.
#[test]
fn functions_that_never_end_and_main_get_no_span() {
    let program = Program::new(
        "\
pub async fn serve(pool: Pool) -> Result<()> {
    axum::serve(listen().await?, router(pool)).await?;
    Ok(())
}

pub async fn accept(listener: TcpListener) -> Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move { handle(stream).await });
    }
}

pub async fn talk(mut socket: WebSocket) {
    socket.send(hello()).await;
}

pub async fn run(config: Config) -> Result<()> {
    begin(Pool::connect(&config).await?).await
}

async fn begin(pool: Pool) -> Result<()> {
    serve(pool).await
}

impl Listener for Tls {
    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            if let Ok((stream, address)) = self.listener.accept().await {
                return (self.handshake(stream).await, address);
            }
        }
    }
}

pub async fn next_connection(listener: &TcpListener) -> Result<TcpStream> {
    Ok(listener.accept().await?.0)
}

#[tokio::main]
async fn main() {
    tokio::spawn(async { report().await });
    serve(pool().await).await;
}
",
    );
    let before = program.text();
    annotate(&program, &[]);
    assert_eq!(program.text(), before);
}

/// If an endless task kept the context, all its later spans would land in the trace of the call that started it.
#[test]
fn endless_tasks_are_detached() {
    let program = Program::new(
        "\
pub async fn open(url: &str) -> Pool {
    let pool = connect(url).await;
    if pool.keeps_alive() {
        let task = tokio::spawn(async move {
            loop {
                ping().await;
            }
        });
        tokio::spawn(evict());
    }
    tokio::spawn(async { warm_up().await });
    pool
}

async fn evict() {
    loop {
        tick().await;
    }
}

fn main() {
    serve();
}
",
    );
    let before = program.text();
    annotate(&program, &[]);
    let detached = "        #[traced::traced_spawn(detached)]\n";
    let expected = before
        .replace("pub async fn", "#[traced::traced]\npub async fn")
        .replace("        let task", &format!("{detached}        let task"))
        .replace(
            "        tokio::spawn(evict",
            &format!("{detached}        tokio::spawn(evict"),
        );
    assert_eq!(program.text(), expected);
    let audited = cargo_traced(["audit", "--quiet"], program.folder());
    assert_eq!(
        audited.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&audited.stdout)
    );
    annotate(&program, &["--strip"]);
    assert_eq!(program.text(), before);
}

#[test]
fn a_function_that_begins_a_transaction_is_annotated() {
    let program =
        Program::new("async fn pay() {\n    pool.begin().await;\n}\nfn main() { serve(); }\n");
    annotate(&program, &[]);
    assert!(
        program
            .text()
            .starts_with("#[traced::traced]\nasync fn pay")
    );
}

#[test]
fn strip_restores_every_byte() {
    for text in [
        "fn f() {}\r\n\r\nmod m {\r\n\tpub fn g() { fn h() {} }\r\n}\r\nfn main() {}",
        "\u{feff}#!/usr/bin/env rust\nfn main() { /* é */ } fn f() {}\n",
        "trait T { fn a(&self) {} fn b(&self); }\nimpl T for X { #[inline] fn a(&self) {} }\nfn main() {}\n",
        "#[doc = \"x\"] #[inline]   pub(crate) fn f() {}\n#[cfg(test)]\nmod t {\n    #[test]\n\n    fn g() {}\n}\nfn main() {}\n",
        "macro_rules! m { () => { fn f() {} } }\nm! { fn g() {} }\nconst fn c() {}\nfn main() {}\n",
    ] {
        let program = Program::new(text);
        let written = annotate(&program, &["--all"]);
        assert_eq!(written.status.code(), Some(0));
        assert_ne!(
            program.text(),
            text,
            "{}",
            String::from_utf8_lossy(&written.stderr)
        );
        annotate(&program, &["--strip"]);
        assert_eq!(program.text(), text);
    }
}

/// Reads this repository, and those crates of the corpus that cargo has downloaded. Of the corpus it takes the four
/// that are marked with `ci`, or all of them with `CORPUS=all`.
#[test]
fn strip_restores_every_byte_of_real_sources() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![
        root.join("runtime"),
        root.join("macros-backend"),
        root.join("cargo-traced"),
    ];
    let list = fs::read_to_string(root.join("tests/corpus/crates.txt")).unwrap();
    let all = std::env::var_os("CORPUS").is_some();
    let is_chosen = |line: &&str| !line.starts_with('#') && (all || line.contains(" ci"));
    for line in list.lines().filter(is_chosen) {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(version)) = (words.next(), words.next()) {
            folders.extend(downloaded(&format!("{name}-{version}")));
        }
    }
    for folder in folders {
        let sources = rust_files(&folder.join("src"));
        assert!(!sources.is_empty());
        // Each file becomes a program of its own, so that no `mod` has to be found.
        let package = Program::new("fn main() {}\n");
        let programs = package.folder().join("src/bin");
        fs::create_dir(&programs).unwrap();
        let mut texts = Vec::new();
        for (index, source) in sources.into_iter().enumerate() {
            let Ok(text) = fs::read_to_string(&source) else {
                continue;
            };
            let copy = programs.join(format!("file_{index}.rs"));
            fs::write(&copy, &text).unwrap();
            texts.push((source, copy, text));
        }
        annotate(&package, &["--all"]);
        let annotated = texts
            .iter()
            .filter(|(_, copy, text)| fs::read_to_string(copy).unwrap() != *text);
        assert!(annotated.count() > 0, "{}", folder.display());
        annotate(&package, &["--strip"]);
        for (source, copy, text) in texts {
            assert!(
                fs::read_to_string(copy).unwrap() == text,
                "{}",
                source.display()
            );
        }
    }
}

fn downloaded(package: &str) -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home =
        home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo")))?;
    let registries = fs::read_dir(home.join("registry/src")).ok()?.flatten();
    let folders = registries.map(|registry| registry.path().join(package));
    folders
        .into_iter()
        .find(|folder| folder.join("src").exists())
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn a_module_named_traced_is_not_taken_for_the_crate() {
    let program = Program::new("mod traced {}\npub fn f() {}\nfn main() {}\n");
    annotate(&program, &["--all"]);
    assert!(program.text().contains("#[::traced::traced]\npub fn f"));
    for (before, path) in [
        ("mod a { mod b { pub mod traced {} } }", "::traced"),
        ("use crate::telemetry::traced;", "::traced"),
        ("use crate::{telemetry as traced};", "::traced"),
        ("use traced::traced;", "traced"),
        ("use {traced::traced, std::fmt};", "traced"),
    ] {
        let program = Program::new(&format!("{before}\npub fn f() {{}}\nfn main() {{}}\n"));
        annotate(&program, &["--all"]);
        let text = program.text();
        assert!(
            text.contains(&format!("\n#[{path}::traced]\npub fn f")),
            "{text}"
        );
    }
}

/// A loop that takes messages runs for as long as the program. What it calls with each is the work.
#[test]
fn what_takes_messages_gets_no_span_and_what_it_calls_does() {
    for (head, body) in [
        (
            "(mut self)",
            "while let Some(job) = self.rx.recv().await { self.handle(job).await; }",
        ),
        (
            "(&mut self) -> Result<()>",
            "while let Some(job) = self.rx.recv().await { self.handle(job).await; }\n    Ok(())",
        ),
        (
            "(worker: Worker, mut rx: Receiver<Job>)",
            "while let Ok(job) = rx.recv_async().await { worker.handle(job).await; }",
        ),
        (
            "(mut self)",
            "let Worker { mut rx, .. } = self;\n    while let Some(job) = rx.recv().await { other.handle(job).await; }",
        ),
        (
            "(&self)",
            "let mut events = self.bus.subscribe();\n    while let Ok(event) = events.recv().await { self.handle(event).await; }",
        ),
        (
            "(&self) -> Result<()>",
            "let mut consumer = self.channel.basic_consume().await?;\n    while let Some(job) = consumer.next().await { self.handle(job?).await; }\n    Ok(())",
        ),
        (
            "(&mut self)",
            "loop {\n        let Some(job) = self.rx.recv().await else { break };\n        self.handle(job).await;\n    }",
        ),
        (
            "(&mut self)",
            "loop {\n        match self.rx.recv().await { Some(job) => self.handle(job).await, None => break }\n    }",
        ),
        (
            "(&self, consumer: StreamConsumer)",
            "let mut stream = consumer.stream();\n    while let Some(job) = stream.next().await { self.handle(job).await; }",
        ),
        (
            "(&self, mut events: nats::Subscriber)",
            "while let Some(job) = events.next().await { self.handle(job).await; }",
        ),
        (
            "(&mut self)",
            "while let Some(job) = self.subscription.next().await { self.handle(job).await; }",
        ),
    ] {
        let run = format!("pub async fn run{head} {{\n    {body}\n}}\n");
        let handle = "async fn handle(&self, job: Job) { other().await }\n";
        let program = Program::new(&format!(
            "impl Worker {{\n{run}{handle}}}\nfn main() {{ Worker::run }}\n"
        ));
        annotate(&program, &[]);
        let expected = format!(
            "impl Worker {{\n{run}#[traced::traced]\n{handle}}}\nfn main() {{ Worker::run }}\n"
        );
        assert_eq!(program.text(), expected);
    }
}

/// It ends with what it was called for.
#[test]
fn what_collects_messages_gets_a_span() {
    for function in [
        "async fn f(mut rx: Receiver<Row>) -> Vec<Row> { begin().await; while let Some(row) = rx.recv().await { rows.push(row); } rows }",
        "async fn f(ids: Vec<u64>) { let (tx, mut rx) = channel(8); start(ids, tx).await; while let Some(row) = rx.recv().await { print(row).await; } }",
        "async fn f(body: Body) { while let Some(chunk) = body.next().await { print(chunk).await; } }",
        "async fn f() -> (A, B) { tokio::join!(a(), b()) }",
    ] {
        let program = Program::new(&format!("pub {function}\nfn main() {{}}\n"));
        annotate(&program, &[]);
        let text = program.text();
        assert!(text.starts_with("#[traced::traced]\npub async"), "{text}");
    }
}

#[test]
fn functions_that_get_no_attribute_are_named() {
    let function = |name: &str| {
        format!(
            "pub async fn {name}() {{ load().await; match x {{ _ => drop(tokio::spawn(async {{ loop {{ step().await }} }})) }} }}\n"
        )
    };
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    for (count, said) in [
        (
            1,
            "note: `a` (src/main.rs:1) is left without an attribute: a task that never ends",
        ),
        (
            2,
            "note: `a` (src/main.rs:1), `b` (src/main.rs:2) are left without",
        ),
        (
            7,
            "`e` (src/main.rs:5) and 2 more functions are left without",
        ),
    ] {
        let text: String = names[..count].iter().map(|name| function(name)).collect();
        let program = Program::new(&format!("{text}fn main() {{}}\n"));
        let output = annotate(&program, &[]);
        let printed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(printed.contains(said), "{printed}");
    }
}

#[test]
fn without_write_nothing_is_written_and_the_difference_is_shown() {
    let program = Program::new("pub fn f() {}\nfn main() {}\n");
    let before = program.text();
    let output = cargo_traced(["annotate", "--all"], program.folder());
    assert_eq!(output.status.code(), Some(1));
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        shown.starts_with("--- a/src/main.rs\n+++ b/src/main.rs\n"),
        "{shown}"
    );
    assert!(shown.contains("\n+#[traced::traced]\n pub fn f"), "{shown}");
    assert_eq!(program.text(), before);
}

#[test]
fn without_a_clean_repository_nothing_is_written() {
    let program = Program::new("pub fn f() {}\nfn main() {}\n");
    let before = program.text();
    for git in [false, true] {
        if git {
            let init = std::process::Command::new("git")
                .args(["init", "-q"])
                .current_dir(program.folder())
                .status();
            assert!(init.unwrap().success());
        }
        let output = cargo_traced(["annotate", "--all", "--write"], program.folder());
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("--allow-dirty"), "{said}");
        assert_eq!(program.text(), before);
    }
}

/// Git cannot give back what it does not have, whether or not it says that there is such a file.
#[test]
fn a_file_that_git_does_not_keep_is_not_overwritten() {
    let text = "pub fn f() {}\n";
    for (ignored, hides) in [("src/made.rs\n", false), ("\n", true)] {
        let program = Program::new("mod made;\nfn main() {}\n");
        let folder = program.folder();
        fs::write(folder.join(".gitignore"), ignored).unwrap();
        for arguments in [
            &["init", "-q"][..],
            &["add", "."],
            &[
                "-c",
                "user.name=a",
                "-c",
                "user.email=a@b",
                "commit",
                "-q",
                "-m",
                "a",
            ],
            &[
                "config",
                "status.showUntrackedFiles",
                if hides { "no" } else { "all" },
            ],
        ] {
            let mut command = std::process::Command::new("git");
            command.args(arguments).current_dir(folder);
            assert!(command.status().unwrap().success(), "{arguments:?}");
        }
        let made = folder.join("src/made.rs");
        fs::write(&made, text).unwrap();
        let before = program.text();
        let output = cargo_traced(["annotate", "--all", "--write"], folder);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(
            said.contains("src/made.rs") && said.contains("--allow-dirty"),
            "{said}"
        );
        assert_eq!(fs::read_to_string(&made).unwrap(), text);
        assert_eq!(program.text(), before);
    }
}

/// A submodule, or a repository that the outer one ignores.
#[test]
fn changes_in_an_inner_repository_are_not_overwritten() {
    let program = Program::new("mod inner;\npub fn f() {}\nfn main() {}\n");
    let folder = program.folder();
    let git = |at: &Path, arguments: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
        let mut command = std::process::Command::new("git");
        command.args(identity).args(arguments).current_dir(at);
        assert!(command.status().unwrap().success(), "{arguments:?}");
    };
    let inner = folder.join("src/inner");
    fs::create_dir(&inner).unwrap();
    fs::write(inner.join("mod.rs"), "pub fn g() {}\n").unwrap();
    fs::write(folder.join(".gitignore"), "src/inner\n").unwrap();
    for at in [folder, &inner] {
        git(at, &["init", "-q"]);
    }
    git(folder, &["add", "."]);
    git(folder, &["commit", "-q", "-m", "a"]);
    let before = program.text();
    let output = cargo_traced(["annotate", "--all", "--write"], folder);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("src/inner has changes"), "{said}");
    assert_eq!(program.text(), before);
    git(&inner, &["add", "."]);
    git(&inner, &["commit", "-q", "-m", "a"]);
    let output = cargo_traced(["annotate", "--all", "--write"], folder);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_ne!(program.text(), before);
}

#[test]
fn a_package_without_the_standard_library_is_told() {
    for (attribute, is_told) in [
        ("#![no_std]", true),
        ("#![cfg_attr(not(feature = \"std\"), no_std)]", true),
        ("#![allow(unused)]", false),
    ] {
        let program = Program::new(&format!("{attribute}\npub fn f() {{}}\nfn main() {{}}\n"));
        let output = annotate(&program, &["--all"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let told = said.contains("`program` is `no_std`, and `traced` needs the standard library");
        assert_eq!(told, is_told, "{said}");
    }
}

#[test]
fn an_attribute_of_another_crate_is_not_stripped() {
    for (imports, attribute, is_stripped) in [
        ("", "traced::traced(name = \"x\")", true),
        ("use traced::traced;", "traced(name = \"x\")", true),
        ("use other::traced::*;", "traced_spawn", true),
        ("use crate::prelude::traced;", "traced", true),
        ("", "other::traced::traced", true),
        ("", "other::traced(name = \"x\")", false),
        ("use {other::traced, std::fmt};", "traced", false),
        ("use other::spans as traced;", "traced", false),
    ] {
        let without = format!("// depends: other\n{imports}\nfn f() {{}}\nfn main() {{}}\n");
        let with = without.replace("fn f", &format!("#[{attribute}]\nfn f"));
        let program = Program::new(&with);
        annotate(&program, &["--strip", "--all"]);
        let expected = if is_stripped { without } else { with };
        assert_eq!(program.text(), expected, "{imports} {attribute}");
    }
}
