//! Each rule has findings where a case expects them, and nowhere else.
//!
//! A case is a file of `tests/audit`, the only one of a program. `//~ rule` at the end of a line expects a
//! finding there, `//~? rule` a note; `// depends: lapin` at the top names further dependencies. A rule has a
//! case of its name in which it fires, and one, `rule.twin.rs`, that looks alike and has no finding.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use support::{Program, cargo_traced};

/// The line, the level and the rule of each report.
type Reports = BTreeSet<(u64, String, String)>;

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/audit");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect();
    cases.sort();
    cases
}

fn expected(text: &str) -> Reports {
    let mut reports = Reports::new();
    for (index, line) in text.lines().enumerate() {
        for marker in line.split("//~").skip(1) {
            let (level, rule) = match marker.strip_prefix('?') {
                Some(rule) => ("note", rule),
                None => ("warning", marker),
            };
            reports.insert((index as u64 + 1, level.to_owned(), rule.trim().to_owned()));
        }
    }
    reports
}

fn reported(output: &[u8]) -> Reports {
    let lines = String::from_utf8_lossy(output);
    let messages = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let report = |message: serde_json::Value| {
        let rule = message["code"]["code"]
            .as_str()
            .unwrap()
            .replace("traced::", "");
        let line = message["spans"][0]["line_start"].as_u64().unwrap();
        (line, message["level"].as_str().unwrap().to_owned(), rule)
    };
    messages.map(report).collect()
}

