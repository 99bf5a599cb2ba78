//! `entry_point`: functions that receive work from outside and have no span.

mod consumers;
mod jobs;
mod main_function;
mod reachable;
mod routes;

use std::collections::BTreeSet;
use std::ops::Range;

use super::Report;
use super::allowed::is_allowed;
use super::lives_on::serves_others;
use super::program::Program;
use crate::findings::{Finding, Help, Level};
use crate::functions::{Function, has_attribute};
use crate::syntax::mentions;

pub(crate) use self::routes::handlers;

const RULE: &str = "entry_point";

pub(super) fn check<'a>(program: &Program<'a>, report: &mut Report<'a>) {
    let has_layer = has_server_layer(program);
    let level = match serves(program) {
        true => Level::Warning,
        false => Level::Note,
    };
    let mut seen = BTreeSet::new();
    for (function, what) in routes::handlers(program) {
        // The same function may serve several routes.
        if seen.insert((function.file.shown.as_str(), function.start)) {
            let has_span =
                function.is_traced() || has_attribute(&function.attributes, &["instrument"]);
            let is_traced = has_span || has_layer;
            let entry = EntryPoint {
                level,
                ..EntryPoint::whole(function, what)
            };
            note(report, is_traced, entry);
        }
    }
    for function in program.of_program() {
        consumers::check(program, function, report);
        jobs::check(program, function, report);
        main_function::check(program, function, report);
    }
}

/// Layers and middleware that start a server's span for each request.
const LAYERS: &[&str] = &[
    "HTTPLayer",
    "HTTPLayerBuilder",
    "OtelAxumLayer",
    "OtelGrpcLayer",
    "RequestTracing",
    "ServerLayer",
    "TracingLogger",
];

fn has_server_layer(program: &Program<'_>) -> bool {
    let dependencies = &program.package.dependencies;
    let has_bridge = dependencies.has("tracing-opentelemetry");
    program.of_program().any(|function| {
        let is_ours = |path: &[&str]| program.imports(function, path);
        mentions(function.block.clone(), &|word| {
            LAYERS.contains(&word) || (has_bridge && word == "TraceLayer")
        }) || names_in_order(function, &["traced", "tower", "server"])
            || names_in_order(function, &["traced", "actix_web"])
            || is_ours(&["traced", "tower", "server"])
    })
}

/// Whether the package may start a server itself. If it is a library that does not, the package that does so may put a
/// layer with a span around it.
fn serves(program: &Program<'_>) -> bool {
    program.of_program().any(|function| {
        function.is_main()
            || serves_others(&function.block)
            || mentions(&function.block, &|word| {
                matches!(word, "Server" | "launch" | "rocket")
            })
    })
}

/// Whether the body contains these names as a path.
fn names_in_order(function: &Function<'_>, names: &[&str]) -> bool {
    let written = names.join("::");
    function.file.written(&function.block).contains(&written)
}

/// A function that receives work from outside.
pub(super) struct EntryPoint<'a> {
    function: &'a Function<'a>,
    range: Range<usize>,
    what: String,
    help: Help,
    /// A note if it may need no span.
    level: Level,
}

impl<'a> EntryPoint<'a> {
    /// A function that is called for each unit of work.
    fn whole(function: &'a Function<'a>, what: &str) -> Self {
        let help = match function.is_in_macro {
            true => Help::text("annotate it with `#[traced]`"),
            false => Help::edit("give it a span", function.insertion("#[traced::traced]")),
        };
        EntryPoint {
            range: function.name_range(),
            what: format!("`{}`, {what},", function.title()),
            function,
            help,
            level: Level::Warning,
        }
    }
}

/// Counts the entry point, and reports it if it has no span.
pub(super) fn note<'a>(report: &mut Report<'a>, is_traced: bool, entry: EntryPoint<'a>) {
    let file = entry.function.file;
    if is_allowed(file, entry.range.start, RULE) || is_allowed(file, entry.function.start, RULE) {
        return;
    }
    if entry.level == Level::Warning {
        report.coverage.entry_points += 1;
        report.coverage.traced += usize::from(is_traced);
    }
    if is_traced {
        return;
    }
    report.findings.push(Finding {
        rule: RULE,
        level: entry.level,
        file,
        range: entry.range,
        message: format!("{} has no span", entry.what),
        label: Some("each call of a traced function below begins a trace of its own".to_owned()),
        help: vec![entry.help],
        function: entry.function.title(),
        function_start: Some(entry.function.start),
    });
}
