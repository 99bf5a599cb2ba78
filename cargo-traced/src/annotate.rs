//! `cargo traced annotate`: writes `#[traced]` where it is worth it, and removes it again.

mod messages;
mod strip;
mod worth;

use std::collections::BTreeMap;

use traced_macros_backend::Mode;
use traced_macros_backend::inspect::refusals;

use self::worth::{Choice, Chooser};
use crate::audit::Program;
use crate::detach;
use crate::edits::{self, FileEdits};
use crate::functions::{Function, functions};
use crate::sources::{PackageSources, Sources};
use crate::spelling::Spelling;
use crate::syntax::mentions;
use crate::{Verdict, cli};

pub(crate) fn run(options: &cli::Annotate) -> anyhow::Result<Verdict> {
    let sources = Sources::read(&options.packages)?;
    sources.report_skipped();
    let mut all = Vec::new();
    let mut refused = BTreeMap::new();
    for package in &sources.packages {
        all.extend(match options.strip {
            true => strip::edits(package, options.all),
            false => annotations(package, options.all, &mut refused),
        });
    }
    let applied = edits::apply(&all, &options.writing, &sources.root)?;
    let count = applied.count;
    for (why, functions) in refused {
        eprintln!(
            "note: {} left without an attribute: {why}",
            listed(&functions)
        );
    }
    let verb = match (options.strip, options.writing.write) {
        (false, true) => "annotated",
        (false, false) => "would annotate",
        (true, true) => "stripped",
        (true, false) => "would strip",
    };
    eprintln!(
        "{verb} {count} {}",
        if count == 1 { "item" } else { "items" }
    );
    if count > 0 && !options.strip {
        hint_dependency(&sources);
    }
    Ok(if applied.is_unwritten {
        Verdict::Findings
    } else {
        Verdict::Clean
    })
}

/// The functions by their places: all of a few, otherwise the first and how many there are.
fn listed(functions: &[String]) -> String {
    const MOST: usize = 5;
    match functions {
        [one] => format!("{one} is"),
        few if few.len() <= MOST => format!("{} are", few.join(", ")),
        many => format!(
            "{} and {} more functions are",
            many[..MOST].join(", "),
            many.len() - MOST
        ),
    }
}

/// Prints the packages that must depend on `traced` for the result to compile.
pub(crate) fn hint_dependency(sources: &Sources) {
    for PackageSources { package, files } in &sources.packages {
        let is_no_std = |attribute: &syn::Attribute| {
            mentions(attribute, &|word| word == "no_std") && !attribute.path().is_ident("doc")
        };
        if files
            .iter()
            .any(|file| file.module.is_empty() && file.syntax.attrs.iter().any(is_no_std))
        {
            eprintln!(
                "note: `{}` is `no_std`, and `traced` needs the standard library",
                package.name
            );
        }
        if !package.dependencies.has("traced") && package.name != "traced" {
            eprintln!(
                "note: `{0}` does not depend on `traced` yet: cargo add traced --package {0}",
                package.name
            );
        }
    }
}

/// The starts of the statements that spawn an endless task; `None` if one of them takes no attribute.
type Detached = Option<Vec<usize>>;

/// What each function gets.
fn chosen(
    package: &PackageSources,
    functions: &[Function<'_>],
    all: bool,
) -> Vec<(Choice, Detached)> {
    let program = Program::new(package, functions);
    let chooser = Chooser::new(&program, all);
    let choices = functions.iter().map(|function| {
        let choice = chooser.choose(function);
        let detached = match choice {
            Choice::Nothing => Some(Vec::new()),
            _ => detach::statements(&program, function),
        };
        (choice, detached)
    });
    choices.collect()
}

fn annotations<'a>(
    package: &'a PackageSources,
    all: bool,
    refused: &mut BTreeMap<String, Vec<String>>,
) -> Vec<FileEdits<'a>> {
    let found: Vec<Function<'a>> = package
        .files
        .iter()
        .flat_map(|file| functions(file).functions)
        .collect();
    let chosen = chosen(package, &found, all);
    let spelling = Spelling::of(package);
    let mut edits: BTreeMap<&str, FileEdits<'a>> = BTreeMap::new();
    for (function, (choice, detached)) in found.iter().zip(chosen) {
        let (name, mode) = match choice {
            Choice::Nothing => continue,
            Choice::Span => ("traced", Mode::Span),
            Choice::SpawnSites => ("traced_spawn", Mode::SpawnSitesOnly),
        };
        let mut refuse = |why: String| {
            let (file, line) = (function.file, function.file.place(function.start).line);
            let place = format!("`{}` ({}:{line})", function.title(), file.shown);
            refused.entry(why).or_default().push(place);
        };
        // An attribute that the macro would reject is not written.
        if let Some(refusal) = refusals(mode, Default::default(), function.tokens.clone()).first() {
            refuse(refusal.message.clone());
            continue;
        }
        let Some(detached) = detached else {
            refuse(detach::WHY_LEFT.to_owned());
            continue;
        };
        let (range, text) = function.insertion(&format!("#[{}]", spelling.meta(name, "")));
        let file = function.file;
        let of_file = edits
            .entry(&file.shown)
            .or_insert_with(|| FileEdits::new(file));
        of_file.replace(range, text);
        for at in detached {
            let (range, text) = detach::insertion(file, at, &spelling);
            of_file.replace(range, text);
        }
    }
    edits.into_values().collect()
}
