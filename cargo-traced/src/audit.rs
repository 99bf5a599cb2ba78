//! `cargo traced audit`: finds the places where a program loses its traces.
//!
//! Each rule is a file of this folder, and a section of `docs/audit.md`. A finding comes into being in this order:
//!
//! ```text
//! sources ─► functions ─► Program ─► check of a rule ─► Finding ─► allowed, baseline ─► output
//! ```

mod advice;
mod allowed;
mod branches;
mod calls;
mod channel;
mod entry_point;
mod evidence;
mod imports;
mod lints;
mod lives_on;
mod long_lived;
mod loops;
mod needless;
mod places;
mod program;
mod reachable;
mod relay;
mod servers;
mod span_macros;
mod spans;
mod spawn_site;
mod spawner;
mod spawner_calls;
mod surroundings;
mod tracing_spans;
mod two_spans;
mod variables;

pub(crate) use self::allowed::remove as remove_allowed;
pub(crate) use self::calls::{Call, in_block};
pub(crate) use self::entry_point::handlers;
pub(crate) use self::lives_on::takes_work_for_ever;
pub(crate) use self::long_lived::endless_tasks;
pub(crate) use self::loops::endless::never_ends;
pub(crate) use self::program::Program;
pub(crate) use self::servers::serves_others;
pub(crate) use self::spawn_site::certain_sites;
pub(crate) use self::surroundings::Surroundings;
use crate::Verdict;
use crate::baseline::Baseline;
use crate::cli;
use crate::findings::{Coverage, Finding, Level, RuleName};
use crate::functions::{Function, functions};
use crate::output;
use crate::sources::Sources;

/// A rule: the name that `// traced: allow(..)` takes, and the function that finds its violations.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    check: for<'a> fn(&Program<'a>, &mut Report<'a>),
}

/// Every rule of this folder. Its findings repeat its name, except those of `lints`, which have the names of the macros'
/// lints.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "spawn_site",
        summary: "Work is spawned without the context of the function that spawns it",
        check: spawn_site::check,
    },
    Rule {
        name: "entry_point",
        summary: "A handler, consumer, job or `main` has no span, so what it calls has no trace of its own",
        check: entry_point::check,
    },
    Rule {
        name: "long_lived",
        summary: "A task that never ends keeps the trace of whoever started it",
        check: long_lived::check,
    },
    Rule {
        name: "channel",
        summary: "Messages go from one annotated function to another without their context",
        check: channel::check,
    },
    Rule {
        name: "two_spans",
        summary: "`#[instrument]` and `#[traced]` on one function make two spans of one call",
        check: two_spans::check,
    },
    Rule {
        name: "tracing_spans",
        summary: "Spans of `tracing` that nothing hands to OpenTelemetry",
        check: tracing_spans::check,
    },
    Rule {
        name: "lints",
        summary: "What `#[traced]` refuses, in functions that do not have it",
        check: lints::check,
    },
];

/// The findings of all rules.
#[derive(Default)]
pub(crate) struct Report<'a> {
    pub(crate) findings: Vec<Finding<'a>>,
    pub(crate) coverage: Coverage,
}

/// Audits the chosen packages: reads their sources, applies every rule, and prints the findings that neither a comment
/// nor the baseline allows.
pub(crate) fn run(options: &cli::Audit) -> anyhow::Result<Verdict> {
    let baseline = options
        .baseline
        .as_deref()
        .map(Baseline::read)
        .transpose()?;
    let sources = read_sources(options)?;
    let (functions, opaque_macros) = functions_by_package(&sources);
    let Report {
        mut findings,
        coverage,
    } = report(&sources, &functions);
    let allowed = allowed::remove(&mut findings);
    if let Some(path) = &options.write_baseline {
        Baseline::of(&findings).write(path)?;
    }
    let known = baseline.map_or(0, |baseline| baseline.remove_known(&mut findings));
    let are_warnings = findings
        .iter()
        .filter(|finding| finding.level == Level::Warning);
    let warnings = are_warnings.count();
    let summary = Summary {
        warnings,
        notes: findings.len() - warnings,
        known,
        allowed,
        opaque_macros,
        coverage,
    };
    if options.quiet {
        findings.retain(|finding| finding.level == Level::Warning);
    }
    let rules: Vec<RuleName> = RULES.iter().map(Rule::listed).collect();
    output::print(
        &findings,
        &rules,
        &summary.of(&sources),
        (options.message_format, options.color),
    )?;
    Ok(match warnings {
        0 => Verdict::Clean,
        _ => Verdict::Findings,
    })
}

fn read_sources(options: &cli::Audit) -> anyhow::Result<Sources> {
    let sources = Sources::read(&options.packages)?;
    sources.report_skipped();
    // A package of macros has no sources that run. A package whose sources cannot be read is an error.
    anyhow::ensure!(
        sources.skipped.is_empty()
            || sources
                .packages
                .iter()
                .any(|package| !package.files.is_empty()),
        "none of the source files could be read"
    );
    Ok(sources)
}

/// The functions of each package, and the number of macro calls that may contain others.
fn functions_by_package(sources: &Sources) -> (Vec<Vec<Function<'_>>>, usize) {
    let mut opaque_macros = 0;
    let packages = sources.packages.iter().map(|package| {
        let mut found = Vec::new();
        for file in &package.files {
            let in_file = functions(file);
            opaque_macros += in_file.opaque_macros;
            found.extend(in_file.functions);
        }
        found
    });
    let found = packages.collect();
    (found, opaque_macros)
}

/// The findings of every rule, in the order of the sources.
fn report<'a>(sources: &'a Sources, functions: &'a [Vec<Function<'a>>]) -> Report<'a> {
    let mut report = Report::default();
    for (package, functions) in sources.packages.iter().zip(functions) {
        let program = Program::new(package, functions);
        let before = report.findings.len();
        for rule in RULES {
            (rule.check)(&program, &mut report);
        }
        advice::correct(&program, &mut report.findings[before..]);
    }
    report.findings.sort_by(|a, b| {
        (&a.file.shown, a.range.start, a.rule).cmp(&(&b.file.shown, b.range.start, b.rule))
    });
    report
}

impl Rule {
    fn listed(&self) -> RuleName {
        RuleName {
            name: self.name,
            summary: self.summary,
        }
    }
}

/// The numbers of the last lines.
struct Summary {
    warnings: usize,
    notes: usize,
    /// Findings that the baseline lists.
    known: usize,
    /// Findings that comments allow.
    allowed: usize,
    opaque_macros: usize,
    coverage: Coverage,
}

impl Summary {
    fn of(&self, sources: &Sources) -> String {
        let files = || sources.packages.iter().flat_map(|package| &package.files);
        let lines: usize = files().map(|file| file.text.lines().count()).sum();
        let mut text = format!(
            "{} and {} in {} of {lines} lines",
            counted(self.warnings, "finding"),
            counted(self.notes, "note"),
            counted(files().count(), "file"),
        );
        if self.known > 0 {
            text += &format!("; {} in the baseline", self.known);
        }
        if self.allowed > 0 {
            text += &format!("; {} allowed", self.allowed);
        }
        if self.opaque_macros > 0 {
            text += &format!("; {} not looked into", counted(self.opaque_macros, "macro"));
        }
        text += &format!("\n{}", self.coverage);
        text
    }
}

pub(crate) fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