#[test]
fn rules_fire_where_cases_say_so() {
    let mut wrong = Vec::new();
    for case in cases() {
        let text = fs::read_to_string(&case).unwrap();
        let program = Program::new(&text);
        let output = cargo_traced(["audit", "--message-format", "json"], program.folder());
        let (expected, reported) = (expected(&text), reported(&output.stdout));
        let has_finding = expected.iter().any(|(_, level, _)| level == "warning");
        if output.status.code() != Some(i32::from(has_finding)) {
            wrong.push(format!("{}: {}", case.display(), output.status));
        }
        for missing in expected.difference(&reported) {
            wrong.push(format!("{}: expected {missing:?}", case.display()));
        }
        for surplus in reported.difference(&expected) {
            wrong.push(format!("{}: reported {surplus:?}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn each_rule_has_a_case_a_twin_and_a_section_in_the_docs() {
    let program = Program::new("fn main() {}");
    let output = cargo_traced(["audit", "--message-format", "sarif"], program.folder());
    let log: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    assert!(rules.len() >= 7);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../docs/audit.md")).unwrap();
    for rule in rules {
        let name = rule["id"].as_str().unwrap();
        for file in [
            format!("tests/audit/{name}.rs"),
            format!("tests/audit/{name}.twin.rs"),
        ] {
            assert!(root.join(&file).exists(), "no {file}");
        }
        assert!(
            page.contains(&format!("\n## {name}\n")),
            "no section {name}"
        );
    }
}

#[test]
fn a_twin_has_no_finding() {
    for case in cases() {
        let text = fs::read_to_string(&case).unwrap();
        let is_twin = case.to_string_lossy().ends_with(".twin.rs");
        assert_eq!(text.contains("//~ "), !is_twin, "{}", case.display());
    }
}

#[test]
fn the_last_line_is_the_coverage() {
    let program = Program::new(
        "fn a() { tokio::spawn(async { info!(\"a\") }); }\n#[traced]\nfn b() { tokio::spawn(async { info!(\"b\") }); }\n#[traced::traced_spawn]\nfn c() { tokio::spawn(async { info!(\"c\") }); }\nfn main() { b(); }\n",
    );
    let output = cargo_traced(["audit"], program.folder());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        text.lines().last(),
        Some("spawn sites 2/3 carried · entry points 1/1")
    );
}

/// To look twice at each task in a task would take two to the power of their depth.
#[test]
fn tasks_in_tasks_are_looked_at_once() {
    let depth = 24;
    let text = format!(
        "#[traced]\nasync fn a() {{ {}work().await{} }}\nfn main() {{ serve(); }}\n",
        "tokio::spawn(async move { ".repeat(depth),
        " });".repeat(depth)
    );
    let program = Program::new(&text);
    let output = cargo_traced(["audit"], program.folder());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("0 findings"), "{text}");
}

#[test]
fn blocks_with_names_in_blocks_are_looked_at_once() {
    let mut task = "work().await".to_owned();
    for depth in 0..24 {
        task = format!("let task{depth} = async move {{ {task} }}; task{depth}.await");
    }
    let text = format!(
        "#[traced]\nasync fn a() {{ tokio::spawn(async move {{ {task} }}); }}\nfn main() {{ serve(); }}\n"
    );
    let program = Program::new(&text);
    let output = cargo_traced(["audit"], program.folder());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.starts_with("0 findings"), "{text}");
}

/// Nothing that it calls is known to have a span, so that the same site would be a note without the attribute.
#[test]
fn what_is_carried_is_covered_even_if_it_need_not_be() {
    for (attribute, covered) in [("#[traced]\n", "1/1"), ("", "0/0")] {
        let text = format!(
            "{attribute}fn a() {{ tokio::spawn(async {{ smtp::send().await }}); }}\nfn main() {{}}\n"
        );
        let program = Program::new(&text);
        let output = cargo_traced(["audit"], program.folder());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let expected = format!("spawn sites {covered} carried");
        assert!(text.contains(&expected), "{text}");
    }
}

/// The package that serves them may put a layer with a span around them.
#[test]
fn handlers_of_a_library_that_serves_nothing_are_notes() {
    let handlers = "async fn list() {}\npub fn router() -> axum::Router { axum::Router::new().route(\"/\", get(list)) }\n";
    let serving = "pub async fn run() { axum::serve(listener(), router()).await }\n";
    // Its spans are those of `tracing`, and the package that exports them is another.
    let with_layer = "pub async fn run() { axum::serve(listener(), router().layer(TraceLayer::new_for_http())).await }\n";
    // Whoever uses it gives it layers of their own.
    let takes_layers = format!("{serving}impl App {{ pub fn layer(self, layer: Layer) {{}} }}\n");
    let is_layer =
        format!("{serving}impl Layer<S> for Auth {{ fn layer(&self, inner: S) {{}} }}\n");
    // It serves files, in a function with that name.
    let of_files = "pub async fn page() { serve(file()) }\nfn serve(file: File) {}\n";
    for (more, level) in [
        ("", "note"),
        (serving, "warning"),
        (with_layer, "note"),
        (&takes_layers, "note"),
        (&is_layer, "warning"),
        (of_files, "note"),
    ] {
        assert_eq!(
            levels_in_library(&format!("{handlers}{more}")),
            [level],
            "{more}"
        );
    }
}

#[test]
fn methods_of_a_grpc_service_are_served_by_a_grpc_server() {
    let service = |implements: &str| {
        format!(
            "{implements} {{ async fn hello(&self, request: Request<Hello>) -> Result<Response<Answer>, Status> {{ todo!() }} }}\n"
        )
    };
    let mine = service("impl greeter_server::Greeter for Mine");
    let any = service("impl<T: Greetings> greeter_server::Greeter for T");
    let http = "pub async fn run() { axum::serve(listener(), router()).await }\n";
    let grpc =
        "pub async fn run() { tonic::transport::Server::builder().add_service(mine()).await }\n";
    for (handler, server, level) in [
        (&mine, grpc, "warning"),
        (&mine, http, "note"),
        (&any, grpc, "note"),
    ] {
        assert_eq!(
            levels_in_library(&format!("{handler}{server}")),
            [level],
            "{handler}{server}"
        );
    }
}

/// The package `telemetry` exports the spans of `TraceLayer`; the program, or a package beside it, depends on it by a path.
#[test]
fn a_package_beside_may_export_the_spans_of_tracing() {
    let text = "async fn list() {}\nfn main() { axum::serve(listener(), Router::new().route(\"/\", get(list)).layer(TraceLayer::new_for_http())) }\n";
    let manifest = |name: &str, more: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}")
    };
    let direct = "telemetry = { path = \"telemetry\" }\n";
    let through_shared = "shared = { path = \"shared\" }\n";
    let bridge = "tracing-opentelemetry = \"*\"\n";
    let alone = "[workspace]\n";
    for (of_program, of_telemetry, of_workspace, expected) in [
        (direct, bridge, "", &[][..]),
        (through_shared, bridge, "", &[]),
        // Not members of the program's workspace.
        (through_shared, bridge, alone, &[]),
        (direct, "", "", &["warning"]),
        (through_shared, "", alone, &["warning"]),
        ("", bridge, alone, &["warning"]),
    ] {
        let program = Program::new(text);
        let write = |folder: &str, text: String| {
            fs::create_dir_all(program.folder().join(folder).join("src")).unwrap();
            fs::write(program.folder().join(folder).join("Cargo.toml"), text).unwrap();
        };
        let excluded = match of_workspace == alone {
            true => "exclude = [\"shared\", \"telemetry\"]\n",
            false => "",
        };
        let workspace = format!("[workspace]\n{excluded}[dependencies]\n{of_program}");
        write(".", manifest("program", &workspace));
        let telemetry = "telemetry = { path = \"../telemetry\" }\n";
        for (name, dependencies) in [("shared", telemetry), ("telemetry", of_telemetry)] {
            let more = format!("{of_workspace}[dependencies]\n{dependencies}");
            write(name, manifest(name, &more));
            fs::write(program.folder().join(name).join("src/lib.rs"), "").unwrap();
        }
        let output = cargo_traced(["audit"], program.folder());
        assert!(output.stderr.is_empty(), "{output:?}");
        assert_eq!(
            levels(&program),
            expected,
            "{of_program}{of_telemetry}{of_workspace}"
        );
    }
}

