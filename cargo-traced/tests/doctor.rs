//! `cargo traced doctor`: each rule finds its fault, and is silent about a twin, a similar project without it.
//!
//! The packages `traced` and `opentelemetry` of these projects are empty folders, so that cargo needs no registry to
//! resolve them.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use serde_json::Value;

const MAIN: &str = "use traced::traced;\n\nfn main() {\n    let _telemetry = traced::init();\n    work();\n}\n\n#[traced]\nfn work() {}\n";

/// A project in a temporary folder.
struct Project(tempfile::TempDir);

impl Project {
    /// A project with these features of `traced`.
    fn new(features: &[&str]) -> Self {
        let project = Project(tempfile::tempdir().unwrap());
        let list: Vec<String> = features
            .iter()
            .map(|feature| format!("\"{feature}\""))
            .collect();
        let traced = format!(
            "traced = {{ path = \"traced\", features = [{}] }}\n",
            list.join(", ")
        );
        project.manifest(&traced, "");
        project.package("opentelemetry", "opentelemetry", "0.33.1", "");
        let features =
            "[features]\ninit = []\nconsole = []\nlogs = []\ntls = []\nconfig-file = []\n";
        project.package(
            "traced",
            "traced",
            "0.1.0",
            &format!("opentelemetry = {{ path = \"../opentelemetry\" }}\n{features}"),
        );
        project.write("src/main.rs", MAIN);
        project
    }

    /// A project without a fault.
    fn healthy() -> Self {
        Project::new(&["init"])
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn manifest(&self, dependencies: &str, rest: &str) {
        // A workspace cannot have two members of the same name, as some of these packages are.
        let package = "[package]\nname = \"program\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
                       [workspace]\nexclude = [\"bridge\", \"old\", \"opentelemetry\", \"shared\", \"traced\"]\n";
        let text = format!("{package}[dependencies]\n{dependencies}{rest}");
        self.write("Cargo.toml", &text);
    }

    /// An empty library.
    fn package(&self, folder: &str, name: &str, version: &str, dependencies: &str) {
        let text = format!(
            "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\n[dependencies]\n{dependencies}"
        );
        self.write(&format!("{folder}/Cargo.toml"), &text);
        self.write(&format!("{folder}/src/lib.rs"), "");
    }

    fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-traced"));
        command.args(["traced", "doctor"]).args(arguments);
        command.current_dir(self.folder());
        // The variables of the person who runs the tests must not change the findings.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            let upper = name.to_ascii_uppercase();
            if upper.starts_with("OTEL") || upper.starts_with("TRACED") || upper.ends_with("_PROXY")
            {
                command.env_remove(&name);
            }
        }
        command.envs(variables.iter().copied()).output().unwrap()
    }

    fn messages(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Vec<Value> {
        let arguments = [&["--message-format", "json"], arguments].concat();
        let output = self.run(&arguments, variables);
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        let messages: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let has_finding = messages.iter().any(|message| message["level"] == "warning");
        assert_eq!(
            output.status.code(),
            Some(i32::from(has_finding)),
            "{output:?}"
        );
        assert!(
            !String::from_utf8_lossy(&output.stderr).contains("not looked at"),
            "{output:?}"
        );
        messages
    }

    /// Compares the level and the rule of each report with the expected ones.
    #[track_caller]
    fn reports(&self, variables: &[(&str, &str)], expected: &[&str]) -> Vec<Value> {
        let messages = self.messages(&[], variables);
        let found: BTreeSet<String> = messages
            .iter()
            .map(|message| {
                let rule = message["code"]["code"].as_str().unwrap();
                let rule = rule.trim_start_matches("traced::");
                format!("{} {rule}", message["level"].as_str().unwrap())
            })
            .collect();
        let expected: BTreeSet<String> = expected.iter().map(|one| (*one).to_owned()).collect();
        assert_eq!(found, expected, "{messages:#?}");
        messages
    }

    #[track_caller]
    fn has_no_finding(&self, variables: &[(&str, &str)]) {
        self.reports(variables, &[]);
    }
}

fn rendered(messages: &[Value]) -> String {
    let texts = messages.iter().map(|message| message["rendered"].as_str());
    texts.map(Option::unwrap).collect()
}

/// Starts a listener that does this with each connection, and returns the URL of its port.
fn collector(scheme: &str, each: impl Fn(TcpStream) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().flatten().for_each(each));
    format!("{scheme}://localhost:{port}")
}

