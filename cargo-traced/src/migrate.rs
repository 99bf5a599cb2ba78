//! `cargo traced migrate` replaces the attributes and methods of `tracing` and `fastrace` by those of `traced`.
//!
//! Code that it cannot translate stays as it is, and is listed.

mod arguments;
mod fastrace;
mod fastrace_spans;
mod futures;
mod imports;
mod in_macros;
mod included;
mod instrument;
mod layers;
mod parameters;
mod records;
mod unused_imports;

use std::ops::Range;

use syn::visit::{self, Visit};
use syn::{Attribute, Meta};
use traced_macros_backend::Mode;
use traced_macros_backend::inspect::{lint, refusals};

use self::imports::Renamed;
use crate::annotate::hint_dependency;
use crate::audit::Program;
use crate::detach;
use crate::edits::{self, FileEdits};
use crate::functions::{Function, functions, ours};
use crate::sources::{PackageSources, SourceFile, Sources, shown};
use crate::spelling::Spelling;
use crate::syntax::segments;
use crate::{Verdict, cli};

/// A place that was not changed, or whose meaning changed, with the reason.
pub(crate) struct Left<'a> {
    file: &'a SourceFile,
    at: usize,
    what: String,
    why: String,
}

/// The attribute of `traced` that replaces one of another crate.
struct Translated {
    /// The arguments, without parentheses.
    args: Vec<String>,
    /// The differences in meaning, each with the reason why it does not matter, or with advice on what to change.
    notes: Vec<String>,
    /// The fields that the span of the other crate has.
    fields: Vec<SpanField>,
}

struct SpanField {
    name: String,
    /// What is to be said of a field that is empty at first, unless the function itself sets it.
    note: Option<String>,
}