/// The levels of the reports on a library with this one file.
fn levels_in_library(text: &str) -> Vec<String> {
    let program = Program::new("");
    fs::remove_file(program.folder().join("src/main.rs")).unwrap();
    fs::write(program.folder().join("src/lib.rs"), text).unwrap();
    levels(&program)
}

/// The same of the files of a program, each report counted.
fn all_levels(program: &Program) -> Vec<String> {
    let output = cargo_traced(["audit", "--message-format", "json"], program.folder());
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let level = |line: &str| {
        let message = serde_json::from_str::<serde_json::Value>(line).unwrap();
        message["level"].as_str().unwrap().to_owned()
    };
    lines.lines().map(level).collect()
}

fn levels(program: &Program) -> Vec<String> {
    let output = cargo_traced(["audit", "--message-format", "json"], program.folder());
    let reports = reported(&output.stdout).into_iter();
    reports.map(|(_, level, _)| level).collect()
}

/// Nobody traces a benchmark.
#[test]
fn what_is_for_tests_by_its_manifest_is_noted() {
    let text = "use axum::routing::get;\nasync fn list() { tokio::spawn(async { info!(\"listed\") }); }\n\
                fn router() -> axum::Router { axum::Router::new().route(\"/\", get(list)) }\nfn main() { serve(); }\n";
    let entry = "categories = [\"web-programming\"]\nkeywords = [\"contest\"]";
    for (more, level) in [
        (entry, "warning"),
        ("keywords = [\"load-testing\"]", "note"),
        ("keywords = [\"HTTP\", \"Mock\"]", "note"),
        ("categories = [\"development-tools::profiling\"]", "note"),
    ] {
        let program = Program::new(text);
        let path = program.folder().join("Cargo.toml");
        let manifest = fs::read_to_string(&path).unwrap();
        let name = "name = \"program\"";
        fs::write(&path, manifest.replace(name, &format!("{name}\n{more}"))).unwrap();
        assert_eq!(levels(&program), [level, level], "{more}");
    }
}

