//! Is a value that the redaction hook replaces really in no output?

use std::{env, fs, process};

use crate::collector::Collector;
use crate::program::{Printed, run};

const EXCEPTIONS: (&str, &str) = ("OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN", "logs/dup");
const NO_SPANS: (&str, &str) = ("OTEL_TRACES_EXPORTER", "none");
const NO_RECORDS: (&str, &str) = ("OTEL_LOGS_EXPORTER", "none");

/// Expects the replacement instead of the word, and the mask where the hook panicked.
#[track_caller]
fn is_redacted(text: &str) {
    assert!(!text.contains("sesame"), "{text}");
    assert!(text.contains("****"), "{text}");
    assert!(text.contains("[redacted]"), "{text}");
}

/// Expects one line about the panic of the hook, without the hook's message.
#[track_caller]
fn tells_of_the_panic(printed: &Printed) {
    let lines = printed.stderr.lines();
    let told = lines.filter(|line| line.contains("the redaction hook panicked"));
    assert_eq!(told.count(), 1, "{printed:#?}");
    assert!(!printed.stderr.contains("sesame"), "{printed:#?}");
}

/// Runs `test` with our provider, and with the SDK's.
fn with_each_provider(test: impl Fn(&str)) {
    test("redacts secret");
    test("redacts watched secret");
}

#[test]
fn without_the_hook_the_word_is_everywhere() {
    let printed = run("seen trees secret", &[EXCEPTIONS]);
    for part in [
        "attribute token=sesame",
        "event token=sesame",
        "open sesame",
        "refused",
    ] {
        let all = format!("{}{}", printed.stdout, printed.stderr);
        assert!(all.contains(part), "{part}: {printed:#?}");
    }
}

#[test]
fn exporters_of_the_users_own_get_it_redacted() {
    with_each_provider(|words| {
        let printed = run(&format!("seen {words}"), &[NO_RECORDS]);
        is_redacted(&printed.stdout);
        assert!(printed.all("attribute").contains(&"explodes=[redacted]"));
        tells_of_the_panic(&printed);
    });
}

#[test]
fn trees_are_redacted() {
    with_each_provider(|words| {
        let printed = run(words, &[("OTEL_TRACES_EXPORTER", "console"), NO_RECORDS]);
        is_redacted(&printed.stdout);
        assert!(printed.stdout.contains("**** refused"), "{printed:#?}");
    });
}

#[test]
fn lines_of_json_are_redacted() {
    let folder = env::temp_dir().join(format!("traced-redacted-lines-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("lines.jsonl");
    with_each_provider(|words| {
        let variables = [
            ("OTEL_TRACES_EXPORTER", "otlp/stdout"),
            ("TRACED_FILE", path.to_str().unwrap()),
        ];
        let printed = run(words, &variables);
        is_redacted(&printed.stdout);
        is_redacted(&fs::read_to_string(&path).unwrap());
    });
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn requests_are_redacted() {
    for (path, others) in [("/v1/traces", NO_RECORDS), ("/v1/logs", NO_SPANS)] {
        with_each_provider(|words| {
            let collector = Collector::start();
            let url = collector.url("http");
            let variables = [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &*url),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
                EXCEPTIONS,
                others,
            ];
            run(words, &variables);
            let request = collector.request();
            assert_eq!(request.first_line, format!("POST {path} HTTP/1.1"));
            let body = String::from_utf8(request.body).unwrap();
            is_redacted(&body);
            assert!(body.contains("**** refused"), "{body}");
            if path == "/v1/logs" {
                assert!(
                    body.contains("open ****") && body.contains("**** again"),
                    "{body}"
                );
            }
        });
    }
}

#[test]
fn lines_on_the_terminal_are_redacted() {
    for format in ["text", "full", "json"] {
        let variables = [NO_SPANS, EXCEPTIONS, ("TRACED_LOG_FORMAT", format)];
        let printed = run("redacts secret", &variables);
        is_redacted(&printed.stderr);
        for part in ["open ****", "**** again", "**** refused"] {
            assert!(
                printed.stderr.contains(part),
                "{format}, {part}: {printed:#?}"
            );
        }
        assert_eq!(
            printed.stderr.matches("open ****").count(),
            1,
            "{printed:#?}"
        );
    }
}

#[test]
fn fields_look_as_they_do_without_a_hook() {
    let line = |words: &str| {
        let printed = run(words, &[NO_SPANS]);
        let mut lines = printed.stderr.lines();
        let line = lines.find(|line| line.contains("logged")).unwrap();
        line.split_once("settings_child").unwrap().1.to_owned()
    };
    assert_eq!(line("redacts log"), line("log"));
}

#[test]
fn pages_are_redacted_also_where_a_panic_wrote_them() {
    let folder = env::temp_dir().join(format!("traced-redaction-{}", process::id()));
    for words in [
        "redacts secret",
        "redacts watched secret",
        "redacts secret mortal blurt",
        "redacts watched secret mortal blurt",
        "redacts secret blurt exit",
    ] {
        let path = folder.join("page.html");
        run(words, &[("TRACED_HTML", path.to_str().unwrap()), NO_SPANS]);
        let page = fs::read_to_string(&path).unwrap();
        is_redacted(&page);
        if words.contains("blurt") {
            assert!(page.contains("**** blurted (at "), "{words}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
