//! Which messages does a mistake in a setting cause, and what must never be in one?

use crate::program::run;

/// A secret that no message may quote.
const SECRET: &str = "sesame";

#[test]
fn what_is_not_supported_is_told_and_nothing_else_comes_of_it() {
    let printed = run("seen order", &[("OTEL_ENTITIES", "x.yaml")]);
    printed.warns(&["OTEL_ENTITIES", "write `OTEL_RESOURCE_ATTRIBUTES` instead"]);
    assert_eq!(printed.all("exported").len(), 1);
}

#[test]
fn a_variable_that_two_signals_read_is_told_once() {
    let protocol = ("OTEL_EXPORTER_OTLP_PROTOCOL", "smoke");
    let printed = run(
        "order",
        &[
            protocol,
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
            ("OTEL_TRACES_EXPORTER", "otlp"),
            ("OTEL_LOGS_EXPORTER", "otlp"),
        ],
    );
    let told = printed.stderr.matches("OTEL_EXPORTER_OTLP_PROTOCOL: expected `grpc`, `http/protobuf` or `http/json`, found `smoke`");
    assert_eq!(told.count(), 1, "{printed:#?}");
}

#[test]
fn an_endpoint_that_is_none_is_told_and_counts_as_unset() {
    for variable in [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    ] {
        let level = ("OTEL_LOG_LEVEL", "debug");
        let printed = run("order", &[(variable, "collector:4318"), level]);
        let line = printed.stderr.lines().find(|line| line.contains(variable));
        for part in [
            "traced: warning: ",
            "expected a URL with `http://` or `https://`, found `collector:4318`",
            &format!("write for example `{variable}=http://localhost:4318`"),
        ] {
            assert!(line.unwrap().contains(part), "{part:?}: {printed:#?}");
        }
        // Spans go to the specification's default endpoint, and not to the terminal.
        let to = "spans go to OtlpSettings { protocol: HttpProtobuf, endpoint: http://localhost:4318/v1/traces";
        assert!(printed.stderr.contains(to), "{printed:#?}");
        assert!(!printed.stderr.contains("id=7"), "{printed:#?}");
        assert_eq!(printed.stdout.matches("id=7").count(), 0, "{printed:#?}");
    }
}

#[test]
fn one_in_code_is_an_error() {
    let printed = run("bad_endpoint order", &[]).says_nothing();
    assert!(
        printed
            .one("error")
            .starts_with("`Otlp::endpoint`: expected a URL")
    );
    assert!(!printed.stdout.contains(SECRET), "{printed:#?}");
}

#[test]
fn so_is_a_header_in_code() {
    let printed = run("bad_header order", &[]).says_nothing();
    assert_eq!(
        printed.one("error"),
        "`Otlp::header`: `two words` has a name that no header can have"
    );
    assert!(!printed.stdout.contains(SECRET), "{printed:#?}");
}

/// The messages about an `https` endpoint whose variables name files that do not exist.
#[track_caller]
fn secure(signal: &str, files: &[&str]) -> String {
    let files = files.iter().map(|variable| (*variable, "/not/there.pem"));
    let exporters = match signal {
        "traces" => [
            ("OTEL_TRACES_EXPORTER", "otlp"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ],
        _ => [
            ("OTEL_TRACES_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "otlp"),
        ],
    };
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector:4318");
    let variables: Vec<_> = files.chain(exporters).chain([endpoint]).collect();
    let printed = run("order", &variables);
    // Without the feature `tls`, the endpoint counts as unset.
    if printed.stderr.contains("found `https://collector:4318`") {
        return printed.stderr;
    }
    format!("{} {}", printed.one("error"), printed.one("source"))
}

#[test]
fn https_never_fails_without_a_word() {
    for (signal, files) in [
        ("traces", &["OTEL_EXPORTER_OTLP_CERTIFICATE"][..]),
        ("traces", &["OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE"]),
        (
            "traces",
            &[
                "OTEL_EXPORTER_OTLP_CLIENT_KEY",
                "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
            ],
        ),
        (
            "traces",
            &[
                "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY",
                "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE",
            ],
        ),
        ("logs", &["OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE"]),
        (
            "logs",
            &[
                "OTEL_EXPORTER_OTLP_LOGS_CLIENT_KEY",
                "OTEL_EXPORTER_OTLP_LOGS_CLIENT_CERTIFICATE",
            ],
        ),
    ] {
        let error = secure(signal, files);
        // With the feature `tls` the message names the missing file, without it the missing
        // feature.
        assert!(
            error.contains("/not/there.pem")
                || error.contains("OTEL_EXPORTER_OTLP_ENDPOINT") && error.contains("feature `tls`"),
            "{files:?}: {error}"
        );
    }
}

#[test]
fn no_message_shows_a_secret() {
    for (variable, value) in [
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            "api-key=sesame,,sesame,x=%zzsesame,sesame sesame=1,a=\u{1}sesame",
        ),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "htp://shop:sesame@collector"),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "collector/v1/traces?key=sesame",
        ),
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "http://shop:sesame@127.0.0.1:9/?key=sesame",
        ),
        ("OTEL_RESOURCE_ATTRIBUTES", "password%=sesame"),
    ] {
        let exporter = [
            ("OTEL_TRACES_EXPORTER", "otlp"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ];
        let level = ("OTEL_LOG_LEVEL", "debug");
        let printed = run(
            "order",
            &[exporter[0], exporter[1], level, (variable, value)],
        );
        assert!(
            printed.stderr.contains(variable),
            "{variable}={value}: {printed:#?}"
        );
        let all = format!("{}{}", printed.stdout, printed.stderr);
        assert!(!all.contains(SECRET), "{variable}={value}: {printed:#?}");
    }
}

#[test]
fn a_stray_comma_among_headers_is_told() {
    let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=1,");
    let printed = run(
        "order",
        &[
            headers,
            ("OTEL_TRACES_EXPORTER", "otlp"),
            ("OTEL_LOGS_EXPORTER", "none"),
        ],
    );
    assert!(
        printed
            .stderr
            .contains("OTEL_EXPORTER_OTLP_HEADERS: there is a stray comma; leave it out")
    );
}

#[test]
fn what_is_not_text_counts_as_unset() {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        use std::process::Command;

        let broken = std::ffi::OsStr::from_bytes(b"shop\xff");
        let mut command = Command::new(env!("CARGO_BIN_EXE_settings-child"));
        let output = command
            .arg("order")
            .env("OTEL_SERVICE_NAME", broken)
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(
            stderr.contains("OTEL_SERVICE_NAME: expected text"),
            "{stderr}"
        );
    }
}

#[test]
fn otel_log_level_says_how_much_is_told() {
    let told = |level| {
        let mistake = ("OTEL_BSP_MAX_QUEUE_SIZE", "many");
        run("quiet order", &[mistake, ("OTEL_LOG_LEVEL", level)])
            .stderr
            .lines()
            .count()
    };
    assert_eq!(told("none"), 0);
    assert_eq!(told("ERROR"), 0);
    assert_eq!(told("warn"), 1);
    assert_eq!(told(""), 1);
    assert!(told("debug") > 1);

    let printed = run("quiet order", &[("OTEL_LOG_LEVEL", "loud")]);
    printed.warns(&[
        "OTEL_LOG_LEVEL: expected `none`",
        "found `loud`",
        "counts as unset",
    ]);
}
