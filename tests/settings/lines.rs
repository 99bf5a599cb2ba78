//! Are OTLP JSON lines written where a variable or code asks for them, always whole, and does the
//! report count them?

use std::collections::HashSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs, process, thread};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::Value;

use crate::program::run;

const QUIET: (&str, &str) = ("OTEL_LOGS_EXPORTER", "none");
const STDOUT: (&str, &str) = ("OTEL_TRACES_EXPORTER", "otlp/stdout");
const START: &str = "{\"resourceSpans\":[";

/// A temporary folder that is removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("traced-jsonl-{}-{name}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        Folder(folder)
    }

    fn file(&self) -> String {
        self.0.join("new/spans.jsonl").to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The spans in these lines, decoded as a collector does; each line must end with a line break.
#[track_caller]
fn spans_of(text: &str) -> Vec<Span> {
    assert!(text.is_empty() || text.ends_with('\n'), "{text}");
    let lines = text.lines().map(|line| {
        let request: ExportTraceServiceRequest =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        request
    });
    let scopes = lines
        .flat_map(|request| request.resource_spans)
        .flat_map(|of| of.scope_spans);
    scopes.flat_map(|scope| scope.spans).collect()
}

#[track_caller]
fn spans_in(file: impl AsRef<Path>) -> Vec<Span> {
    spans_of(&fs::read_to_string(file).unwrap())
}

fn lines_of(stdout: &str) -> String {
    let lines = stdout.lines().filter(|line| line.starts_with('{'));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_variable_names_a_file_and_the_report_counts_it() {
    let folder = Folder::new("variable");
    let file = folder.file();
    let variables = [("TRACED_FILE", &*file), QUIET];
    let printed = run("orders name", &variables).says_nothing();
    let report = printed.one(&format!("report otlp file {file}:"));
    assert_eq!(report, "5 spans ended, 5 exported, 0 dropped, 0 failed");
    assert_eq!(spans_in(&file).len(), 5);
    // A second process appends to the file.
    run("orders name", &variables).says_nothing();
    assert_eq!(spans_in(&file).len(), 10);
}

#[test]
fn a_line_is_the_json_of_the_specification() {
    let folder = Folder::new("json");
    let file = folder.file();
    run("full order name", &[("TRACED_FILE", &file), QUIET]).says_nothing();
    let text = fs::read_to_string(&file).unwrap();
    let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let resource = line["resourceSpans"][0]["resource"].to_string();
    assert!(resource.contains("in-code"), "{resource}");
    let spans: Vec<&Value> = line["resourceSpans"][0]["scopeSpans"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|scope| scope["spans"].as_array().unwrap())
        .collect();
    let full = spans.iter().find(|span| span["name"] == "full").unwrap();
    let is_hex = |text: &Value, len: usize| {
        let text = text.as_str().unwrap();
        text.len() == len && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    assert!(is_hex(&full["traceId"], 32), "{full:#}");
    assert!(is_hex(&full["spanId"], 16), "{full:#}");
    assert!(is_hex(&full["links"][0]["traceId"], 32), "{full:#}");
    let time = full["startTimeUnixNano"].as_str().unwrap();
    assert!(time.parse::<u64>().unwrap() > 0);
    assert!(full["events"][0]["timeUnixNano"].is_string(), "{full:#}");
    assert_eq!(full["kind"], 1);
    let attributes = full["attributes"].as_array().unwrap();
    let number = attributes.iter().find(|one| one["key"] == "c").unwrap();
    assert_eq!(number["value"]["intValue"], "12345");
}

#[test]
fn code_beats_the_environment_and_the_file_is_rotated() {
    let folder = Folder::new("code");
    let (file, theirs) = (folder.file(), folder.0.join("theirs"));
    let variables = [
        ("LINES", &*file),
        ("TRACED_FILE", theirs.to_str().unwrap()),
        ("TRACED_FILE_KEEP", "2"),
        QUIET,
    ];
    // Each line is longer than the one byte that a file may have, so each gets a file of its own.
    run("file orders", &variables).says_nothing();
    assert!(!theirs.exists());
    let older = |number: u32| format!("{file}.{number}");
    for file in [file.clone(), older(1), older(2)] {
        assert_eq!(spans_in(&file).len(), 1, "{file}");
    }
    assert!(!Path::new(&older(3)).exists());
}

#[test]
fn standard_output_has_lines_beside_those_of_the_program() {
    for (words, variables) in [
        ("orders", &[STDOUT, QUIET][..]),
        ("stdout orders", &[QUIET]),
    ] {
        let printed = run(words, variables).says_nothing();
        assert_eq!(spans_of(&lines_of(&printed.stdout)).len(), 5);
        let report = printed.one("report otlp/stdout:");
        assert_eq!(report, "5 spans ended, 5 exported, 0 dropped, 0 failed");
    }
}

#[test]
fn log_records_have_lines_of_their_own() {
    let records = |text: &str| {
        let lines = text.lines();
        let requests = lines.map(serde_json::from_str::<ExportLogsServiceRequest>);
        let records = requests.flat_map(|request| {
            let resources = request.unwrap().resource_logs.into_iter();
            let scopes = resources.flat_map(|of| of.scope_logs);
            scopes
                .flat_map(|scope| scope.log_records)
                .collect::<Vec<_>>()
        });
        records.collect::<Vec<_>>()
    };
    let folder = Folder::new("records");
    let file = folder.file();
    let printed = run("panic quiet", &[("TRACED_FILE", &file), QUIET]);
    let beside = fs::read_to_string(file.replace(".jsonl", ".logs.jsonl")).unwrap();
    let in_file = records(&beside);
    assert_eq!(in_file.len(), 1, "{beside}");
    assert!(
        spans_in(&file)
            .iter()
            .any(|span| span.span_id == in_file[0].span_id)
    );
    assert!(
        printed
            .stdout
            .contains("logs.jsonl: 1 log records ended, 1 exported"),
        "{printed:#?}"
    );
    let printed = run("panic quiet", &[("OTEL_LOGS_EXPORTER", "otlp/stdout")]);
    assert_eq!(records(&lines_of(&printed.stdout)).len(), 1, "{printed:#?}");
}

#[test]
fn what_limits_took_is_in_no_output() {
    let folder = Folder::new("limits");
    let (file, page) = (folder.file(), folder.0.join("page.html"));
    let variables = [
        ("TRACED_FILE", &*file),
        ("TRACED_HTML", page.to_str().unwrap()),
        ("OTEL_TRACES_EXPORTER", "console,otlp/stdout"),
        QUIET,
    ];
    let printed = run("full short", &variables);
    let (lines, page_text) = (
        fs::read_to_string(&file).unwrap(),
        fs::read_to_string(&page).unwrap(),
    );
    // The limits keep two characters of a text, and three attributes.
    for output in [&lines, &page_text, &printed.stdout] {
        assert!(output.contains("äö"), "{output}");
        assert!(!output.contains("äöü"), "{output}");
    }
    for output in [&lines, &lines_of(&printed.stdout)] {
        let [span] = &spans_of(output)[..] else {
            panic!("{output}");
        };
        assert_eq!(
            (span.attributes.len(), span.dropped_attributes_count),
            (3, 1)
        );
    }
    // An open span is in the page with the same limits.
    run("short long_value exit", &variables);
    let page_text = fs::read_to_string(&page).unwrap();
    assert!(page_text.contains("\"zz\"") && !page_text.contains("zzz"));
}

#[test]
fn what_a_hook_redacts_is_in_no_line() {
    // Runs with our provider, and with the SDK's.
    for words in ["redacts secret", "redacts watched secret"] {
        let folder = Folder::new("redacted");
        let file = folder.file();
        let exceptions = ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs/dup");
        run(words, &[("TRACED_FILE", &*file), exceptions]);
        for file in [&file, &file.replace(".jsonl", ".logs.jsonl")] {
            let text = fs::read_to_string(file).unwrap();
            assert!(!text.contains("sesame"), "{text}");
            assert!(text.contains("****"), "{text}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_written_is_told_once_and_counted() {
    let folder = Folder::new("unwritable");
    fs::create_dir_all(&folder.0).unwrap();
    let in_the_way = folder.0.join("file");
    fs::write(&in_the_way, "").unwrap();
    let file = in_the_way.join("spans.jsonl");
    let printed = run(
        "orders pairs",
        &[("TRACED_FILE", file.to_str().unwrap()), QUIET],
    );
    let ours: Vec<_> = printed
        .stderr
        .lines()
        .filter(|line| line.contains("were not written to"))
        .collect();
    assert_eq!(ours.len(), 1, "{printed:#?}");
    assert!(
        printed
            .stdout
            .contains("5 spans ended, 0 exported, 0 dropped, 5 failed"),
        "{printed:#?}"
    );
}

fn child(words: &str, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_settings-child"));
    command.arg(words).envs(variables.iter().copied());
    command
}

/// The exported and failed spans in the line of the report.
#[track_caller]
fn counts(report: &str) -> (usize, usize) {
    let line = report.lines().find(|line| line.starts_with("report otlp"));
    let line = line.unwrap_or_else(|| panic!("{report}"));
    let before = |word: &str| {
        let (before, _) = line.split_once(word).unwrap();
        before.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert_eq!(before(" dropped"), 0, "{line}");
    (before(" exported"), before(" failed"))
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_has_whole_lines_and_the_report_says_how_many_failed() {
    let folder = Folder::new("disk");
    let file = folder.file();
    // 100 blocks, which are 512 or 1024 bytes, depending on the shell.
    let limited = format!(
        "ulimit -f 100; exec '{}' 'many aside'",
        env!("CARGO_BIN_EXE_settings-child")
    );
    let mut command = Command::new("sh");
    let variables = [
        ("TRACED_FILE", &*file),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "50"),
        QUIET,
    ];
    let output = command
        .args(["-c", &limited])
        .envs(variables)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let (exported, failed) = counts(&stderr);
    assert!(exported > 0 && failed > 0, "{stderr}");
    assert_eq!(exported + failed, 1000);
    assert_eq!(spans_in(&file).len(), exported);
}

#[test]
fn processes_that_share_a_file_have_all_their_spans_in_it() {
    let folder = Folder::new("shared");
    let file = folder.file();
    let variables = [
        ("TRACED_FILE", &*file),
        ("TRACED_FILE_MAX_BYTES", "100000"),
        ("TRACED_FILE_KEEP", "90"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "7"),
        QUIET,
    ];
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                child("many", &variables)
                    .stdout(Stdio::null())
                    .status()
                    .unwrap()
            });
        }
    });
    let files: Vec<_> = fs::read_dir(Path::new(&file).parent().unwrap())
        .unwrap()
        .collect();
    assert!(files.len() > 3, "{}", files.len());
    let spans = files
        .into_iter()
        .flat_map(|file| spans_in(file.unwrap().path()));
    let ids: HashSet<_> = spans.map(|span| span.span_id).collect();
    assert_eq!(ids.len(), 3000);
}

#[cfg(unix)]
#[test]
fn a_reader_that_comes_late_finds_whole_lines_and_the_report_counts_the_others() {
    let variables = [STDOUT, ("OTEL_BSP_EXPORT_TIMEOUT", "100"), QUIET];
    let mut command = child("many aside", &variables);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut report = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut report)
        .unwrap();
    assert!(child.wait().unwrap().success());
    let mut text = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    let (exported, failed) = counts(&report);
    assert!(failed > 0, "{report}");
    assert_eq!(exported + failed, 1000);
    assert!(text.starts_with(START), "{text}");
    assert_eq!(spans_of(&text).len(), exported);
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_ends_nothing() {
    let mut command = child("many aside", &[STDOUT, QUIET]);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut report = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut report)
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(counts(&report), (0, 1000));
    assert!(
        report.contains("were not written to otlp/stdout: "),
        "{report}"
    );
}