/// A port at which nobody listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn a_project_that_is_well_has_no_finding() {
    let project = Project::healthy();
    project.has_no_finding(&[]);
    let output = project.run(&[], &[]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        "0 findings and 0 notes\n"
    );
}

/// cargo asks rustc for the platform, and the configuration of the project may name another program for that.
#[cfg(unix)]
#[test]
fn no_program_of_the_project_is_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::healthy();
    let mark = project.folder().join("was-run");
    let wrapper = project.folder().join("wrapper");
    let text = format!("#!/bin/sh\ntouch {}\nexec \"$@\"\n", mark.display());
    fs::write(&wrapper, text).unwrap();
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
    project.write("build.rs", "fn main() { panic!() }");
    for key in ["rustc", "rustc-wrapper", "rustc-workspace-wrapper"] {
        project.write(
            ".cargo/config.toml",
            &format!("[build]\n{key} = {wrapper:?}\n"),
        );
        project.has_no_finding(&[]);
        assert!(!mark.exists(), "`{key}` was run");
    }
    // The wrapper does leave the mark when it is run: otherwise the test would prove nothing.
    assert!(
        Command::new(&wrapper)
            .arg("true")
            .status()
            .unwrap()
            .success()
            && mark.exists()
    );
}

#[test]
fn two_versions_are_found_with_the_way_to_the_other() {
    let project = Project::healthy();
    project.package("old", "opentelemetry", "0.30.0", "");
    project.package(
        "bridge",
        "tracing-opentelemetry",
        "0.31.0",
        "opentelemetry = { path = \"../old\" }\n",
    );
    let traced = "traced = { path = \"traced\", features = [\"init\"] }\n";
    project.manifest(
        &format!("{traced}tracing-opentelemetry = {{ version = \"0.31\", path = \"bridge\" }}\n"),
        "",
    );
    let messages = project.reports(&[], &["warning two_versions"]);
    let text = rendered(&messages);
    for words in [
        "`tracing-opentelemetry 0.31.0` belongs to opentelemetry 0.30.0, and `traced` to 0.33.1",
        "tracing-opentelemetry 0.31.0 → opentelemetry 0.30.0",
        "Cargo.toml:",
        "version = \"0.34\"",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    // A direct dependency is found too, although the program renames it.
    project.manifest(
        &format!("{traced}old = {{ package = \"opentelemetry\", path = \"old\" }}\n"),
        "",
    );
    let messages = project.reports(&[], &["warning two_versions"]);
    assert!(
        rendered(&messages).contains("`opentelemetry 0.30.0` is not the one of `traced`, 0.33.1"),
        "{messages:#?}"
    );
}

#[test]
fn two_versions_twins() {
    let project = Project::healthy();
    project.package("old", "opentelemetry", "0.30.0", "");
    project.package(
        "bridge",
        "tracing-opentelemetry",
        "0.34.0",
        "opentelemetry = { path = \"../opentelemetry\" }\n",
    );
    let traced = "traced = { path = \"traced\", features = [\"init\"] }\n";
    let bridge = "tracing-opentelemetry = { path = \"bridge\" }\n";
    // The dependencies of tests and build scripts are not linked into the program.
    let others = "[dev-dependencies]\nold = { package = \"opentelemetry\", path = \"old\" }\n\
                  [build-dependencies]\nold = { package = \"opentelemetry\", path = \"old\" }\n";
    project.manifest(&format!("{traced}{bridge}"), others);
    project.write("build.rs", "fn main() {}");
    project.has_no_finding(&[]);
}

#[test]
fn no_provider_is_found_at_main() {
    let project = Project::healthy();
    project.write(
        "src/main.rs",
        "#[traced::traced]\nfn work() {}\n\nfn main() {\n    work();\n}\n",
    );
    let messages = project.reports(&[], &["warning no_provider"]);
    assert_eq!(messages[0]["spans"][0]["line_start"], 4);
    // The message names the missing feature too.
    let without = Project::new(&[]);
    without.write(
        "src/main.rs",
        "#[traced::traced]\nfn work() {}\nfn main() { work() }\n",
    );
    let messages = without.reports(&[], &["warning no_provider"]);
    assert!(rendered(&messages).contains("turn on the feature `init`"));
    // A comment with a reason allows it.
    without.write(
        "src/main.rs",
        "// traced: allow(no_provider) the plugin's host has one\nfn main() { work() }\n#[traced::traced]\nfn work() {}\n",
    );
    without.has_no_finding(&[]);
}

#[test]
fn no_provider_twins() {
    for main in [
        MAIN,
        "use traced::init;\n#[traced::traced]\nfn work() {}\nfn main() { let _guard = init(); work() }\n",
        "#[traced::traced]\nfn work() {}\nfn main() { let _guard = traced::init!(); work() }\n",
        "use traced::telemetry::TelemetryBuilder;\n#[traced::traced]\nfn work() {}\nfn main() { let _guard = start(); work() }\nfn start() -> traced::telemetry::TelemetryGuard { TelemetryBuilder::default().init().unwrap() }\n",
        "#[traced::traced]\nfn work() {}\nfn main() { App.run() }\nstruct App;\nimpl App { fn run(&self) { opentelemetry::global::set_tracer_provider(provider()); work() } }\n",
        "mod telemetry { pub fn start() { traced::set_tracer_provider(p()) } }\nuse telemetry::start;\n#[traced::traced]\nfn work() {}\nfn main() { start(); work() }\n",
    ] {
        let project = Project::healthy();
        project.write("src/main.rs", main);
        let messages = project.messages(&[], &[]);
        assert!(messages.is_empty(), "{main}: {messages:#?}");
    }
    // Another program of the package that calls no function with a span needs no provider.
    let two = Project::healthy();
    two.write(
        "src/main.rs",
        "mod app;\nfn main() { let _guard = traced::init(); app::App.run(); order() }\n#[traced::traced]\nfn order() {}\n",
    );
    two.write(
        "src/app.rs",
        "pub struct App;\nimpl App {\n    #[traced::traced]\n    pub fn run(&self) {}\n}\n",
    );
    two.write(
        "src/bin/tool.rs",
        "struct Tool;\nimpl Tool { fn run(&self) {} }\nfn main() { Tool.run(); order() }\nfn order() {}\n",
    );
    two.has_no_finding(&[]);
    // Another program that calls such a function needs one.
    two.write(
        "src/bin/tool.rs",
        "fn main() { order() }\n#[traced::traced]\nfn order() {}\n",
    );
    let messages = two.reports(&[], &["warning no_provider"]);
    assert!(
        rendered(&messages).contains("src/bin/tool.rs"),
        "{messages:#?}"
    );
    // A library installs none, and has no `main`.
    let library = Project::healthy();
    fs::remove_file(library.folder().join("src/main.rs")).unwrap();
    library.write("src/lib.rs", "#[traced::traced]\npub fn work() {}\n");
    library.has_no_finding(&[]);
}

/// Such as a tool beside a library, or a program that has got the dependency and nothing else.
#[test]
fn a_program_without_a_span_loses_none() {
    let project = Project::healthy();
    project.write(
        "src/main.rs",
        "fn main() { let traced: u8 = 1; work(traced) }\nfn work(n: u8) {}\n",
    );
    project.write(
        "src/lib.rs",
        "#[traced::traced]\npub fn of_the_library() {}\n",
    );
    let messages = project.reports(&[], &["note no_provider"]);
    assert!(
        rendered(&messages).contains("nothing that `main` calls has a span of `traced` yet"),
        "{messages:#?}"
    );
    for main in [
        "use traced::span;\nfn main() { work() }\nfn work() { span!(\"x\", {}) }\n",
        "mod below;\nfn main() { below::work() }\n",
    ] {
        project.write("src/main.rs", main);
        project.write(
            "src/below.rs",
            "use traced::event;\npub fn work() { event!(\"x\") }\n",
        );
        project.reports(&[], &["warning no_provider"]);
    }
}

#[test]
fn a_provider_that_may_be_elsewhere_is_a_note() {
    let project = Project::healthy();
    project.package(
        "shared",
        "shop-shared",
        "0.1.0",
        "traced = { path = \"../traced\" }\n",
    );
    project.manifest(
        "traced = { path = \"traced\", features = [\"init\"] }\nshop-shared = { path = \"shared\" }\n",
        "",
    );
    project.write(
        "src/main.rs",
        "#[traced::traced]\nfn work() {}\nfn main() { shop_shared::start(); work() }\n",
    );
    let messages = project.reports(&[], &["note no_provider"]);
    assert!(rendered(&messages).contains("unless `shop-shared` does"));
    let second = Project::healthy();
    second.write(
        "src/main.rs",
        "#[traced::traced]\nfn work() {}\nfn main() { work(); (start as fn())() }\nfn start() { let guard = traced::init(); hold(guard) }\n",
    );
    let messages = second.reports(&[], &["note no_provider"]);
    assert!(rendered(&messages).contains("`start` does"));
}

/// Where cargo cannot resolve the dependencies, one of them may install the provider.
#[test]
fn no_provider_beside_unknown_dependencies_is_a_note() {
    let project = Project::healthy();
    project.manifest("traced = \"*\"\nno-such-package-of-anybody = \"1\"\n", "");
    project.write(
        "src/main.rs",
        "#[traced::traced]\nfn work() {}\nfn main() { work() }\n",
    );
    let output = project.run(&[], &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        shown.contains("note[traced::no_provider]")
            && shown.contains("unless a dependency does: they were not looked at"),
        "{shown}"
    );
}

#[test]
fn a_guard_that_is_dropped_at_once_is_found() {
    for (main, line) in [
        (
            "fn main() {\n    traced::init().unwrap();\n    work();\n}\n",
            2,
        ),
        (
            "fn main() {\n    let _ = traced::init();\n    work();\n}\n",
            2,
        ),
        ("fn main() {\n    _ = traced::init!();\n    work();\n}\n", 2),
        ("fn main() {\n    traced::init!();\n    work();\n}\n", 2),
        (
            "fn main() -> Result<(), Error> {\n    let _: Guard = traced::init()?;\n    work();\n    Ok(())\n}\n",
            2,
        ),
        (
            "use traced::telemetry::TelemetryBuilder;\nfn main() {\n    TelemetryBuilder::default().live(true).init().expect(\"x\");\n    work();\n}\n",
            3,
        ),
        (
            "fn main() {\n    start();\n    work();\n}\nfn start() -> traced::telemetry::TelemetryGuard { traced::init().unwrap() }\n",
            2,
        ),
        (
            "fn main() {\n    start();\n    work();\n}\nfn start() {\n    let _guard = traced::init();\n}\n",
            6,
        ),
        (
            "fn main() {\n    if wanted() {\n        let _guard = traced::init();\n    }\n    work();\n}\n",
            3,
        ),
    ] {
        let project = Project::healthy();
        project.write(
            "src/main.rs",
            &format!("{main}#[traced::traced]\nfn work() {{}}\n"),
        );
        let messages = project.reports(&[], &["warning guard_dropped"]);
        assert_eq!(messages.len(), 1, "{main}");
        assert_eq!(messages[0]["spans"][0]["line_start"], line, "{main}");
    }
}

#[test]
fn guard_dropped_twins() {
    for main in [
        "fn main() { let _guard = traced::init(); work() }\n",
        "fn main() { let guard = traced::init().unwrap(); work(); drop(guard) }\n",
        "fn main() { match traced::init() { Ok(guard) => { work(); drop(guard) } Err(_) => work() } }\n",
        "fn main() { let guard = start(); work() }\nfn start() -> TelemetryGuard { let guard = traced::init().unwrap(); guard }\n",
        "fn main() { let app = App { guard: traced::init() }; work(); app.end() }\n",
        "fn main() { let _ = init(); let _guard = traced::init(); work() }\nfn init() {}\n",
        "fn main() { Server::builder().init(); let _guard = traced::init(); work() }\n",
    ] {
        let project = Project::healthy();
        project.write(
            "src/main.rs",
            &format!("{main}#[traced::traced]\nfn work() {{}}\n"),
        );
        let messages = project.messages(&[], &[]);
        assert!(messages.is_empty(), "{main}: {messages:#?}");
    }
}

#[test]
fn unread_variables_are_found_wherever_they_are_set() {
    let project = Project::healthy();
    let messages = project.reports(
        &[("OTEL_TRACE_EXPORTER", "none"), ("TRACED_COLOUR", "on")],
        &["warning unread_variable"],
    );
    // There is no file that an editor could open for the environment.
    assert_eq!(messages[0]["spans"], Value::Array(Vec::new()));
    let text = rendered(&messages);
    assert!(text.contains("`OTEL_TRACES_EXPORTER`"), "{text}");
    assert!(text.contains("does not read `TRACED_COLOUR`"), "{text}");

    project.write(
        ".env",
        "# of the shop\nOTEL_SERVCE_NAME=shop\nDATABASE_PASSWORD=sesame\n",
    );
    project.write(
        ".cargo/config.toml",
        "[env]\nTRACED_FILTR = { value = \"shop=debug\" }\n",
    );
    let messages = project.reports(&[], &["warning unread_variable"]);
    let places: Vec<String> = messages
        .iter()
        .map(|message| {
            let span = &message["spans"][0];
            let child = message["children"].as_array().unwrap().last().unwrap();
            let replacement = child["spans"][0]["suggested_replacement"].as_str();
            format!(
                "{}:{} {}",
                span["file_name"].as_str().unwrap(),
                span["line_start"],
                replacement.unwrap()
            )
        })
        .collect();
    assert_eq!(
        places,
        [
            ".cargo/config.toml:2 TRACED_FILTER",
            ".env:2 OTEL_SERVICE_NAME"
        ]
    );
    assert!(!rendered(&messages).contains("sesame"));
}

#[test]
fn unread_variable_twins() {
    let project = Project::healthy();
    project.write(
        ".env",
        "export OTEL_SERVICE_NAME=\"shop\"\nOTELLO=1\nPATH_OF_X=y\n",
    );
    project.has_no_finding(&[("TRACED_FILTER", "shop"), ("OTEL_BSP_SCHEDULE_DELAY", "1")]);
    // Variables of other languages and signals are no misspellings.
    project.reports(
        &[
            ("OTEL_PYTHON_LOG_LEVEL", "x"),
            ("OTEL_METRICS_EXPORTER", "none"),
        ],
        &["note unread_variable"],
    );
    let allowed = "# traced: allow(unread_variable) of the deployment's own\nTRACED_SHOP=1\n";
    let other = Project::healthy();
    other.write(".env", allowed);
    other.has_no_finding(&[]);
    // This one is read by the program itself.
    project.write(
        "src/main.rs",
        &format!("{MAIN}fn shop() {{ std::env::var(\"TRACED_SHOP\"); }}\n"),
    );
    project.has_no_finding(&[("TRACED_SHOP", "1")]);
}

#[test]
fn an_endpoint_that_cannot_be_read_is_found() {
    let project = Project::healthy();
    for (written, meant) in [
        ("localhost:4318", "http://localhost:4318"),
        ("http:/localhost:4318", "http://localhost:4318"),
        ("'http://localhost:4318", "http://localhost:4318"),
    ] {
        let messages = project.reports(
            &[("OTEL_EXPORTER_OTLP_ENDPOINT", written)],
            &["warning endpoint"],
        );
        assert!(rendered(&messages).contains(meant), "{messages:#?}");
    }
    let messages = project.reports(
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "key:sesame@collector:4318")],
        &["warning endpoint"],
    );
    assert!(!rendered(&messages).contains("sesame"), "{messages:#?}");
}