/// `gen-schemas` is a tool beside the program, and `program` is the package's own.
#[test]
fn the_main_of_a_tool_beside_the_program_is_noted() {
    let main = "fn main() { print(); }\nfn print() { info!(\"printed\") }\n";
    let library = ("src/lib.rs", "");
    for (files, expected) in [
        (&[("src/bin/gen-schemas.rs", main)][..], &["warning"][..]),
        (&[("src/bin/gen-schemas.rs", main), library], &["note"]),
        (&[("src/bin/gen/main.rs", main), library], &["note"]),
        (&[("src/bin/program.rs", main), library], &["warning"]),
        (&[("src/main.rs", main), library], &["warning"]),
        (
            &[("src/bin/a.rs", main), ("src/bin/b.rs", main)],
            &["note", "note"],
        ),
    ] {
        let program = Program::new("");
        fs::remove_file(program.folder().join("src/main.rs")).unwrap();
        for (name, text) in files {
            let path = program.folder().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        assert_eq!(all_levels(&program), expected, "{files:?}");
    }
}

/// Each file is a module, and the executable has a root of its own.
#[test]
fn messages_have_one_type_if_one_module_declares_it() {
    let send = "#[traced]\nasync fn send(sender: &Sender<Command>) { sender.send(Command::Stop).await; }\n";
    let receive =
        "#[traced]\nasync fn receive(mut receiver: Receiver<Command>) { receiver.recv().await; }\n";
    let own = "enum Command { Stop }\n";
    let shared = "use crate::shared::Command;\n";
    let of_library = "use program::shared::Command;\n";
    for (sending, receiving, expected) in [
        (("sending.rs", own), ("receiving.rs", own), &[][..]),
        (("sending.rs", shared), ("receiving.rs", own), &[]),
        (
            ("sending.rs", shared),
            ("receiving.rs", shared),
            &["warning"],
        ),
        (
            ("sending.rs", shared),
            ("receiving.rs", "use super::shared::*;\n"),
            &["warning"],
        ),
        (
            ("sending.rs", shared),
            ("main.rs", of_library),
            &["warning"],
        ),
        (("sending.rs", shared), ("main.rs", own), &[]),
        // Nobody sees what is in `missing`.
        (
            ("sending.rs", shared),
            ("receiving.rs", "use crate::missing::*;\n"),
            &["note"],
        ),
    ] {
        let program = Program::new("");
        let library = "mod sending;\nmod receiving;\npub mod shared;\n";
        for (name, text) in [
            ("lib.rs", library.to_owned()),
            ("shared.rs", format!("pub {own}")),
            ("receiving.rs", String::new()),
            (sending.0, format!("{}{send}", sending.1)),
            (receiving.0, format!("{}{receive}", receiving.1)),
        ] {
            fs::write(program.folder().join("src").join(name), text).unwrap();
        }
        assert_eq!(levels(&program), expected, "{sending:?} {receiving:?}");
    }
}

/// An executable calls the library of its package by its name; the library may export it under another.
#[test]
fn what_the_library_exports_is_followed() {
    let program = Program::new("fn main() { program::daemon_main() }");
    let files = [
        (
            "lib.rs",
            "mod daemon;\npub mod tool;\npub use daemon::main as daemon_main;\npub use crate::tool::main;\n\
             make_functions!();\n",
        ),
        (
            "daemon.rs",
            "pub fn main() { std::net::TcpListener::bind(\"localhost:80\"); }",
        ),
        (
            "tool.rs",
            "pub fn main() { print(); }\nfn print() { info!(\"printed\") }",
        ),
        ("bin/tool.rs", "fn main() { program::main() }"),
        (
            "bin/tool_by_path.rs",
            "use program::tool;\nfn main() { tool::main() }",
        ),
        (
            "bin/daemon.rs",
            "use program::daemon_main;\nfn main() { daemon_main() }",
        ),
        ("bin/made.rs", "fn main() { program::made_by_a_macro() }"),
    ];
    fs::create_dir(program.folder().join("src/bin")).unwrap();
    for (name, text) in files {
        fs::write(program.folder().join("src").join(name), text).unwrap();
    }
    let output = cargo_traced(["audit", "--message-format", "json"], program.folder());
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    let messages = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let mut found: Vec<String> = messages
        .map(|message| {
            let file = message["spans"][0]["file_name"].as_str().unwrap();
            let said = message["message"].as_str().unwrap();
            let may_serve = said.contains("may start a server");
            format!("{file} {}", if may_serve { "may serve" } else { "ends" })
        })
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "src/bin/made.rs may serve",
            "src/bin/tool.rs ends",
            "src/bin/tool_by_path.rs ends",
        ]
    );
}

