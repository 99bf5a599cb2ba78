//! `two_versions`: dependencies that use another version of `opentelemetry` than the spans.

use cargo_metadata::Package as Resolved;

use super::dependencies::Tree;
use super::manifest::Manifest;
use crate::findings::{Finding, Help, Level};
use crate::sources::Package;

const API: &str = "opentelemetry";

fn is_api(package: &Resolved) -> bool {
    package.name.as_str() == API
}

fn named(package: &Resolved) -> String {
    format!("{} {}", package.name, package.version)
}

pub(super) fn check<'a>(
    tree: &Tree,
    package: &Package,
    manifest: &'a Manifest,
    findings: &mut Vec<Finding<'a>>,
) {
    let Some(program) = tree.package(&package.manifest) else {
        return;
    };
    let all = tree.all(&program.id);
    let mut versions: Vec<&Resolved> = all.iter().copied().filter(|found| is_api(found)).collect();
    versions.sort_by(|a, b| b.version.cmp(&a.version));
    // The version to keep: that of `traced`, else that of the program itself, else the newest.
    let of = |user: &Resolved| tree.direct(&user.id).find(|found| is_api(found));
    let traced = all.iter().find(|found| found.name.as_str() == "traced");
    let (user, ours) = match (traced.and_then(|traced| of(traced)), of(program)) {
        (Some(ours), _) => ("`traced`", ours),
        (None, Some(ours)) => ("the program", ours),
        (None, None) => match versions.first() {
            Some(newest) => ("the rest", *newest),
            None => return,
        },
    };
    for other in versions.iter().filter(|version| version.id != ours.id) {
        let is_other = |found: &Resolved| found.id == other.id;
        for direct in tree.direct(&program.id) {
            let Some(way) = tree.way(&direct.id, is_other) else {
                continue;
            };
            let place = manifest.dependency(direct.name.as_str());
            let range = place.map_or(0..0, |dependency| dependency.name.clone());
            let way: Vec<String> = way.iter().map(|package| named(package)).collect();
            let by_way_of = (way.len() > 1)
                .then(|| Help::text(format!("it comes by way of {}", way.join(" → "))));
            findings.push(Finding {
                rule: "two_versions",
                level: Level::Warning,
                file: &manifest.text,
                range,
                message: match way.len() {
                    1 => differs(direct, user, ours),
                    _ => belongs_to(direct, other, user, ours),
                },
                label: Some(
                    "spans, contexts and the global provider of the one are unknown to the other"
                        .to_owned(),
                ),
                help: by_way_of
                    .into_iter()
                    .chain([remedy(direct, ours, manifest)])
                    .collect(),
                function: String::new(),
                function_start: None,
            });
        }
    }
}

/// The message about a direct dependency on another version of the API.
fn differs(direct: &Resolved, user: &str, ours: &Resolved) -> String {
    format!(
        "`{}` is not the one of {user}, {}",
        named(direct),
        ours.version
    )
}

/// The message about a dependency that depends on another version of the API.
fn belongs_to(direct: &Resolved, other: &Resolved, user: &str, ours: &Resolved) -> String {
    format!(
        "`{}` belongs to {API} {}, and {user} to {}",
        named(direct),
        other.version,
        ours.version
    )
}

/// The advice. It contains the version to write if the versions of the crate follow those of the API.
fn remedy(direct: &Resolved, ours: &Resolved, manifest: &Manifest) -> Help {
    let name = direct.name.as_str();
    let minor = match name {
        "tracing-opentelemetry" => Some(ours.version.minor + 1),
        _ if name == API || name.starts_with("opentelemetry-") || name == "opentelemetry_sdk" => {
            Some(ours.version.minor)
        }
        _ => None,
    };
    // The crates of OpenTelemetry's contrib repository have version numbers of their own.
    let follows = matches!(
        name,
        API | "opentelemetry_sdk"
            | "opentelemetry-appender-log"
            | "opentelemetry-appender-tracing"
            | "opentelemetry-http"
            | "opentelemetry-jaeger-propagator"
            | "opentelemetry-otlp"
            | "opentelemetry-proto"
            | "opentelemetry-prometheus"
            | "opentelemetry-semantic-conventions"
            | "opentelemetry-stdout"
            | "opentelemetry-zipkin"
            | "tracing-opentelemetry"
    );
    let wanted = format!("{API} {}.{}", ours.version.major, ours.version.minor);
    let text = match name {
        API => format!("use {wanted}"),
        _ => format!("use the version of `{name}` that is for {wanted}"),
    };
    let version = manifest
        .dependency(name)
        .and_then(|dependency| dependency.version.clone());
    match (minor.filter(|_| follows), version) {
        (Some(minor), Some(range)) => {
            Help::edit(text, (range, format!("\"{}.{minor}\"", ours.version.major)))
        }
        (Some(minor), None) if name != API => {
            Help::text(format!("{text}, which is {}.{minor}", ours.version.major))
        }
        _ => Help::text(text),
    }
}