#[test]
fn https_without_the_feature_is_found_in_variables_and_in_code() {
    let project = Project::healthy();
    project.reports(
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector")],
        &["warning https_without_tls"],
    );
    // With gRPC, an endpoint without a scheme means `https`.
    project.reports(
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ],
        &["warning https_without_tls"],
    );
    project.write(
        "src/main.rs",
        "fn main() {\n    let otlp = traced::telemetry::Otlp::new().endpoint(\"https://collector\");\n    let _guard = traced::telemetry::TelemetryBuilder::default().otlp(otlp).init();\n    work()\n}\nfn work() {}\n",
    );
    let messages = project.reports(&[], &["warning https_without_tls"]);
    assert_eq!(messages[0]["spans"][0]["line_start"], 2);
    // A feature of the program may turn `tls` on, and doctor does not know which features are built.
    let may = Project::healthy();
    may.manifest(
        "traced = { path = \"traced\", features = [\"init\"] }\n",
        "[features]\nproduction = [\"traced/tls\"]\n",
    );
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector");
    may.reports(&[endpoint], &["note https_without_tls"]);
    let with = may.messages(&["--features", "production", "--offline"], &[endpoint]);
    assert!(with.is_empty(), "{with:#?}");
}

#[test]
fn https_without_tls_twins() {
    let project = Project::new(&["init", "tls"]);
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector");
    let messages = project.messages(&["--offline"], &[endpoint]);
    assert!(messages.is_empty(), "{messages:#?}");
    // Nothing is sent to an endpoint that is not used.
    let project = Project::healthy();
    project.has_no_finding(&[endpoint, ("OTEL_TRACES_EXPORTER", "none")]);
    project.has_no_finding(&[endpoint, ("OTEL_SDK_DISABLED", "true")]);
    let url = collector("http", drop);
    project.has_no_finding(&[endpoint, ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &url)]);
}

