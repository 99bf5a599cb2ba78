//! `spawn_site`: work that is spawned without the context of the function that spawns it.

use std::ops::Range;

use traced_macros_backend::Mode;
use traced_macros_backend::inspect::{FoundSite, FoundUnit, spawn_sites};

use super::Report;
use super::allowed::is_allowed;
use super::calls::{Call, in_block};
use super::lives_on::{lives_on, takes_work_for_ever};
use super::long_lived;
use super::needless;
use super::program::Program;
use super::surroundings::{Surroundings, TASK_AROUND_GOES_ON};
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
        .filter(|(site, _)| !matches!(site.unit, FoundUnit::Carried | FoundUnit::Instrumented))
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
    let is_annotated = function.ours.is_some();
    let dependencies = &program.package.dependencies;
    let reaches_opentelemetry =
        dependencies.has("tracing-opentelemetry") || dependencies.has("fastrace");
    for (site, judgement) in judged(&sites, around, function) {
        // The unit has a span of another library. The rule `tracing_spans` checks whether such spans are exported.
        let is_instrumented = site.unit == FoundUnit::Instrumented;
        if is_instrumented && !is_annotated && !reaches_opentelemetry {
            continue;
        }
        let range = function.file.range(site.span);
        let is_carried = is_annotated || is_instrumented || site.unit == FoundUnit::Carried;
        // What is carried is covered, however certain it is that it has to be.
        let counts = is_carried || judgement.level == Level::Warning;
        if counts && !is_allowed(function.file, range.start, RULE) {
            report.coverage.sites += 1;
            report.coverage.carried += usize::from(is_carried);
        }
        if !is_carried {
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
}

/// The sites that may lose a context, each with the certainty that it does.
fn judged<'s, 'a>(
    sites: &'s [FoundSite],
    around: &'s Surroundings<'_, 'a>,
    function: &'a Function<'a>,
) -> impl Iterator<Item = (&'s FoundSite, Judgement)> {
    let program = around.program();
    let units = match sites.is_empty() {
        true => Vec::new(),
        false => long_lived::units(function, sites),
    };
    let has_no_span = !sites.is_empty() && has_no_span_around(function);
    let long_lived: Vec<Range<usize>> = units
        .iter()
        .filter(|(_, unit)| lives_on(unit, program, function).is_some())
        .filter_map(|(_, unit)| function.file.range_of(unit))
        .collect();
    sites.iter().filter_map(move |site| {
        let level = certainty(site, program, function)?;
        let start = function.file.range(site.span).start;
        let units = || {
            let named = units
                .iter()
                .filter(|(name, _)| function.file.range(*name).start == start);
            named.map(|(_, unit)| *unit)
        };
        let levels: Vec<Level> = units()
            .filter_map(|unit| lives_on(unit, program, function))
            .collect();
        // An endless task should have no context. The rule `long_lived` reports those that keep one.
        if levels.contains(&Level::Warning) {
            return None;
        }
        let doubt = if is_of_rayon(function) {
            Some("it is itself a parallel iterator, whose users carry theirs")
        } else if !levels.is_empty() {
            Some("it goes on for as long as its channel or stream does, and may belong to no request")
        } else if long_lived.iter().any(|task| task.contains(&start)) {
            Some(TASK_AROUND_GOES_ON)
        } else if function.is_main() {
            Some("no span is around `main`; give one to what is spawned")
        } else if has_no_span {
            Some("no span is around a function that serves for ever; give one to what is spawned")
        } else {
            let mut reasons = units().map(|unit| needless::why(unit, program, function));
            let first = reasons.next().flatten();
            let first = first.filter(|_| reasons.all(|reason| reason.is_some()));
            first.or_else(|| around.doubt(function, start, &units().collect::<Vec<_>>()))
        };
        Some(match doubt {
            Some(_) => (site, Judgement { level: Level::Note, doubt }),
            None => (site, Judgement { level, doubt }),
        })
    })
}

/// Whether the function has no span that a site could lose: one that goes on for as long as the program can have none,
/// nor can `main`, whose span would begin before `traced::init()`.
fn has_no_span_around(function: &Function<'_>) -> bool {
    function.is_main() || takes_work_for_ever(&function.block) || runs_a_server(function)
}

/// Whether the function hands over to a server: `HttpServer::new(..)`, `axum::serve(..)`. A `serve` alone may be a
/// method that handles a request.
fn runs_a_server(function: &Function<'_>) -> bool {
    let mut found = mentions(&function.block, &|word| {
        matches!(
            word,
            "HttpServer" | "serve_with_incoming_shutdown" | "serve_with_shutdown"
        )
    });
    in_block(&function.block, &mut |call| {
        if let Call::Function(path) = call {
            found |=
                matches!(path.as_slice(), [.., owner, name] if owner == "axum" && name == "serve");
        }
    });
    found
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
        label: match judgement.doubt {
            Some(_) => None,
            None => Some("spans in there begin traces of their own".to_owned()),
        },
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

/// Whether the call is certainly a spawn site, perhaps one, or not to be reported.
///
/// The macros rewrite every call that looks like a spawn site, because at compile time a value that is neither
/// a future nor a closure stays as it is. A report does not know types, so it must not take every method called
/// `spawn` for a spawner.
fn certainty(site: &FoundSite, program: &Program<'_>, function: &Function<'_>) -> Option<Level> {
    let name = site.path.last()?.as_str();
    let owner = site.path.iter().rev().nth(1).map(String::as_str);
    let is_literal = matches!(
        site.unit,
        FoundUnit::AsyncBlock | FoundUnit::Closure | FoundUnit::Carried
    );
    if !site.is_method {
        // A function of the program, so that the spawn site is inside that function.
        let is_own = matches!(site.path[0].as_str(), "crate" | "self" | "super" | "Self");
        if is_own && program.resolve(&site.path, function).is_some() {
            return None;
        }
        let Some(owner) = owner else {
            return is_imported_spawner(name, program, function).then_some(Level::Warning);
        };
        let certain = is_spawner_of(owner, site, program, function)?;
        return certain
            .then_some(Level::Warning)
            .or(is_literal.then_some(Level::Note));
    }
    // The program has a method of this name, so that the spawn site is inside that method.
    if program.named(name).any(|method| method.container.is_some()) {
        return None;
    }
    match (name, site.unit) {
        // A method of this name that takes an `async` block runs it in another task.
        (
            "spawn" | "spawn_local" | "spawn_on" | "spawn_ok" | "spawn_with_handle",
            FoundUnit::AsyncBlock,
        ) => Some(Level::Warning),
        ("spawn_blocking" | "spawn_pinned" | "spawn_blocking_on" | "spawn_scoped", _) => {
            Some(Level::Warning)
        }
        ("spawn" | "spawn_fifo" | "spawn_fn", FoundUnit::Closure) => Some(Level::Note),
        (_, FoundUnit::Carried | FoundUnit::Instrumented) => Some(Level::Warning),
        // Parallel iterators: rayon's methods have names of their own.
        (_, FoundUnit::Iterator) => Some(Level::Warning),
        // `FuturesUnordered::push`, `Vec::push`; `pool.install(..)`; `commands.spawn(bundle)`.
        _ => None,
    }
}

/// Whether the function of this owner is certainly a spawner; `None` if the owner is no crate, module or type that has
/// spawners.
fn is_spawner_of(
    owner: &str,
    site: &FoundSite,
    program: &Program<'_>,
    function: &Function<'_>,
) -> Option<bool> {
    match owner {
        "tokio"
        | "smol"
        | "async_std"
        | "actix_rt"
        | "async_global_executor"
        | "blocking"
        | "rayon" => Some(true),
        // A module `thread` or `task` may also be one of the program.
        "thread" => Some(
            site.path.first().is_some_and(|first| first == "std")
                || program.imports(function, &["std", "thread"]),
        ),
        "task" => Some(
            site.path.len() > 2 && is_runtime(&site.path[0])
                || ["tokio", "async_std"]
                    .iter()
                    .any(|krate| program.imports(function, &[krate, "task"])),
        ),
        "JoinSet" | "JoinMap" | "TaskTracker" | "LocalPoolHandle" | "ThreadPool" => Some(true),
        "rt" => Some(site.path.first().is_some_and(|first| first == "actix_web")),
        _ => None,
    }
}

/// Whether a crate is a runtime, also by another name: `tokio_1`.
fn is_runtime(krate: &str) -> bool {
    ["tokio", "async_std", "actix_rt", "std"]
        .iter()
        .any(|known| krate.starts_with(known))
}

/// `use tokio::spawn;` in this file.
fn is_imported_spawner(name: &str, program: &Program<'_>, function: &Function<'_>) -> bool {
    const MODULES: &[&[&str]] = &[
        &["tokio"],
        &["tokio", "task"],
        &["std", "thread"],
        &["rayon"],
        &["smol"],
        &["async_std", "task"],
        &["actix_rt"],
        &["blocking"],
    ];
    MODULES.iter().any(|module| {
        let path: Vec<&str> = module.iter().copied().chain([name]).collect();
        program.imports(function, &path)
    })
}
