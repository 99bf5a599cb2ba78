//! `spawn_site`: work that is spawned without the context of the function that spawns it.

use std::collections::HashSet;
use std::ops::Range;

use syn::Expr;
use traced_macros_backend::Mode;
use traced_macros_backend::inspect::{self, FoundSite, FoundUnit, spawn_sites};

use super::Report;
use super::allowed::is_allowed;
use super::evidence;
use super::lives_on::{lives_on, takes_work_for_ever};
use super::needless;
use super::program::Program;
use super::servers::hands_over_to_a_server;
use super::spawner::{certainty, doubt_of_receiver};
use super::spawner_calls::{SpawnerCall, spawner_calls};
use super::surroundings::{Surroundings, TASK_AROUND_GOES_ON, value_of_variable, whole};
use crate::findings::{Finding, Help, Level};
use crate::functions::Function;
use crate::syntax::mentions;

const RULE: &str = "spawn_site";

/// The number of sites in a function without an attribute that lose a context, if there is one.
pub(crate) fn certain_sites<'a>(
    around: &Surroundings<'_, 'a>,
    function: &'a Function<'a>,
) -> usize {
    let sites = spawn_sites(
        Mode::SpawnSitesOnly,
        Default::default(),
        function.tokens.clone(),
    );
    judged(&sites, around, function)
        .filter(|(_, site)| !matches!(site.unit, FoundUnit::Carried | FoundUnit::Instrumented))
        .filter(|(_, judgement)| judgement.level == Level::Warning)
        .count()
}

/// Finds the sites with the macros' own rewriter.
pub(super) fn check<'a>(program: &Program<'a>, report: &mut Report<'a>) {
    let around = Surroundings::new(program);
    for function in program.of_program() {
        check_function(&around, function, report);
    }
}

fn check_function<'a>(
    around: &Surroundings<'_, 'a>,
    function: &'a Function<'a>,
    report: &mut Report<'a>,
) {
    let program = around.program();
    let (mode, args) = match &function.ours {
        Some(ours) => (ours.mode, ours.args.clone()),
        None => (Mode::SpawnSitesOnly, Default::default()),
    };
    let sites = spawn_sites(mode, args, function.tokens.clone());
    let mut reported = HashSet::new();
    let is_annotated = function.ours.is_some();
    let dependencies = &program.package.dependencies;
    let reaches_opentelemetry =
        dependencies.has("tracing-opentelemetry") || dependencies.has("fastrace");
    for (site, judgement) in judged(&sites, around, function) {
        // The unit has a span of another library. The rule `tracing_spans` checks whether such spans are exported.
        let is_instrumented = judgement.unit == FoundUnit::Instrumented;
        if is_instrumented && !is_annotated && !reaches_opentelemetry {
            continue;
        }
        let range = function.file.range(site.span);
        let is_carried = is_annotated || is_instrumented || judgement.unit == FoundUnit::Carried;
        // What is carried is covered, however certain it is that it has to be.
        let counts = is_carried || judgement.level == Level::Warning;
        if counts && !is_allowed(function.file, range.start, RULE) {
            report.coverage.sites += 1;
            report.coverage.carried += usize::from(is_carried);
        }
        // `rayon::join(|| load(), || parse())` has two units.
        if !is_carried && reported.insert(range.start) {
            report
                .findings
                .push(finding(site, &judgement, function, program));
        }
    }
}

/// How certain it is that a site loses a context that its unit needs.
struct Judgement {
    level: Level,
    /// Why it is not certain, if that is known.
    doubt: Option<&'static str>,
    unit: FoundUnit,
}

/// The sites that may lose a context, each with the certainty that it does.
fn judged<'s, 'a>(
    sites: &'s [FoundSite],
    around: &'s Surroundings<'_, 'a>,
    function: &'a Function<'a>,
) -> impl Iterator<Item = (&'s FoundSite, Judgement)> {
    let judge = Judge::new(sites, around, function);
    sites
        .iter()
        .filter_map(move |site| Some((site, judge.judgement(site)?)))
}