#[test]
fn a_protocol_at_the_port_of_another_is_found() {
    let project = Project::healthy();
    let run = |endpoint: &str, protocol: &str| {
        project.messages(
            &["--offline"],
            &[
                ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ],
        )
    };
    for (endpoint, protocol) in [
        ("http://collector:4317", ""),
        ("http://collector:4317", "http/json"),
        ("http://collector:4318", "grpc"),
    ] {
        let messages = run(endpoint, protocol);
        assert_eq!(messages.len(), 1, "{endpoint} {protocol}: {messages:#?}");
        assert_eq!(messages[0]["code"]["code"], "traced::protocol_port");
    }
    for (endpoint, protocol) in [
        ("http://collector:4317", "grpc"),
        ("http://collector:4318", ""),
        ("http://collector:4318", "http/json"),
        ("http://collector:14317", ""),
        ("http://collector", "grpc"),
    ] {
        let messages = run(endpoint, protocol);
        assert!(messages.is_empty(), "{endpoint} {protocol}: {messages:#?}");
    }
}

#[test]
fn features_that_the_environment_asks_for_are_found() {
    for (name, value, feature) in [
        ("OTEL_TRACES_EXPORTER", "console", "console"),
        ("OTEL_LOGS_EXPORTER", "otlp", "logs"),
        ("TRACED_LOG_FORMAT", "json", "logs"),
        ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs/dup", "logs"),
        ("OTEL_CONFIG_FILE", "telemetry.yaml", "config-file"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "ca.pem", "tls"),
    ] {
        let project = Project::healthy();
        let messages = project.reports(&[(name, value)], &["warning missing_feature"]);
        assert!(
            rendered(&messages).contains(&format!("needs the feature `{feature}`")),
            "{messages:#?}"
        );
        let twin = Project::new(&["init", feature]);
        let messages = twin.messages(&["--offline"], &[(name, value)]);
        assert!(messages.is_empty(), "{messages:#?}");
    }
    Project::healthy().has_no_finding(&[("OTEL_LOGS_EXPORTER", "none")]);
}

