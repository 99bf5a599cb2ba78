//! `endpoint`, `https_without_tls`, `protocol_port`, `missing_feature`, `unreachable`: the way to the collector.

use super::Examined;
use super::code::exporters;
use super::connection::{Reached, Trials};
use super::destinations::{Destination, Endpoint, Place, Protocol, destinations};
use crate::findings::{Finding, Help, Level};

pub(super) fn check<'p>(
    examined: &'p Examined<'p>,
    mut trials: Option<&mut Trials>,
    findings: &mut Vec<Finding<'p>>,
) {
    missing_features(examined, findings);
    let code = exporters(&examined.program);
    let has_logs = examined.features.has("logs");
    let (destinations, unreadable) = destinations(&examined.environment, &code, has_logs);
    for wrong in unreadable {
        let help = match wrong.meant {
            Some(meant) => Help::edit("write it as a URL", edit(&wrong.place, &meant)),
            None => Help::text("write it as a URL, such as `http://localhost:4318`"),
        };
        let message = "this endpoint cannot be read, and does not count";
        findings.push(finding("endpoint", wrong.place, message, vec![help]));
    }
    for destination in destinations {
        if destination.endpoint.is_https() && !examined.features.has("tls") {
            findings.push(without_tls(examined, &destination));
            continue;
        }
        findings.extend(at_another_port(&destination));
        let Some(trials) = trials.as_deref_mut() else {
            continue;
        };
        match trials.of(&destination, &examined.environment) {
            Ok(Reached::Collector) => {}
            Ok(Reached::Proxy(proxy)) => {
                let message = format!(
                    "the proxy {proxy} is there; whether it has a way to the collector was not tried"
                );
                let place = destination.place.clone();
                let mut note = finding("unreachable", place, &message, Vec::new());
                note.level = Level::Note;
                findings.push(note);
            }
            Err(problem) => {
                let help = vec![Help::text(problem.help)];
                let place = destination.place.clone();
                let mut report = finding("unreachable", place, &problem.what, help);
                report.label = Some(problem.detail);
                findings.push(report);
            }
        }
    }
}

fn finding<'p>(
    rule: &'static str,
    place: Place<'p>,
    message: &str,
    help: Vec<Help>,
) -> Finding<'p> {
    Finding {
        rule,
        level: Level::Warning,
        file: place.file,
        range: place.range,
        message: message.to_owned(),
        label: None,
        help,
        function: place
            .function
            .map_or(String::new(), |function| function.title()),
        function_start: place.function.map(|function| function.start),
    }
}

/// The edit that replaces the URL and keeps its quotes.
fn edit(place: &Place<'_>, url: &str) -> (std::ops::Range<usize>, String) {
    let written = &place.file.text[place.range.clone()];
    let is_quoted = written.starts_with('"') && written.ends_with('"');
    let url = match is_quoted {
        true => format!("\"{url}\""),
        false => url.to_owned(),
    };
    (place.range.clone(), url)
}

fn without_tls<'p>(examined: &Examined<'_>, destination: &Destination<'p>) -> Finding<'p> {
    let help = vec![
        Help::text("turn on the feature `tls` of `traced` in Cargo.toml"),
        Help::text("or write `http://`, to a collector that this machine or network trusts"),
    ];
    let place = destination.place.clone();
    let message = format!(
        "`{}` needs TLS, and the feature `tls` of `traced` is off",
        destination.endpoint
    );
    let mut report = finding("https_without_tls", place, &message, help);
    report.label = Some("it counts as unset, and spans go nowhere".to_owned());
    if !examined.features.surely_lacks("tls") {
        report.level = Level::Note;
        report.message = format!(
            "`{}` needs TLS, and the feature `tls` of `traced` seems to be off",
            destination.endpoint
        );
    }
    report
}

