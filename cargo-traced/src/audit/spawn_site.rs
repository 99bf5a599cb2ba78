//! `spawn_site`: work that is spawned without the context of the function that spawns it.

use traced_macros_backend::Mode;
use traced_macros_backend::inspect::{FoundSite, FoundUnit, spawn_sites};

use super::Report;
use super::allowed::is_allowed;
use super::program::Program;
use crate::findings::{Finding, Help, Level};
use crate::functions::Function;

const RULE: &str = "spawn_site";

/// How many sites of a function that has no attribute are certain.
pub(crate) fn certain_sites(program: &Program<'_>, function: &Function<'_>) -> usize {
    let sites = spawn_sites(
        Mode::SpawnSitesOnly,
        Default::default(),
        function.tokens.clone(),
    );
    let levels = sites
        .iter()
        .filter(|site| !matches!(site.unit, FoundUnit::Carried | FoundUnit::Instrumented));
    let levels = levels.map(|site| certainty(site, program, function));
    levels
        .filter(|level| *level == Some(Level::Warning))
        .count()
}

/// Every site that the macros would rewrite is looked for with the rewriter itself.
pub(super) fn check<'a>(program: &Program<'a>, report: &mut Report<'a>) {
    for function in program.of_program() {
        check_function(program, function, report);
    }
}

fn check_function<'a>(program: &Program<'a>, function: &'a Function<'a>, report: &mut Report<'a>) {
    let (mode, args) = match &function.ours {
        Some(ours) => (ours.mode, ours.args.clone()),
        None => (Mode::SpawnSitesOnly, Default::default()),
    };
    let sites = spawn_sites(mode, args, function.tokens.clone());
    let is_annotated = function.ours.is_some();
    let dependencies = &program.package.dependencies;
    let reaches_opentelemetry =
        dependencies.has("tracing-opentelemetry") || dependencies.has("fastrace");
    for site in sites {
        // A span of another library comes with it: `tracing_spans` tells whether anybody sees it.
        let is_instrumented = site.unit == FoundUnit::Instrumented;
        if is_instrumented && !is_annotated && !reaches_opentelemetry {
            continue;
        }
        let Some(level) = certainty(&site, program, function) else {
            continue;
        };
        let range = function.file.range(site.span);
        let is_carried = is_annotated || is_instrumented || site.unit == FoundUnit::Carried;
        if level == Level::Warning && !is_allowed(function.file, range.start, RULE) {
            report.coverage.sites += 1;
            report.coverage.carried += usize::from(is_carried);
        }
        if !is_carried {
            report
                .findings
                .push(finding(&site, level, function, program));
        }
    }
}

fn finding<'a>(
    site: &FoundSite,
    level: Level,
    function: &'a Function<'a>,
    program: &Program<'_>,
) -> Finding<'a> {
    let spawner = site.path.join("::");
    let message = match level {
        Level::Warning => format!(
            "`{spawner}` runs this without the context of `{}`",
            function.title()
        ),
        Level::Note => format!(
            "if `{spawner}` runs this elsewhere, it runs without the context of `{}`",
            function.title()
        ),
    };
    let krate = program
        .package
        .dependencies
        .crate_name("traced")
        .unwrap_or("traced");
    let insertion = function.insertion(&format!("#[{krate}::traced_spawn]"));
    let help = match function.is_in_macro {
        true => Help::text(
            "write `traced::carry(..)` around the future, or `traced::carry_fn(..)` around the closure",
        ),
        false => Help::edit(
            "give the function a span with `#[traced]`, or carry the context alone",
            insertion,
        ),
    };
    Finding {
        rule: RULE,
        level,
        file: function.file,
        range: function.file.range(site.span),
        message,
        label: Some("spans in there begin traces of their own".to_owned()),
        help: vec![help],
        function: function.title(),
        function_start: Some(function.start),
    }
}

/// Whether this is a spawn site for certain, perhaps, or not worth a word.
///
/// The macros carry into whatever looks like one, as their helper leaves what is neither a future nor
/// a closure alone. A report has no such helper: a method `spawn` of somebody else's must not be called
/// one.
fn certainty(site: &FoundSite, program: &Program<'_>, function: &Function<'_>) -> Option<Level> {
    let name = site.path.last()?.as_str();
    let owner = site.path.iter().rev().nth(1).map(String::as_str);
    let is_literal = matches!(
        site.unit,
        FoundUnit::AsyncBlock | FoundUnit::Closure | FoundUnit::Carried
    );
    if !site.is_method {
        let certain = match owner {
            Some(
                "tokio"
                | "smol"
                | "async_std"
                | "actix_rt"
                | "async_global_executor"
                | "blocking"
                | "rayon",
            ) => true,
            // A module of the standard library or of a runtime, if it was brought in from there.
            Some("thread") => {
                site.path.first().is_some_and(|first| first == "std")
                    || program.imports(function, &["std", "thread"])
            }
            Some("task") => {
                site.path.len() > 2
                    || ["tokio", "async_std"]
                        .iter()
                        .any(|krate| program.imports(function, &[krate, "task"]))
            }
            Some("JoinSet" | "JoinMap" | "TaskTracker" | "LocalPoolHandle" | "ThreadPool") => true,
            Some("rt") => site.path.first().is_some_and(|first| first == "actix_web"),
            Some(_) => return None,
            None => {
                return is_imported_spawner(name, program, function).then_some(Level::Warning);
            }
        };
        return certain
            .then_some(Level::Warning)
            .or(is_literal.then_some(Level::Note));
    }
    match (name, site.unit) {
        // What takes an `async` block, or a closure under this name, runs it elsewhere.
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