#[test]
fn an_unreachable_collector_is_found_with_the_reason() {
    let project = Project::healthy();
    let reason = |endpoint: &str| {
        let variable = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)];
        rendered(&project.reports(&variable, &["warning unreachable"]))
    };
    let port = closed_port();
    let refused = reason(&format!("http://127.0.0.1:{port}"));
    assert!(
        refused.contains(&format!("nothing listens at 127.0.0.1:{port}"))
            && refused.contains("connection refused"),
        "{refused}"
    );
    let unknown = reason("http://collector.invalid:4318");
    assert!(
        unknown.contains("the name `collector.invalid` cannot be resolved"),
        "{unknown}"
    );
    let socket = reason("unix:/nowhere/otel.sock");
    assert!(
        socket.contains("nobody listens on the socket /nowhere/otel.sock"),
        "{socket}"
    );
    // With a proxy, doctor connects to the proxy.
    let proxied = project.reports(
        &[
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://collector.invalid:4318",
            ),
            ("HTTP_PROXY", &format!("http://127.0.0.1:{port}")),
        ],
        &["warning unreachable"],
    );
    assert!(
        rendered(&proxied).contains(&format!("nothing listens at 127.0.0.1:{port}")),
        "{proxied:#?}"
    );
    let offline = project.messages(
        &["--offline"],
        &[(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://collector.invalid:4318",
        )],
    );
    assert!(offline.is_empty(), "{offline:#?}");
}

