//! Is the page written where a variable or code asks for it, and does it hold what was exported?

use std::path::{Path, PathBuf};
use std::{env, fs, process};

use serde_json::Value;

use crate::program::{Printed, run};

const QUIET: (&str, &str) = ("OTEL_LOGS_EXPORTER", "none");

/// A temporary folder that is removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("traced-html-{}-{name}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn file(&self) -> String {
        self.0.join("new/page.html").to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The OTLP JSON in the page's data element.
#[track_caller]
fn data(path: impl AsRef<Path>) -> Value {
    let page = fs::read_to_string(&path).unwrap();
    let start = "<script type=\"application/json\" id=\"traced-data\">";
    let (_, data) = page.rsplit_once(start).unwrap();
    let (data, rest) = data.split_once('<').unwrap();
    assert_eq!(rest.trim_end(), "/script>\n</body>\n</html>");
    serde_json::from_str(data).unwrap()
}

fn spans(data: &Value) -> Vec<&Value> {
    let scopes = data["resourceSpans"][0]["scopeSpans"].as_array().unwrap();
    let spans = scopes
        .iter()
        .flat_map(|scope| scope["spans"].as_array().unwrap());
    spans.collect()
}

#[track_caller]
fn named<'d>(data: &'d Value, name: &str) -> &'d Value {
    match spans(data)
        .iter()
        .filter(|span| span["name"] == name)
        .collect::<Vec<_>>()[..]
    {
        [span] => span,
        _ => panic!("expected one span {name:?}: {data:#}"),
    }
}

fn page_of(name: &str, words: &str, variables: &[(&str, &str)]) -> (Printed, Value) {
    let folder = Folder::new(name);
    let file = folder.file();
    let variables = [variables, &[("TRACED_HTML", &*file), QUIET]].concat();
    let printed = run(words, &variables);
    (printed, data(file))
}

#[test]
fn the_variable_names_a_file_that_is_there_at_the_end() {
    let (printed, data) = page_of("variable", "orders name", &[]);
    assert_eq!(spans(&data).len(), 5, "{data:#}");
    assert_eq!(data["traced"]["reason"], "end");
    assert_eq!(data["traced"]["dropped"], 0);
    let resource = data["resourceSpans"][0]["resource"].to_string();
    assert!(resource.contains("in-code"), "{resource}");
    let lines: Vec<_> = printed.stderr.lines().collect();
    let [line] = lines[..] else {
        panic!("{printed:#?}");
    };
    assert!(
        line.starts_with("traced: note: the traces of this process are in "),
        "{line}"
    );
    assert!(line.ends_with("page.html"), "{line}");
}

#[test]
fn of_a_folder_each_process_has_a_file() {
    let folder = Folder::new("folder");
    let path = folder.0.to_str().unwrap();
    for _ in 0..2 {
        run("order name", &[("TRACED_HTML", path), QUIET]);
    }
    let files: Vec<_> = fs::read_dir(&folder.0)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(files.len(), 2, "{files:?}");
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert!(
            name.starts_with("in-code-") && name.ends_with(".html"),
            "{name}"
        );
        named(&data(file), "order");
    }
}

#[test]
fn code_beats_the_environment() {
    let folder = Folder::new("code");
    let (mine, theirs) = (folder.file(), folder.0.join("theirs.html"));
    let variables = [
        ("PAGE", &*mine),
        ("TRACED_HTML", theirs.to_str().unwrap()),
        QUIET,
    ];
    run("order page quiet", &variables);
    named(&data(mine), "order");
    assert!(!theirs.exists());
}

#[test]
fn spans_of_the_sdk_are_in_the_page_as_ours_are() {
    let described = |words| {
        let (_, data) = page_of(words, words, &[]);
        let span = named(&data, "full");
        assert_ne!(span["endTimeUnixNano"], "0");
        ["attributes", "kind", "links"].map(|member| span[member].clone())
    };
    assert_eq!(described("full watched"), described("full"));
}