/// Judges the sites of a function.
struct Judge<'s, 'a> {
    around: &'s Surroundings<'s, 'a>,
    function: &'a Function<'a>,
    calls: Vec<SpawnerCall<'a>>,
    has_no_span: bool,
    /// The tasks that go on longer than a request, by their places.
    long_lived: Vec<Range<usize>>,
}

impl<'s, 'a> Judge<'s, 'a> {
    fn new(
        sites: &[FoundSite],
        around: &'s Surroundings<'_, 'a>,
        function: &'a Function<'a>,
    ) -> Self {
        let calls = spawner_calls(function, sites);
        let units = calls.iter().flat_map(|call| &call.arguments);
        let long_lived = units
            .filter(|unit| lives_on(unit, around.program(), function).is_some())
            .filter_map(|unit| function.file.range_of(&**unit))
            .collect();
        Judge {
            around,
            function,
            has_no_span: !sites.is_empty() && has_no_span_around(function),
            long_lived,
            calls,
        }
    }

    /// `None` for a call that is no spawn site, and for work that needs no context.
    fn judgement(&self, site: &FoundSite) -> Option<Judgement> {
        let (program, function) = (self.around.program(), self.function);
        let start = function.file.range(site.span).start;
        let call = self.calls.iter().find(|call| call.start == start);
        let unit = kind(site, call, function);
        let level = certainty(site, unit, (call, &self.calls), program, function)?;
        let arguments = call.iter().flat_map(|call| &call.arguments);
        let units: Vec<&Expr> = arguments.map(|unit| &**unit).collect();
        let how_long = units
            .iter()
            .filter_map(|unit| lives_on(unit, program, function));
        let how_long: Vec<Level> = how_long.collect();
        // An endless task should have no context. The rule `long_lived` reports those that keep one.
        if how_long.contains(&Level::Warning) || begins_its_own_trace(&units, program, function) {
            return None;
        }
        let doubt = match how_long.is_empty() {
            true => self.doubt(start, call, &units),
            false if is_of_rayon(function) => Some(IS_PARALLEL),
            false => Some(
                "it goes on for as long as its channel or stream does, and may belong to no request",
            ),
        };
        let level = match doubt {
            Some(_) => Level::Note,
            None => level,
        };
        Some(Judgement { level, doubt, unit })
    }

    /// Why it is not certain that work which ends loses a context.
    fn doubt(
        &self,
        start: usize,
        call: Option<&SpawnerCall<'_>>,
        units: &[&Expr],
    ) -> Option<&'static str> {
        let (program, function) = (self.around.program(), self.function);
        if is_of_rayon(function) {
            return Some(IS_PARALLEL);
        }
        if self.long_lived.iter().any(|task| task.contains(&start)) {
            return Some(TASK_AROUND_GOES_ON);
        }
        if function.is_main() {
            return Some("no span is around `main`; give one to what is spawned");
        }
        if self.has_no_span {
            return Some(
                "no span is around a function that serves for ever; give one to what is spawned",
            );
        }
        let mut reasons = units.iter().map(|unit| {
            needless::why(unit, program, function)
                .or_else(|| needless::records_nothing(whole(unit, function)))
        });
        let first = reasons.next().flatten();
        let needless = first.filter(|_| reasons.all(|reason| reason.is_some()));
        let of_receiver = || {
            let is_part = self.around.is_of_request(function);
            doubt_of_receiver(call?, program, function).filter(|_| !is_part)
        };
        needless
            .or_else(|| self.around.doubt(function, start, units))
            .or_else(of_receiver)
    }
}

const IS_PARALLEL: &str = "it is itself a parallel iterator, whose users carry theirs";