#[test]
fn unreachable_twins_receive_one_connection_and_no_bytes() {
    let project = Project::healthy();
    let (sender, received) = std::sync::mpsc::channel();
    let url = collector("http", move |mut stream: TcpStream| {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        sender.send(bytes).unwrap();
    });
    project.has_no_finding(&[("OTEL_EXPORTER_OTLP_ENDPOINT", &url)]);
    assert_eq!(received.recv().unwrap(), b"");
    assert!(received.try_recv().is_err(), "it connects once");
    // Doctor cannot try what is behind a proxy, and says so.
    project.reports(
        &[
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "http://collector.invalid:4318",
            ),
            ("HTTP_PROXY", &url),
        ],
        &["note unreachable"],
    );
}

/// Starts a collector that speaks TLS with a certificate for this name, and writes the PEM file of its authority.
fn tls_collector(project: &Project, name: &str) -> String {
    let certified = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    project.write("ca.pem", &certified.cert.pem());
    let key = rustls::pki_types::PrivateKeyDer::try_from(certified.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key.unwrap())
        .unwrap();
    let config = Arc::new(config);
    collector("https", move |mut stream| {
        let mut connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        while connection.is_handshaking() {
            if connection.complete_io(&mut stream).is_err() {
                return;
            }
        }
    })
}