#[test]
fn a_baseline_leaves_out_what_it_lists_wherever_it_moves() {
    let old = "fn a() { tokio::spawn(async { info!(\"a\") }); }\nfn main() { serve() }\n";
    let program = Program::new(old);
    let written = cargo_traced(
        ["audit", "--write-baseline", "known.json"],
        program.folder(),
    );
    assert_eq!(written.status.code(), Some(1));
    let known = cargo_traced(["audit", "--baseline", "known.json"], program.folder());
    assert_eq!(known.status.code(), Some(0));
    program.write(&format!(
        "\n\n{old}fn b() {{ tokio::spawn(async {{ info!(\"b\") }}); }}\n"
    ));
    let more = cargo_traced(
        [
            "audit",
            "--baseline",
            "known.json",
            "--message-format",
            "json",
        ],
        program.folder(),
    );
    assert_eq!(more.status.code(), Some(1));
    assert_eq!(reported(&more.stdout).len(), 1);
}

#[test]
fn wrong_arguments_exit_with_two() {
    let program = Program::new("fn main() {}");
    for arguments in [
        vec!["audit", "--manifest-path", "missing/Cargo.toml"],
        vec!["audit", "--baseline", "missing.json"],
        vec!["audit", "--package", "missing"],
        vec!["audit", "--no-such-option"],
    ] {
        let output = cargo_traced(arguments.clone(), program.folder());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            output.stdout.is_empty() && !output.stderr.is_empty(),
            "{arguments:?}"
        );
    }
}

#[test]
fn where_there_is_no_request_nobody_is_told_to_carry_its_context() {
    let said = |text: &str| {
        let output = cargo_traced(["audit"], Program::new(text).folder());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("traced::spawn_site"), "{said}");
        said
    };
    let main = "async fn main() {\n    tokio::spawn(worker::run(queue));\n    axum::serve(listener, app).await;\n}\n";
    let server = "async fn accept() {\n    loop {\n        tokio::spawn(handle(next().await));\n    }\n}\nfn main() { serve() }\n";
    for (text, doubt) in [
        (main, "no span is around `main`"),
        (server, "no span is around a function that serves for ever"),
    ] {
        let said = said(text);
        assert!(said.contains(doubt), "{said}");
        assert!(!said.contains("a part of the request"), "{said}");
    }
    let of_request = "async fn handle(jobs: Receiver<Job>) {\n    tokio::spawn(async move {\n        while let Some(job) = jobs.recv().await {\n            job.run();\n        }\n    });\n}\nfn main() { serve() }\n";
    let said = said(of_request);
    assert!(
        said.contains("if it is a part of the request all the same"),
        "{said}"
    );
}