/// 4317 is the port of gRPC, and 4318 that of HTTP.
fn at_another_port<'p>(destination: &Destination<'p>) -> Option<Finding<'p>> {
    let Endpoint::Url { port, .. } = destination.endpoint else {
        return None;
    };
    let (spoken, expected, protocol, right) = match (destination.protocol, port) {
        (Protocol::Http, 4317) => ("HTTP", "gRPC", "grpc", 4318),
        (Protocol::Grpc, 4318) => ("gRPC", "HTTP", "http/protobuf", 4317),
        _ => return None,
    };
    let place = destination.place.clone();
    let written = &place.file.text[place.range.clone()];
    let text = format!("send to the port of {spoken}");
    let corrected = written
        .contains(&port.to_string())
        .then(|| written.replacen(&port.to_string(), &right.to_string(), 1));
    let port_help = match corrected {
        Some(corrected) => Help::edit(text, (place.range.clone(), corrected)),
        None => Help::text(format!("{text}, {right}")),
    };
    let help = vec![
        Help::text(format!(
            "speak {expected}: `OTEL_EXPORTER_OTLP_PROTOCOL={protocol}`"
        )),
        port_help,
    ];
    let message = format!("{spoken} is sent to port {port}, where collectors expect {expected}");
    let mut report = finding("protocol_port", place, &message, help);
    if destination.protocol == Protocol::Http {
        report.label =
            Some("the protocol of `traced` is `http/protobuf` unless told otherwise".to_owned());
    }
    Some(report)
}

/// A variable that needs a feature.
struct Need {
    /// The name, or its beginning if it ends in `_`.
    variable: &'static str,
    /// Whether this value of the variable needs the feature.
    is_asked: fn(&str) -> bool,
    feature: &'static str,
}

const ALWAYS: fn(&str) -> bool = |_| true;

const NEEDS: &[Need] = &[
    Need {
        variable: "OTEL_TRACES_EXPORTER",
        is_asked: |value| {
            value
                .split(',')
                .any(|name| name.trim().eq_ignore_ascii_case("console"))
        },
        feature: "console",
    },
    Need {
        variable: "OTEL_LOGS_EXPORTER",
        is_asked: |value| !value.eq_ignore_ascii_case("none"),
        feature: "logs",
    },
    Need {
        variable: "OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN",
        is_asked: |value| value.starts_with("logs"),
        feature: "logs",
    },
    Need {
        variable: "OTEL_EXPORTER_OTLP_LOGS_",
        is_asked: ALWAYS,
        feature: "logs",
    },
    Need {
        variable: "OTEL_BLRP_",
        is_asked: ALWAYS,
        feature: "logs",
    },
    Need {
        variable: "OTEL_LOGRECORD_",
        is_asked: ALWAYS,
        feature: "logs",
    },
    Need {
        variable: "TRACED_LOG_FORMAT",
        is_asked: ALWAYS,
        feature: "logs",
    },
    Need {
        variable: "OTEL_CONFIG_FILE",
        is_asked: ALWAYS,
        feature: "config-file",
    },
    Need {
        variable: "OTEL_EXPORTER_OTLP_CERTIFICATE",
        is_asked: ALWAYS,
        feature: "tls",
    },
    Need {
        variable: "OTEL_EXPORTER_OTLP_CLIENT_",
        is_asked: ALWAYS,
        feature: "tls",
    },
    Need {
        variable: "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE",
        is_asked: ALWAYS,
        feature: "tls",
    },
    Need {
        variable: "OTEL_EXPORTER_OTLP_TRACES_CLIENT_",
        is_asked: ALWAYS,
        feature: "tls",
    },
];

fn missing_features<'p>(examined: &'p Examined<'_>, findings: &mut Vec<Finding<'p>>) {
    for source in examined.environment.sources() {
        for setting in &source.settings {
            let name = setting.name.as_str();
            let need = NEEDS
                .iter()
                .find(|need| match need.variable.ends_with('_') {
                    true => name.starts_with(need.variable),
                    false => name == need.variable,
                });
            let Some(need) = need else {
                continue;
            };
            // Only the value that counts may need a feature.
            let counts = examined.environment.get(name);
            let is_it = counts.is_some_and(|found| std::ptr::eq(found.setting, setting));
            let is_asked = is_it && (need.is_asked)(setting.value.trim());
            if !is_asked || !examined.features.surely_lacks(need.feature) {
                continue;
            }
            let feature = need.feature;
            let place = Place {
                file: &source.text,
                range: setting.name_range.clone(),
                function: None,
            };
            let message =
                format!("`{name}` needs the feature `{feature}` of `traced`, which is off");
            let help = Help::text(format!(
                "turn on `{feature}` in Cargo.toml, or leave `{name}` out"
            ));
            findings.push(finding("missing_feature", place, &message, vec![help]));
        }
    }
}