#[test]
fn handshakes_that_fail_say_why() {
    let project = Project::new(&["init", "tls"]);
    let reason = |endpoint: &str, more: &[(&str, &str)]| {
        let variable = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)];
        let variables = [&variable[..], more].concat();
        rendered(&project.reports(&variables, &["warning unreachable"]))
    };
    let url = tls_collector(&project, "localhost");
    let trusted = [("OTEL_EXPORTER_OTLP_CERTIFICATE", "ca.pem")];
    let stranger = reason(&url, &[]);
    assert!(
        stranger.contains("the authority that signed its certificate is not trusted here"),
        "{stranger}"
    );
    // The twin trusts the authority.
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str());
    project.has_no_finding(&[endpoint, trusted[0]]);
    let missing = reason(&url, &[("OTEL_EXPORTER_OTLP_CERTIFICATE", "missing.pem")]);
    assert!(
        missing.contains("its certificate cannot be checked"),
        "{missing}"
    );

    let other = tls_collector(&project, "elsewhere");
    let named = reason(&other, &trusted);
    assert!(
        named.contains("its certificate is for another name"),
        "{named}"
    );
    let plain = collector("https", |mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        let _ = stream.read(&mut [0; 1024]);
    });
    let plain = reason(&plain, &[]);
    assert!(
        plain.contains("the server there does not speak TLS"),
        "{plain}"
    );
    let held = std::sync::Mutex::new(Vec::new());
    let silent = collector("https", move |stream| held.lock().unwrap().push(stream));
    let silent = reason(&silent, &[]);
    assert!(silent.contains("no answer within 2 s"), "{silent}");
    let closing = reason(&collector("https", drop), &[]);
    assert!(
        closing.contains("the connection ended during the handshake"),
        "{closing}"
    );
}

