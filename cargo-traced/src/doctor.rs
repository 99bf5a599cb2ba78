//! `cargo traced doctor`: why no traces arrive.
//!
//! Each rule is a section of `docs/doctor.md`. The sources and the dependencies are those of the chosen packages; the
//! variables are those that the programs would have if they were started here.

mod code;
mod connection;
mod dependencies;
mod destinations;
mod environment;
mod exporting;
mod guards;
mod manifest;
mod provider;
mod two_versions;
mod variable_names;
mod variables;

use std::path::Path;

use self::connection::Trials;
use self::dependencies::{Features, Tree};
use self::environment::Environment;
use self::manifest::Manifest;
use crate::Verdict;
use crate::audit::{Program, counted, remove_allowed};
use crate::cli;
use crate::findings::{Finding, Level, RuleName};
use crate::functions::{Function, functions};
use crate::output;
use crate::sources::{PackageSources, Sources};

/// Every rule. For each, `tests/doctor.rs` has a project with the fault and a twin without it.
const RULES: &[RuleName] = &[
    RuleName {
        name: "two_versions",
        summary: "Two versions of `opentelemetry` in one program do not see each other's spans",
    },
    RuleName {
        name: "no_provider",
        summary: "No provider is installed, so no span is exported",
    },
    RuleName {
        name: "guard_dropped",
        summary: "The guard of the telemetry is dropped at once, and the telemetry ends with it",
    },
    RuleName {
        name: "unread_variable",
        summary: "A variable that `traced` does not read",
    },
    RuleName {
        name: "endpoint",
        summary: "An endpoint that cannot be read",
    },
    RuleName {
        name: "https_without_tls",
        summary: "An `https` endpoint, and the feature `tls` is off",
    },
    RuleName {
        name: "protocol_port",
        summary: "The port is that of another protocol",
    },
    RuleName {
        name: "missing_feature",
        summary: "The environment asks for a feature of `traced` that is off",
    },
    RuleName {
        name: "unreachable",
        summary: "The collector cannot be reached",
    },
];

/// A package, and the facts that the rules need.
struct Examined<'a> {
    sources: &'a PackageSources,
    functions: &'a [Function<'a>],
    program: Program<'a>,
    manifest: Option<Manifest>,
    environment: Environment,
    features: Features,
    /// Whether the package has `traced` among its own dependencies.
    uses_traced: bool,
}

/// Examines the chosen packages.
pub(crate) fn run(options: &cli::Doctor) -> anyhow::Result<Verdict> {
    let sources = Sources::read(&options.packages)?;
    sources.report_skipped();
    let tree = Tree::read(options);
    if let Err(why) = &tree {
        eprintln!("note: the dependencies were not looked at: {why}");
    }
    let tree = tree.ok();

    let functions: Vec<Vec<Function<'_>>> = sources
        .packages
        .iter()
        .map(|package| {
            let files = package.files.iter();
            files.flat_map(|file| functions(file).functions).collect()
        })
        .collect();
    let mut all = Vec::new();
    for (package, functions) in sources.packages.iter().zip(&functions) {
        all.push(examined(package, functions, tree.as_ref(), &sources.root)?);
    }
    if !all.iter().any(|examined| examined.uses_traced) {
        eprintln!(
            "note: none of the packages depends on `traced`: only versions of `opentelemetry` are compared"
        );
    }

    let mut trials = Trials::default();
    let mut findings = Vec::new();
    for examined in &all {
        if let (Some(tree), Some(manifest)) = (&tree, &examined.manifest) {
            two_versions::check(tree, &examined.sources.package, manifest, &mut findings);
        }
        if !examined.uses_traced {
            continue;
        }
        provider::check(examined, tree.as_ref(), &mut findings);
        guards::check(examined, &mut findings);
        variables::check(examined, &mut findings);
        let trials = (!options.offline).then_some(&mut trials);
        exporting::check(examined, trials, &mut findings);
    }
    report(findings, options)
}

fn examined<'a>(
    sources: &'a PackageSources,
    functions: &'a [Function<'a>],
    tree: Option<&Tree>,
    root: &Path,
) -> anyhow::Result<Examined<'a>> {
    let package = &sources.package;
    let manifest = Manifest::read(&package.manifest, root);
    let mut features = Features::default();
    if let Some(tree) = tree {
        features = tree.features_of_traced(&package.manifest);
    }
    if let (None, Some(manifest)) = (tree, &manifest) {
        features = manifest.features_of_traced();
    }
    Ok(Examined {
        sources,
        functions,
        program: Program::new(sources, functions),
        manifest,
        environment: Environment::read(package.folder(), root)?,
        features,
        uses_traced: package.dependencies.has("traced"),
    })
}

fn report(mut findings: Vec<Finding<'_>>, options: &cli::Doctor) -> anyhow::Result<Verdict> {
    let order = |finding: &Finding<'_>| RULES.iter().position(|rule| rule.name == finding.rule);
    findings.sort_by_key(|finding| {
        (
            order(finding),
            finding.file.shown.clone(),
            finding.range.start,
        )
    });
    // Several packages may have the same `.env`.
    findings.dedup_by(|a, b| {
        (a.rule, &a.file.shown, a.range.start, &a.message)
            == (b.rule, &b.file.shown, b.range.start, &b.message)
    });
    let allowed = remove_allowed(&mut findings);
    let is_warning = |finding: &Finding<'_>| finding.level == Level::Warning;
    let warnings = findings
        .iter()
        .filter(|finding| is_warning(finding))
        .count();
    let notes = findings.len() - warnings;
    if options.quiet {
        findings.retain(is_warning);
    }
    let mut summary = format!(
        "{} and {}",
        counted(warnings, "finding"),
        counted(notes, "note")
    );
    if allowed > 0 {
        summary += &format!("; {allowed} allowed");
    }
    output::print(
        &findings,
        RULES,
        &summary,
        (options.message_format, options.color),
    )?;
    Ok(match warnings {
        0 => Verdict::Clean,
        _ => Verdict::Findings,
    })
}