/// `#[traced]` on a handler carries the context as well, and a function that is no entry point needs no more than that.
#[test]
fn one_attribute_is_enough_for_a_function() {
    let said = |text: &str| {
        let output = cargo_traced(["audit"], Program::new(text).folder());
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let work = "{ tokio::spawn(async { info!(\"sent\") }); }\n";
    let router = "fn router() -> axum::Router { axum::Router::new().route(\"/\", get(send)) }\nfn main() { serve() }\n";
    let handler = format!("async fn send() {work}{router}");
    let said_of_handler = said(&handler);
    assert!(
        said_of_handler.contains("#[traced::traced]"),
        "{said_of_handler}"
    );
    assert!(
        !said_of_handler.contains("#[traced::traced_spawn]"),
        "{said_of_handler}"
    );
    assert!(
        said_of_handler
            .contains("the `#[traced]` that `send` needs carries the context in here, too"),
        "{said_of_handler}"
    );
    let function = format!("async fn mail() {work}fn main() {{ serve() }}\n");
    assert!(said(&function).contains("#[traced::traced_spawn]"));
    let advice = "after `cargo add traced`";
    assert!(!said(&function).contains(advice));
    for text in [&handler, &function] {
        let said = said(&format!("// without: traced\n{text}"));
        assert!(said.contains(advice), "{said}");
    }
}

/// `current` makes no span.
#[test]
fn a_handler_that_only_records_on_the_current_span_has_none() {
    for (argument, expected) in [("current", &["warning"][..]), ("name = current", &[])] {
        let program = Program::new(&format!(
            "#[traced({argument})]\nasync fn list() {{}}\n\
             fn router() -> axum::Router {{ axum::Router::new().route(\"/\", get(list)) }}\nfn main() {{ serve() }}\n"
        ));
        assert_eq!(levels(&program), expected, "{argument}");
    }
}

#[test]
fn files_that_do_not_parse_are_named_and_skipped() {
    let program = Program::new(
        "mod broken;\nfn a() { tokio::spawn(async { info!(\"a\") }); }\nfn main() { serve() }\n",
    );
    fs::write(program.folder().join("src/broken.rs"), "fn half( {").unwrap();
    let output = cargo_traced(["audit"], program.folder());
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("skipped src/broken.rs: it does not parse, at line 1"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn links_and_generated_files_are_left_alone() {
    let program = Program::new("mod linked;\nmod made;\nfn main() { serve() }\n");
    let outside = program.folder().join("outside.rs");
    fs::write(&outside, "fn a() { tokio::spawn(async {}); }").unwrap();
    std::os::unix::fs::symlink(&outside, program.folder().join("src/linked.rs")).unwrap();
    let made = "// @generated by prost-build\nfn a() { tokio::spawn(async {}); }";
    fs::write(program.folder().join("src/made.rs"), made).unwrap();
    let output = cargo_traced(["audit"], program.folder());
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stdout)
    );
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("skipped src/linked.rs: it is a symbolic link"),
        "{said}"
    );
    assert!(
        said.contains("skipped src/made.rs: it says `@generated`"),
        "{said}"
    );
}

#[test]
fn included_files_are_counted_as_unread() {
    let program = Program::new(
        "include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));\n\
         mod more { std::include!(\"more.rs\"); }\n\
         const PAGE: &str = include_str!(\"page.html\");\n\
         fn main() { let table = include!(\"table.rs\"); serve(table) }\n",
    );
    let output = cargo_traced(["audit"], program.folder());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("; 3 macros not looked into"), "{said}");
}

#[test]
fn unread_macros_are_counted() {
    let program = Program::new("macro_rules! m { () => { fn f() {} } }\nfn main() { serve() }\n");
    let output = cargo_traced(["audit"], program.folder());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("; 1 macro not looked into"), "{said}");
}

#[test]
fn a_suggestion_for_a_file_of_windows_shows_no_carriage_return() {
    let program = Program::new(
        "fn main() {}\r\nfn work() {\r\n    std::thread::spawn(|| info!(\"a\"));\r\n}\r\n",
    );
    let output = cargo_traced(["audit"], program.folder());
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("#[traced::traced_spawn]\n"), "{printed}");
    assert!(!printed.contains(['\r', '␍']), "{printed}");
}