#[test]
fn limits_and_samplers_hold() {
    let (_, data) = page_of(
        "limits",
        "full short",
        &[("OTEL_SPAN_EVENT_COUNT_LIMIT", "0")],
    );
    let span = named(&data, "full");
    assert!(!span.to_string().contains("äöü"), "{span:#}");
    assert!(
        span["droppedAttributesCount"].as_u64() > Some(0),
        "{span:#}"
    );
    assert_eq!(span["events"].as_array().map(Vec::len), Some(0), "{span:#}");
    let (_, data) = page_of("sampler", "order", &[("OTEL_TRACES_SAMPLER", "always_off")]);
    assert_eq!(spans(&data).len(), 0, "{data:#}");
}

#[test]
fn a_flush_shows_what_is_open() {
    let folder = Folder::new("flush");
    let file = folder.file();
    // The process exits without dropping the guard, so only the flush has written the page.
    run("order linger exit", &[("TRACED_HTML", &file), QUIET]);
    let data = data(file);
    assert_eq!(data["traced"]["reason"], "flush");
    assert_ne!(named(&data, "order")["endTimeUnixNano"], "0");
    assert_eq!(named(&data, "outer")["endTimeUnixNano"], "0");
}

#[test]
fn a_panic_that_is_the_end_leaves_the_page_of_what_ran() {
    let folder = Folder::new("mortal");
    let file = folder.file();
    run("mortal order panic", &[("TRACED_HTML", &file), QUIET]);
    let data = data(file);
    assert_eq!(data["traced"]["reason"], "panic");
    let message = data["traced"]["message"].as_str().unwrap();
    assert!(message.starts_with("</script> and 0 (at "), "{message}");
    assert!(message.contains("child.rs:"), "{message}");
    named(&data, "order");
    let outer = named(&data, "panicking");
    assert_eq!(outer["endTimeUnixNano"], "0");
    assert!(
        outer["attributes"].to_string().contains("before"),
        "{outer:#}"
    );
    let inner = named(&data, "inner");
    assert_eq!(
        (&inner["endTimeUnixNano"], &inner["status"]["code"]),
        (&"0".into(), &2.into())
    );
    assert_eq!(inner["events"][0]["name"], "exception", "{inner:#}");
}

#[test]
fn what_a_panic_unwound_through_has_ended_in_the_page() {
    let folder = Folder::new("unwound");
    let file = folder.file();
    // The guard is not dropped: the page is written when the trace of the panic has ended.
    run("panic exit", &[("TRACED_HTML", &file), QUIET]);
    let data = data(file);
    assert_eq!(data["traced"]["reason"], "panic");
    for name in ["panicking", "inner"] {
        let span = named(&data, name);
        assert_ne!(span["endTimeUnixNano"], "0");
        assert_eq!(span["status"]["code"], 2, "{span:#}");
    }
    let exceptions = named(&data, "inner")["events"].as_array().unwrap().len();
    assert_eq!(exceptions, 1);
}

#[test]
fn log_records_stand_beside_their_spans() {
    let (_, data) = page_of("records", "panic log", &[]);
    let records: Vec<&Value> = data["resourceLogs"][0]["scopeLogs"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|scope| scope["logRecords"].as_array().unwrap())
        .collect();
    assert_eq!(records.len(), 2, "{data:#}");
    let warning = records
        .iter()
        .find(|record| record["severityText"] == "WARN")
        .unwrap();
    assert_eq!(warning["body"]["stringValue"], "about to <panic>");
    assert_eq!(warning["spanId"], named(&data, "inner")["spanId"]);
}

#[test]
fn a_file_that_cannot_be_written_is_a_warning() {
    let folder = Folder::new("unwritable");
    let in_the_way = folder.0.join("file");
    fs::write(&in_the_way, "").unwrap();
    let file = in_the_way.join("page.html");
    let printed = run("order", &[("TRACED_HTML", file.to_str().unwrap()), QUIET]);
    printed.warns(&["cannot write the page of traces to", "page.html"]);
}