#[test]
fn the_formats_are_those_of_audit() {
    let project = Project::healthy();
    project.write(".env", "OTEL_SERVCE_NAME=shop\n");
    let variables = [("OTEL_TRACE_EXPORTER", "none")];
    let run = |format: &str| {
        let output = project.run(
            &["--message-format", format, "--color", "never"],
            &variables,
        );
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stdout).unwrap()
    };
    let human = run("human");
    for words in [
        "warning[traced::unread_variable]: `traced` does not read `OTEL_SERVCE_NAME`",
        "--> .env:1:1",
        "--> environment:1:1",
        "2 findings and 0 notes",
    ] {
        assert!(human.contains(words), "{words} is not in {human}");
    }
    let github = run("github");
    assert!(
        github.contains("::warning file=.env,line=1,endLine=1,col=1,endColumn=17,title="),
        "{github}"
    );
    assert!(
        github.contains("::warning title=traced%3A%3Aunread_variable::"),
        "{github}"
    );
    let sarif: Value = serde_json::from_str(&run("sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    // Each rule has a section in the docs and a test above.
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/doctor.md"));
    let page = page.unwrap();
    let tests = include_str!("doctor.rs");
    for rule in rules {
        let name = rule["id"].as_str().unwrap();
        assert!(
            page.contains(&format!("\n## {name}\n")),
            "no section {name}"
        );
        assert!(
            tests.contains(&format!("warning {name}\""))
                || tests.contains(&format!("traced::{name}\""))
        );
    }
}

#[test]
fn wrong_arguments_exit_with_two_and_missing_dependencies_are_said() {
    let project = Project::healthy();
    for arguments in [
        &["--manifest-path", "missing/Cargo.toml"][..],
        &["--package", "missing"],
        &["--no-such-option"],
    ] {
        let output = project.run(arguments, &[]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
    // Without the sources of the dependencies, the rules that need none still run.
    project.manifest("traced = \"*\"\nno-such-package-of-anybody = \"1\"\n", "");
    project.write(
        "src/main.rs",
        "fn main() {\n    let _ = traced::init();\n    work()\n}\n",
    );
    let output = project.run(&[], &[]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("the dependencies were not looked at"),
        "{said}"
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("traced::guard_dropped"));
}
