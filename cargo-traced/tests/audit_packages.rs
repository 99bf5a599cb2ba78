//! What the rules say of a function depends on its package: on what it serves, exports and depends on, and on its other
//! files.

mod support;

use std::fs;

use support::{Program, all_levels, cargo_traced, levels};

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
    let optional = "tracing-opentelemetry = { version = \"*\", optional = true }\n";
    let by_feature = "tracing-opentelemetry = { version = \"*\", optional = true }\n[features]\nexport = [\"bridge\"]\nbridge = [\"dep:tracing-opentelemetry\"]\n";
    let with_feature = "telemetry = { path = \"telemetry\", features = [\"export\"] }\n";
    let alone = "[workspace]\n";
    for (of_program, of_telemetry, of_workspace, expected) in [
        (direct, bridge, "", &[][..]),
        (through_shared, bridge, "", &[]),
        // Not members of the program's workspace.
        (through_shared, bridge, alone, &[]),
        (direct, "", "", &["warning"]),
        (through_shared, "", alone, &["warning"]),
        ("", bridge, alone, &["warning"]),
        (direct, optional, "", &["warning"]),
        (direct, by_feature, alone, &["warning"]),
        (with_feature, by_feature, alone, &[]),
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
            "mod list;\npub use list::*;\npub fn main() { print(); }\nfn print() { info!(\"printed\") }",
        ),
        ("tool/list.rs", "pub fn list() { info!(\"listed\") }"),
        ("bin/tool.rs", "fn main() { program::main() }"),
        (
            "bin/tool_by_path.rs",
            "use program::tool;\nfn main() { tool::main() }",
        ),
        (
            "bin/tool_by_self.rs",
            "use program::tool::{self, Options};\nfn main() { tool::list() }",
        ),
        (
            "bin/daemon.rs",
            "use program::daemon_main;\nfn main() { daemon_main() }",
        ),
        ("bin/made.rs", "fn main() { program::made_by_a_macro() }"),
    ];
    for folder in ["src/bin", "src/tool"] {
        fs::create_dir(program.folder().join(folder)).unwrap();
    }
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
            "src/bin/tool_by_self.rs ends",
        ]
    );
}
