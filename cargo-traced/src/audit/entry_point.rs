//! `entry_point`: functions that receive work from outside and have no span.

mod consumers;
mod jobs;
mod layers;
mod main_function;
mod routes;

use std::collections::BTreeSet;
use std::ops::Range;

use syn::spanned::Spanned;
use syn::{Block, ExprClosure};

use super::Report;
use super::allowed::is_allowed;
use super::evidence;
use super::program::Program;
use super::reachable::{self, called_in};
use super::servers::starts_http;
use super::spans::Spans;
use crate::findings::{Finding, Help, Level};
use crate::functions::Function;
use crate::syntax::{block_of, mentions};

pub(crate) use self::routes::handlers;

const RULE: &str = "entry_point";

pub(super) fn check<'a>(program: &Program<'a>, report: &mut Report<'a>) {
    let has_layer = layers::has_one(program);
    let serving = Serving::of(program);
    let mut seen = BTreeSet::new();
    for (function, what) in routes::handlers(program) {
        // The same function may serve several routes.
        if seen.insert((function.file.shown.as_str(), function.start)) {
            let is_traced = has_layer || Spans::of_any_library(program).has_one(function);
            let level = match serving.may_have_a_layer(function, what) {
                true => Level::Note,
                false => Level::Warning,
            };
            let entry = EntryPoint {
                level,
                ..EntryPoint::whole(function, what)
            };
            note(program, report, is_traced, entry);
        }
    }
    for (around, closure) in routes::closures(program) {
        check_closure(program, around, closure, (has_layer, &serving), report);
    }
    for function in program.of_program() {
        consumers::check(program, function, report);
        jobs::check(program, function, report);
        main_function::check(program, function, report);
    }
}

/// A closure as a handler, which is reported only if a function that it calls logs or has a span: many answer with a text.
fn check_closure<'a>(
    program: &Program<'a>,
    around: &'a Function<'a>,
    closure: &'a ExprClosure,
    (has_layer, serving): (bool, &Serving),
    report: &mut Report<'a>,
) {
    let work = block_of(&closure.body);
    let called = reachable::from(program, called_in(program, &work, around));
    let spans = Spans::of_any_library(program);
    let is_traced = has_layer || spans.makes_one(&work) || begins_traces(program, &work, around);
    if !called.certain.into_iter().any(evidence::has_records) {
        return;
    }
    let level = match serving.may_have_a_layer(around, routes::HANDLER) {
        true => Level::Note,
        false => Level::Warning,
    };
    let entry = EntryPoint {
        function: around,
        range: around.file.range(closure.inputs_begin.span()),
        what: format!("this handler of requests in `{}`", around.title()),
        help: Help::text("move its body to a function with `#[traced]`"),
        level,
    };
    note(program, report, is_traced, entry);
}

/// Whether code does not log, and all that it calls and that may log or have a span begins a trace.
fn begins_traces<'a>(program: &Program<'a>, work: &Block, around: &Function<'a>) -> bool {
    let spans = Spans::of_any_library(program);
    let records = |callee: &'a Function<'a>| {
        let reached = reachable::from(program, vec![callee]);
        reached.certain.into_iter().any(evidence::has_records)
    };
    let mut called = called_in(program, work, around).into_iter();
    !evidence::logs(work) && called.all(|callee| spans.one_begins(vec![callee]) || !records(callee))
}

/// How a package serves requests.
struct Serving {
    has_main: bool,
    serves_http: bool,
    serves_grpc: bool,
    /// It has a layer whose spans of `tracing` another package may export, or a method `layer` that takes any.
    may_get_a_layer: bool,
}

impl Serving {
    fn of(program: &Program<'_>) -> Self {
        let any = |is: &dyn Fn(&Function<'_>) -> bool| program.of_program().any(is);
        let has_word = |words: &[&str]| {
            any(&|function| mentions(&function.block, &|word| words.contains(&word)))
        };
        // `impl Layer<S> for Auth` has a method of this name too.
        let takes_a_layer = |function: &Function<'_>| {
            let container = function.container.as_ref();
            let is_inherent = container.is_some_and(|container| container.implements.is_none());
            function.name == "layer" && is_inherent && function.is_public()
        };
        Serving {
            has_main: program.of_program().any(Function::is_main),
            serves_http: any(&|function| starts_http(function)),
            serves_grpc: has_word(&["Server", "add_service"]),
            may_get_a_layer: has_word(&["TraceLayer"])
                || any(&takes_a_layer)
                || layers::has_its_own(program, Spans::of_any_library(program)),
        }
    }

    /// Whether another package may put a layer with a span around a handler: this one starts no server, or has a layer
    /// whose spans the other exports or a method that takes one, or it leaves the type of the service to the other.
    fn may_have_a_layer(&self, handler: &Function<'_>, what: &str) -> bool {
        let serves = match what == routes::GRPC_METHOD {
            true => self.serves_grpc,
            false => self.serves_http,
        };
        is_for_any_type(handler) || (!self.has_main && (!serves || self.may_get_a_layer))
    }
}

/// Whether a handler is a method of `impl<T: Orders> Service for T`, whose types are those of other packages.
fn is_for_any_type(handler: &Function<'_>) -> bool {
    let container = handler.container.as_ref();
    container.is_some_and(|container| container.is_for_any_type)
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
pub(super) fn note<'a>(
    program: &Program<'a>,
    report: &mut Report<'a>,
    is_traced: bool,
    mut entry: EntryPoint<'a>,
) {
    let file = entry.function.file;
    if program.is_for_tests(entry.function) {
        entry.level = Level::Note;
    }
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