pub(crate) fn run(options: &cli::Migrate) -> anyhow::Result<Verdict> {
    let sources = Sources::read(&options.packages)?;
    sources.report_skipped();
    let (mut all, mut left, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for package in &sources.packages {
        let found: Vec<Function<'_>> = package
            .files
            .iter()
            .flat_map(|file| functions(file).functions)
            .collect();
        let program = Program::new(package, &found);
        let mut migration = Migration {
            package,
            program: &program,
            spelling: Spelling::of(package),
            renamed: Renamed::default(),
            left: Vec::new(),
            changed: Vec::new(),
        };
        let mut edits: Vec<FileEdits<'_>> = package
            .files
            .iter()
            .map(|file| migration.file(file))
            .collect();
        if edits.iter().any(|edits| !edits.is_empty()) {
            migration.leave_layers();
        }
        unused_imports::remove(&mut edits);
        all.extend(edits);
        left.extend(migration.left);
        kept.extend(migration.changed);
    }
    let applied = edits::apply(&all, &options.writing, &sources.root)?;
    let count = applied.count;
    list("what changes its meaning", &kept, &sources);
    list("left as it is", &left, &sources);
    let verb = if options.writing.write {
        "made"
    } else {
        "would make"
    };
    let changes = if count == 1 { "change" } else { "changes" };
    let places = match left.len() {
        1 => "1 place is left".to_owned(),
        places => format!("{places} places are left"),
    };
    eprintln!("{verb} {count} {changes}; {places}");
    if count > 0 {
        hint_dependency(&sources);
    }
    Ok(if applied.is_unwritten {
        Verdict::Findings
    } else {
        Verdict::Clean
    })
}

fn list(title: &str, places: &[Left<'_>], sources: &Sources) {
    if places.is_empty() {
        return;
    }
    eprintln!("{title}:");
    for Left {
        file,
        at,
        what,
        why,
    } in places
    {
        let place = file.place(*at);
        let path = shown(&file.path, &sources.root);
        eprintln!("  {path}:{}:{}: {what}: {why}", place.line, place.column);
    }
}

struct Migration<'p, 'a> {
    package: &'a PackageSources,
    program: &'p Program<'p>,
    spelling: Spelling,
    /// The names of the file that is read.
    renamed: Renamed,
    left: Vec<Left<'a>>,
    changed: Vec<Left<'a>>,
}

impl<'a> Migration<'_, 'a> {
    fn file(&mut self, file: &'a SourceFile) -> FileEdits<'a> {
        self.renamed = Renamed::by(file);
        let mut edits = FileEdits::new(file);
        let mut seen = Vec::new();
        let first_left = self.left.len();
        for function in functions(file).functions {
            if function.is_in_macro {
                continue;
            }
            for attribute in &function.attributes {
                self.attribute(&function, attribute, &mut edits);
                seen.extend(file.range_of(attribute));
            }
        }
        self.leave_others(file, &seen);
        futures::migrate(
            file,
            &self.renamed,
            &self.spelling,
            &mut edits,
            &mut self.left,
        );
        self.leave_in_macros(file);
        for place in fastrace_spans::places(file, &self.renamed) {
            self.leave(file, place.at, &place.what, place.why);
        }
        for included in included::files(file) {
            if included.has_spans() {
                self.leave(file, included.at, "`include!(..)`", included::WHY);
            }
        }
        self.left[first_left..].sort_by_key(|left| left.at);
        edits
    }

    fn leave(&mut self, file: &'a SourceFile, at: usize, what: &str, why: impl Into<String>) {
        self.left.push(Left {
            file,
            at,
            what: what.to_owned(),
            why: why.into(),
        });
    }

    /// An attribute of a function, if it is one of `tracing` or `fastrace`.
    fn attribute(
        &mut self,
        function: &Function<'a>,
        attribute: &Attribute,
        edits: &mut FileEdits<'a>,
    ) {
        let file = function.file;
        let Some((origin, meta)) = self.foreign(&attribute.meta, file) else {
            return;
        };
        let Some(range) = file.range_of(&meta) else {
            return;
        };
        let what = format!(
            "`#[{}]` of `{}`",
            segments(meta.path()).join("::"),
            function.title()
        );
        if ours(&function.attributes).is_some() {
            return self.leave(
                file,
                range.start,
                &what,
                "the function has `#[traced]` already; remove one of them",
            );
        }
        let translated = match origin {
            Origin::Tracing => instrument::translated(function, &meta),
            Origin::Fastrace => fastrace::translated(function, &meta),
        };
        let mut translated = match translated {
            Ok(translated) => translated,
            Err(why) => return self.leave(file, range.start, &what, why),
        };
        if let Err(why) = self.allow_lints(function, attribute, &mut translated) {
            return self.leave(file, range.start, &what, why);
        }
        let text = self.spelling.meta("traced", &translated.args.join(", "));
        keep_comments(file, attribute, &meta, &text, edits);
        edits.replace(range.clone(), text);
        let set = match attribute.path().is_ident("cfg_attr") {
            // Without the attribute, the current span is that of a caller.
            true => Vec::new(),
            false => {
                let (fields, renamed) = (&translated.fields, &self.renamed);
                records::migrate(function, fields, renamed, &self.spelling, edits)
            }
        };
        let unset = translated.fields.into_iter();
        let unset = unset.filter(|field| !set.contains(&field.name));
        let notes = translated.notes.into_iter();
        for why in notes.chain(unset.filter_map(|field| field.note)) {
            self.changed.push(Left {
                file,
                at: range.start,
                what: what.clone(),
                why,
            });
        }
        self.detach(function, range.start, what, edits);
    }

    /// Keeps the context out of spawned tasks that never end: spans of `tracing` did not reach into them.
    fn detach(
        &mut self,
        function: &Function<'a>,
        at: usize,
        what: String,
        edits: &mut FileEdits<'a>,
    ) {
        let file = function.file;
        match detach::statements(self.program, function) {
            Some(statements) => {
                for statement in statements {
                    let (range, text) = detach::insertion(file, statement, &self.spelling);
                    edits.replace(range, text);
                }
            }
            None => self.changed.push(Left {
                file,
                at,
                what,
                why: detach::WHY_LEFT.to_owned(),
            }),
        }
    }

    /// Lets the macro judge the arguments. A lint that fires is allowed with `allow(..)`, because the program did
    /// the same before, and is listed.
    fn allow_lints(
        &self,
        function: &Function<'a>,
        attribute: &Attribute,
        translated: &mut Translated,
    ) -> Result<(), String> {
        let tokens = |args: &[String]| args.join(", ").parse::<proc_macro2::TokenStream>();
        let item = without(function, attribute);
        let args = tokens(&translated.args).map_err(|error| error.to_string())?;
        let mistakes = lint(args.clone(), item.clone());
        let mut names: Vec<&str> = mistakes.iter().filter_map(|mistake| mistake.lint).collect();
        names.sort_unstable();
        names.dedup();
        if !names.is_empty() {
            translated.args.push(format!("allow({})", names.join(", ")));
            translated
                .notes
                .extend(mistakes.into_iter().map(|mistake| mistake.message));
        }
        let args = tokens(&translated.args).map_err(|error| error.to_string())?;
        match refusals(Mode::Span, args, item).into_iter().next() {
            Some(refusal) => Err(refusal.message),
            None => Ok(()),
        }
    }

    /// The content of the attribute, or of the attribute inside a `cfg_attr`.
    fn foreign(&self, meta: &Meta, file: &SourceFile) -> Option<(Origin, Meta)> {
        let path = self.renamed.resolved(meta.path());
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let dependencies = &self.package.package.dependencies;
        let has = |names: &[&str]| names.iter().any(|name| dependencies.has(name));
        match path.as_slice() {
            // Also by the path of a crate that exports `tracing`: `#[wiggle::tracing::instrument]`.
            [.., "tracing" | "tracing_attributes", "instrument"] => {
                Some((Origin::Tracing, meta.clone()))
            }
            ["instrument"]
                if has(&["tracing", "tracing-attributes"])
                    && !imports::is_of_another(file, "instrument") =>
            {
                Some((Origin::Tracing, meta.clone()))
            }
            // By the path of a module that exports it: `#[crate::prelude::instrument]`.
            [first, .., "instrument"]
                if !dependencies.has_crate(first)
                    && has(&["tracing", "tracing-attributes"])
                    && self.exports_instrument() =>
            {
                Some((Origin::Tracing, meta.clone()))
            }
            ["fastrace" | "minitrace", "trace"] => Some((Origin::Fastrace, meta.clone())),
            ["trace"] if imports::has(file, &["fastrace", "minitrace"], "trace") => {
                Some((Origin::Fastrace, meta.clone()))
            }
            ["cfg_attr"] => {
                let Meta::List(list) = meta else {
                    return None;
                };
                let parser = syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated;
                let metas = syn::parse::Parser::parse2(parser, list.tokens.clone()).ok()?;
                metas
                    .iter()
                    .skip(1)
                    .find_map(|meta| self.foreign(meta, file))
            }
            _ => None,
        }
    }

    fn exports_instrument(&self) -> bool {
        let mut files = self.package.files.iter();
        files.any(|file| imports::exports(file, "instrument"))
    }

    fn leave_layers(&mut self) {
        for file in &self.package.files {
            for place in layers::places(file) {
                self.leave(file, place.at, &place.what, layers::WHY);
            }
        }
    }

    fn leave_in_macros(&mut self, file: &'a SourceFile) {
        let foreign = |meta: &Meta| {
            let (_, meta) = self.foreign(meta, file)?;
            Some(segments(meta.path()).join("::"))
        };
        for place in in_macros::places(file, futures::has_trait(file), &foreign) {
            self.leave(file, place.at, &place.what, in_macros::WHY);
        }
    }

    /// Attributes on items that are not functions with a body.
    fn leave_others(&mut self, file: &'a SourceFile, seen: &[Range<usize>]) {
        struct Attributes<'ast>(Vec<&'ast Attribute>);
        impl<'ast> Visit<'ast> for Attributes<'ast> {
            fn visit_attribute(&mut self, attribute: &'ast Attribute) {
                self.0.push(attribute);
                visit::visit_attribute(self, attribute);
            }
        }
        let mut attributes = Attributes(Vec::new());
        attributes.visit_file(&file.syntax);
        for attribute in attributes.0 {
            let Some(range) = file.range_of(attribute) else {
                continue;
            };
            if !seen.contains(&range) && self.foreign(&attribute.meta, file).is_some() {
                let what = format!("`{}`", file.written(attribute));
                self.leave(
                    file,
                    range.start,
                    &what,
                    "it is not on a function with a body",
                );
            }
        }
    }
}

