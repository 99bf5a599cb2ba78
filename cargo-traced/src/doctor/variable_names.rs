//! The names of variables: those that `traced` reads, those of other programs, and misspelt ones.

use traced_macros_backend::inspect::edits;

/// The names that `traced` reads, one a line. A test of the library compares the file with its table, and writes it.
const READ: &str = include_str!("variables.txt");

/// The beginnings of OpenTelemetry's names for other SDKs and other signals.
const OF_OTHERS: &[(&str, &str)] = &[
    ("OTEL_METRICS_", "it is about metrics"),
    ("OTEL_METRIC_", "it is about metrics"),
    ("OTEL_EXPORTER_OTLP_METRICS_", "it is about metrics"),
    ("OTEL_EXPORTER_PROMETHEUS_", "it is about metrics"),
    ("OTEL_EXPORTER_OTLP_PROFILES_", "it is about profiles"),
    ("OTEL_EXPORTER_ZIPKIN_", "there is no exporter for Zipkin"),
    ("OTEL_EXPORTER_JAEGER_", "there is no exporter for Jaeger"),
    ("OTEL_PYTHON_", "it belongs to the SDK for Python"),
    ("OTEL_JAVA_", "it belongs to the agent for Java"),
    ("OTEL_JAVAAGENT_", "it belongs to the agent for Java"),
    (
        "OTEL_INSTRUMENTATION_",
        "it belongs to agents for other languages",
    ),
    ("OTEL_NODE_", "it belongs to the SDK for JavaScript"),
    ("OTEL_DOTNET_", "it belongs to the SDK for .NET"),
    ("OTEL_GO_", "it belongs to the SDK for Go"),
    ("OTEL_PHP_", "it belongs to the SDK for PHP"),
    ("OTEL_RUBY_", "it belongs to the SDK for Ruby"),
];

pub(super) fn known() -> impl Iterator<Item = &'static str> {
    READ.lines().filter(|line| !line.starts_with('#'))
}

/// The known names except those of proxies, which are similar to too many other names.
fn of_telemetry() -> impl Iterator<Item = &'static str> {
    known().filter(|name| name.starts_with("OTEL_") || name.starts_with("TRACED_"))
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    Read,
    /// Not read, and similar to this one.
    Misspelt(&'static str),
    OfOthers(&'static str),
    Unknown,
}

pub(super) fn judge(name: &str) -> Judgement {
    if known().any(|known| known == name) {
        return Judgement::Read;
    }
    let written = name.to_ascii_uppercase().replace(['-', '.'], "_");
    if let Some((_, why)) = OF_OTHERS
        .iter()
        .find(|(start, _)| written.starts_with(start))
    {
        return Judgement::OfOthers(why);
    }
    if let Some(near) = nearest(&written) {
        return Judgement::Misspelt(near);
    }
    let mut with_all_words: Vec<&str> = of_telemetry()
        .filter(|known| has_words_of(known, &written))
        .collect();
    with_all_words.sort_by_key(|known| known.len());
    match with_all_words.first() {
        Some(known) if starts_like_ours(&written) => Judgement::Misspelt(known),
        _ => Judgement::Unknown,
    }
}

fn starts_like_ours(name: &str) -> bool {
    ["OTEL_", "OTLP_", "TRACED_"]
        .iter()
        .any(|start| name.starts_with(start))
}

/// The known name within two edits: one edit less for short names, which are near much.
fn nearest(written: &str) -> Option<&'static str> {
    let near = of_telemetry().filter_map(|known| {
        let most = if known.len() < 13 { 1 } else { 2 };
        let differ = known.len().abs_diff(written.len());
        let edits = (differ <= most).then(|| edits(known, written))?;
        (edits <= most).then_some((edits, known))
    });
    near.min().map(|(_, known)| known)
}

/// Whether a name with any beginning is nearly a name of OpenTelemetry or of this project.
fn is_near_miss(name: &str) -> bool {
    name.len() > 8 && nearest(name).is_some()
}

/// Whether all words after the first stand in a known name, in their order, the last one at its end:
/// `OTEL_ENDPOINT` is meant to be `OTEL_EXPORTER_OTLP_ENDPOINT`.
fn has_words_of(known: &str, written: &str) -> bool {
    let mut words = written.split('_').skip(1).peekable();
    if words.peek().is_none() || known.rsplit('_').next() != written.rsplit('_').next() {
        return false;
    }
    for word in known.split('_').skip(1) {
        words.next_if_eq(&word);
    }
    words.peek().is_none()
}

/// Whether the variable is of OpenTelemetry or of this project, perhaps misspelt.
pub(super) fn is_about_telemetry(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["OTEL_", "OTLP_", "OLTP_", "TRACED_"]
        .iter()
        .any(|start| name.starts_with(start))
        || is_near_miss(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_nearly_right_are_told_from_those_of_others() {
        for (written, expected) in [
            ("OTEL_TRACES_EXPORTER", Judgement::Read),
            ("TRACED_FILTER", Judgement::Read),
            (
                "OTEL_TRACE_EXPORTER",
                Judgement::Misspelt("OTEL_TRACES_EXPORTER"),
            ),
            (
                "otel_traces_exporter",
                Judgement::Misspelt("OTEL_TRACES_EXPORTER"),
            ),
            (
                "OTEL_EXPORTER_OLTP_ENDPOINT",
                Judgement::Misspelt("OTEL_EXPORTER_OTLP_ENDPOINT"),
            ),
            (
                "OTEL_ENDPOINT",
                Judgement::Misspelt("OTEL_EXPORTER_OTLP_ENDPOINT"),
            ),
            (
                "OTLP_ENDPOINT",
                Judgement::Misspelt("OTEL_EXPORTER_OTLP_ENDPOINT"),
            ),
            ("OTEL_NAME", Judgement::Misspelt("OTEL_SERVICE_NAME")),
            ("TRACED_HTLM", Judgement::Misspelt("TRACED_HTML")),
            ("TRACED_COLOUR", Judgement::Unknown),
            ("OTEL_VENDOR_KEY", Judgement::Unknown),
            (
                "OTEL_PYTHON_LOG_LEVEL",
                Judgement::OfOthers("it belongs to the SDK for Python"),
            ),
        ] {
            assert_eq!(judge(written), expected, "{written}");
        }
    }

    #[test]
    fn no_known_name_is_a_misspelling_and_none_is_missing() {
        assert!(known().count() > 60);
        for name in known() {
            assert_eq!(judge(name), Judgement::Read, "{name}");
        }
        for other in ["HTTP_PROXY", "HOTEL_SERVICE", "PATH", "RUST_LOG"] {
            assert!(!is_near_miss(other), "{other}");
        }
        assert!(is_near_miss("OTELSERVICE_NAME"));
    }
}
