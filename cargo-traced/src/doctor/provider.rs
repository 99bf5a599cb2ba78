//! `no_provider`: a program with spans that no provider receives.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use super::Examined;
use super::code::{crate_name, installs};
use super::dependencies::Tree;
use crate::audit::{Call, Program, in_block};
use crate::findings::{Finding, Help, Level};
use crate::functions::Function;

pub(super) fn check<'p>(
    examined: &'p Examined<'_>,
    tree: Option<&Tree>,
    findings: &mut Vec<Finding<'p>>,
) {
    let mains: Vec<&Function<'_>> = examined
        .functions
        .iter()
        .filter(|function| !function.is_test && function.is_main())
        .collect();
    let program = &examined.program;
    let elsewhere = program
        .of_program()
        .find(|function| !function.is_main() && installs(program, function));
    for main in &mains {
        let reached = reached(main, |function| may_call(program, function));
        let is_installed =
            reached.iter().any(|function| installs(program, function)) || installs(program, main);
        // If a package has several programs, some may use none of its spans. That a method has the same name as one
        // with a span does not show that a program uses it.
        let surely = self::reached(main, |function| surely_calls(program, function));
        let has_spans = main.is_traced() || surely.iter().any(|function| function.is_traced());
        if is_installed || (!has_spans && mains.len() > 1) {
            continue;
        }
        let (level, label) = match uses_ours(program, main, &reached) {
            true => match (elsewhere, tree) {
                (None, None) => (
                    Level::Note,
                    "unless a dependency does: they were not looked at".to_owned(),
                ),
                _ => certainty(elsewhere, &helpers(examined, tree)),
            },
            false => (
                Level::Note,
                "nothing that `main` calls has a span of `traced` yet".to_owned(),
            ),
        };
        findings.push(Finding {
            rule: "no_provider",
            level,
            file: main.file,
            range: main.name_range(),
            message: "no provider of spans is installed".to_owned(),
            label: Some(label),
            help: advice(examined),
            function: main.title(),
            function_start: Some(main.start),
        });
    }
}

/// How certain it is that no provider is installed, if nothing that `main` calls by name does so: another function may
/// (`elsewhere`), or a crate of which that is known (`helpers`).
fn certainty(elsewhere: Option<&Function<'_>>, helpers: &[String]) -> (Level, String) {
    match (elsewhere, helpers) {
        (Some(function), _) => (
            Level::Note,
            format!(
                "`{}` does, but nothing that `main` calls by name leads there",
                function.title()
            ),
        ),
        (None, []) => (
            Level::Warning,
            "no span of this program is exported".to_owned(),
        ),
        (None, names) => (Level::Note, format!("unless {} does", names.join(" or "))),
    }
}

fn advice(examined: &Examined<'_>) -> Vec<Help> {
    let mut help = vec![Help::text(
        "begin `main` with `let _telemetry = traced::init()?;`",
    )];
    if examined.features.surely_lacks("init") {
        let text = "turn on the feature `init` of `traced`";
        let edit = examined
            .manifest
            .as_ref()
            .and_then(|manifest| manifest.with_feature("traced", "init"));
        // An edit of another file cannot be shown with this one.
        help.push(Help::text(match edit {
            Some((_, new)) => format!("{text}: `{}` in Cargo.toml", new.trim_start_matches(", ")),
            None => text.to_owned(),
        }));
    }
    help
}

/// Whether the files of `main`, and of what it calls, name `traced`: without, the program has no span that could be
/// thrown away, and is a tool beside a library, or is about to use it.
fn uses_ours(program: &Program<'_>, main: &Function<'_>, reached: &[&Function<'_>]) -> bool {
    let name = crate_name(program);
    let functions = std::iter::once(main).chain(reached.iter().copied());
    let mut seen = HashSet::new();
    functions
        .filter(|function| function.is_traced() || seen.insert(function.file.shown.as_str()))
        .any(|function| {
            function.is_traced() || has_path_of(function.file.syntax.to_token_stream(), name)
        })
}

/// Whether a path among the tokens begins with the name of the crate. A variable may have that name too.
fn has_path_of(tokens: TokenStream, name: &str) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    tokens.iter().enumerate().any(|(index, token)| match token {
        TokenTree::Ident(word) => {
            word == name && is_colon(tokens.get(index + 1)) && is_colon(tokens.get(index + 2))
        }
        TokenTree::Group(group) => has_path_of(group.stream(), name),
        _ => false,
    })
}

/// The functions that calls lead to, from `main` on.
fn reached<'a>(
    main: &Function<'_>,
    calls: impl Fn(&Function<'_>) -> Vec<&'a Function<'a>>,
) -> Vec<&'a Function<'a>> {
    let mut seen: HashSet<(&str, usize)> = HashSet::new();
    let mut found: Vec<&Function<'_>> = Vec::new();
    let mut next = calls(main);
    while let Some(function) = next.pop() {
        // The root file of another program is no part of this one.
        let is_elsewhere = function.file.is_program && function.file.path != main.file.path;
        if !is_elsewhere && seen.insert((function.file.shown.as_str(), function.start)) {
            found.push(function);
            next.extend(calls(function));
        }
    }
    found
}

/// The functions of the package that have the names of those that are called.
fn may_call<'a>(program: &Program<'a>, function: &Function<'_>) -> Vec<&'a Function<'a>> {
    let mut found = Vec::new();
    in_block(&function.block, &mut |call| match call {
        // After a `use`, the module is not part of the path, and only the name can be compared.
        Call::Function(path) => match program.resolve(path, function) {
            Some(callee) => found.push(callee),
            None => found.extend(path.last().iter().flat_map(|name| program.named(name))),
        },
        Call::Method(call) => found.extend(program.named(&call.method.to_string())),
        Call::Macro(_) => {}
    });
    found
}

/// The functions that are certainly called, because a path leads to them.
fn surely_calls<'a>(program: &Program<'a>, function: &Function<'_>) -> Vec<&'a Function<'a>> {
    let mut found = Vec::new();
    in_block(&function.block, &mut |call| {
        let Call::Function(path) = call else {
            return;
        };
        match (program.resolve(path, function), &path[..]) {
            (Some(callee), _) => found.push(callee),
            // Each program of the package may have one of this name.
            (None, [name]) => found.extend(program.named(name).filter(|named| {
                named.container.is_none()
                    && named.file.path == function.file.path
                    && named.module == function.module
            })),
            _ => {}
        }
    });
    found
}

/// The dependencies of the package that could install a provider for it.
fn helpers(examined: &Examined<'_>, tree: Option<&Tree>) -> Vec<String> {
    let package = &examined.sources.package;
    let Some(tree) = tree else {
        return Vec::new();
    };
    let Some(program) = tree.package(&package.manifest) else {
        return Vec::new();
    };
    let is_of_telemetry = |name: &str| {
        name == "traced" || name.starts_with("opentelemetry") || name == "tracing-opentelemetry"
    };
    let could = tree.direct(&program.id).filter(|direct| {
        !is_of_telemetry(direct.name.as_str())
            && tree
                .way(&direct.id, |found| {
                    matches!(found.name.as_str(), "traced" | "opentelemetry_sdk")
                })
                .is_some()
    });
    could.map(|direct| format!("`{}`", direct.name)).collect()
}