/// The kind of the work of a site; of the value, if the site gets a variable.
fn kind(site: &FoundSite, call: Option<&SpawnerCall<'_>>, function: &Function<'_>) -> FoundUnit {
    let mut arguments = call.iter().flat_map(|call| &call.arguments);
    match site.unit {
        FoundUnit::Other => arguments
            .find_map(|argument| value_of_variable(argument, function))
            .map_or(FoundUnit::Other, inspect::unit),
        unit => unit,
    }
}

/// Whether all that the work calls of the program has a span with a parent of its own: nothing is lost there.
fn begins_its_own_trace<'a>(
    units: &[&Expr],
    program: &Program<'a>,
    function: &'a Function<'a>,
) -> bool {
    // Most programs have none, and the search below costs more.
    if !program.of_program().any(Function::has_parent_of_its_own) {
        return false;
    }
    let whole: Vec<&Expr> = units.iter().map(|unit| whole(unit, function)).collect();
    let work = evidence::of(&whole, program, function);
    work.begins_traces && !work.records && work.calls.is_empty()
}

/// Whether the function has no span that a site could lose: one that goes on for as long as the program can have none,
/// nor can `main`, whose span would begin before `traced::init()`.
fn has_no_span_around(function: &Function<'_>) -> bool {
    function.is_main() || takes_work_for_ever(&function.block) || hands_over_to_a_server(function)
}

/// Whether the function extends rayon: it is a method of rayon's traits or has the name of one, or it takes a parallel
/// iterator.
fn is_of_rayon(function: &Function<'_>) -> bool {
    let container = function.container.as_ref();
    let implements = container.and_then(|container| container.implements.as_ref());
    let last = implements.and_then(|path| path.last());
    last.is_some_and(|name| name.contains("Parallel"))
        || function.name.starts_with("par_")
        || mentions(&function.signature, &|word| word.contains("Parallel"))
}

fn finding<'a>(
    site: &FoundSite,
    judgement: &Judgement,
    function: &'a Function<'a>,
    program: &Program<'_>,
) -> Finding<'a> {
    Finding {
        rule: RULE,
        level: judgement.level,
        file: function.file,
        range: function.file.range(site.span),
        message: message(site, judgement, function),
        label: (judgement.level == Level::Warning)
            .then(|| "spans in there begin traces of their own".to_owned()),
        help: help(judgement, function, program).into_iter().collect(),
        function: function.title(),
        function_start: Some(function.start),
    }
}

fn message(site: &FoundSite, judgement: &Judgement, function: &Function<'_>) -> String {
    let spawner = site.path.join("::");
    match (judgement.level, judgement.doubt) {
        (_, Some(doubt)) => format!(
            "`{spawner}` runs this without the context of `{}`; {doubt}",
            function.title()
        ),
        (Level::Warning, None) => format!(
            "`{spawner}` runs this without the context of `{}`",
            function.title()
        ),
        (Level::Note, None) => format!(
            "if `{spawner}` runs this elsewhere, it runs without the context of `{}`",
            function.title()
        ),
    }
}

fn help(judgement: &Judgement, function: &Function<'_>, program: &Program<'_>) -> Option<Help> {
    let krate = program
        .package
        .dependencies
        .crate_name("traced")
        .unwrap_or("traced");
    let insertion = function.insertion(&format!("#[{krate}::traced_spawn]"));
    match (judgement.doubt, function.is_in_macro) {
        // There is no request, so that a context to carry has nothing in it.
        (Some(_), _) if has_no_span_around(function) => None,
        (Some(_), _) => Some(Help::text(
            "if it is a part of the request all the same, write `traced::carry(..)` around it",
        )),
        (None, true) => Some(Help::text(
            "write `traced::carry(..)` around the future, or `traced::carry_fn(..)` around the closure",
        )),
        (None, false) => Some(Help::edit(
            "give the function a span with `#[traced]`, or carry the context alone",
            insertion,
        )),
    }
}