/// Writes the comments among the arguments of an attribute above it, unless its replacement has them.
fn keep_comments<'a>(
    file: &'a SourceFile,
    attribute: &Attribute,
    meta: &Meta,
    replacement: &str,
    edits: &mut FileEdits<'a>,
) {
    let Some(at) = file.range_of(attribute).map(|range| range.start) else {
        return;
    };
    let (newline, indentation) = (file.newline(), file.indentation(at));
    for comment in file.comments(meta) {
        let comment = &file.text[comment];
        if !replacement.contains(comment) {
            edits.replace(at..at, format!("{comment}{newline}{indentation}"));
        }
    }
}

/// The crate that the attribute is from.
#[derive(Clone, Copy)]
enum Origin {
    Tracing,
    Fastrace,
}

/// The tokens of the function after the attribute was removed.
fn without(function: &Function<'_>, attribute: &Attribute) -> proc_macro2::TokenStream {
    use quote::ToTokens;
    let length = attribute.to_token_stream().into_iter().count();
    let start = function.file.range_of(attribute).map(|range| range.start);
    let mut tokens = proc_macro2::TokenStream::new();
    let mut skipped = 0;
    for token in function.tokens.clone() {
        let is_first = skipped == 0 && Some(function.file.range(token.span()).start) == start;
        if is_first || (1..length).contains(&skipped) {
            skipped += 1;
        } else {
            tokens.extend([token]);
        }
    }
    tokens
}
