//! Each rule has findings where a case expects them, and nowhere else.
//!
//! A case is a file of `tests/audit`, the only one of a program. `//~ rule` at the end of a line expects a
//! finding there, `//~? rule` a note; `// depends: lapin` at the top names further dependencies. A rule has a
//! case of its name in which it fires, and one, `rule.twin.rs`, that looks alike and has no finding.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use support::{Program, Reports, cargo_traced, levels, reported};

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
