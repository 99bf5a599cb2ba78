//! `cargo traced audit`: finds the places where a program loses its traces.
//!
//! Each rule is a file of this folder, and a section of `docs/audit.md`.

mod allowed;
mod calls;
mod channel;
mod entry_point;
mod imports;
mod lints;
mod long_lived;
mod program;
mod spawn_site;
mod tracing_spans;
mod two_spans;

pub(crate) use self::allowed::remove as remove_allowed;
pub(crate) use self::calls::{Call, in_block};
pub(crate) use self::entry_point::handlers;
pub(crate) use self::long_lived::{endless_tasks, never_ends, serves_others};
pub(crate) use self::program::Program;
pub(crate) use self::spawn_site::certain_sites;
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

/// Every rule of this folder. The findings of `lints` have the names of the macros' lints.
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

/// Audits the chosen packages.
pub(crate) fn run(options: &cli::Audit) -> anyhow::Result<Verdict> {
    let baseline = options
        .baseline
        .as_deref()
        .map(Baseline::read)
        .transpose()?;
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

    let mut opaque_macros = 0;
    let mut all: Vec<(usize, Vec<Function<'_>>)> = Vec::new();
    for (index, package) in sources.packages.iter().enumerate() {
        let mut found = Vec::new();
        for file in &package.files {
            let in_file = functions(file);
            opaque_macros += in_file.opaque_macros;
            found.extend(in_file.functions);
        }
        all.push((index, found));
    }
    let mut report = Report::default();
    for (index, functions) in &all {
        let program = Program::new(&sources.packages[*index], functions);
        for rule in RULES {
            (rule.check)(&program, &mut report);
        }
    }

    let Report {
        mut findings,
        coverage,
    } = report;
    findings.sort_by(|a, b| {
        (&a.file.shown, a.range.start, a.rule).cmp(&(&b.file.shown, b.range.start, b.rule))
    });
    let allowed = allowed::remove(&mut findings);
    if let Some(path) = &options.write_baseline {
        Baseline::of(&findings).write(path)?;
    }
    let known = baseline.map_or(0, |baseline| baseline.remove_known(&mut findings));
    let warnings = findings
        .iter()
        .filter(|finding| finding.level == Level::Warning)
        .count();
    let notes = findings.len() - warnings;
    if options.quiet {
        findings.retain(|finding| finding.level == Level::Warning);
    }

    let lines: usize = sources
        .packages
        .iter()
        .flat_map(|package| &package.files)
        .map(|file| file.text.lines().count())
        .sum();
    let mut summary = format!(
        "{} and {} in {} of {lines} lines",
        counted(warnings, "finding"),
        counted(notes, "note"),
        counted(
            sources
                .packages
                .iter()
                .map(|package| package.files.len())
                .sum(),
            "file"
        ),
    );
    if known > 0 {
        summary += &format!("; {known} in the baseline");
    }
    if allowed > 0 {
        summary += &format!("; {allowed} allowed");
    }
    if opaque_macros > 0 {
        summary += &format!("; {} not looked into", counted(opaque_macros, "macro"));
    }
    let rules: Vec<RuleName> = RULES
        .iter()
        .map(|rule| RuleName {
            name: rule.name,
            summary: rule.summary,
        })
        .collect();
    summary += &format!("\n{coverage}");
    output::print(
        &findings,
        &rules,
        &summary,
        (options.message_format, options.color),
    )?;
    Ok(match warnings {
        0 => Verdict::Clean,
        _ => Verdict::Findings,
    })
}

pub(crate) fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}
