//! Removes exactly what `annotate` writes.

use syn::visit::{self, Visit};
use syn::{Attribute, Meta};

use crate::detach;
use crate::edits::FileEdits;
use crate::sources::{PackageSources, SourceFile};
use crate::spelling::Spelling;
use crate::syntax::segments;

/// The edits that remove the attributes that `annotate` writes, recognised by their text. With `all`, they remove
/// every attribute of ours.
pub(super) fn edits<'a>(package: &'a PackageSources, all: bool) -> Vec<FileEdits<'a>> {
    let spelling = Spelling::of(package);
    let written = ["traced", "traced_spawn"].map(|name| format!("#[{}]", spelling.meta(name, "")));
    let detached = format!("#[{}]", spelling.path(detach::ATTRIBUTE));
    let is_written = |text: &str| written.iter().chain([&detached]).any(|known| known == text);
    let of_file = |file: &'a SourceFile| {
        strip(file, &|attribute| {
            is_written(file.written(attribute)) || (all && is_ours(attribute))
        })
    };
    package.files.iter().map(of_file).collect()
}

struct Attributes<'ast>(Vec<&'ast Attribute>);

impl<'ast> Visit<'ast> for Attributes<'ast> {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.0.push(attribute);
        visit::visit_attribute(self, attribute);
    }
}

fn is_ours(attribute: &Attribute) -> bool {
    let path = segments(attribute.path());
    let is_named = path
        .last()
        .is_some_and(|last| last == "traced" || last == "traced_spawn");
    is_named && matches!(attribute.meta, Meta::Path(_) | Meta::List(_))
}

/// Removes each attribute together with the line break and the indentation that were inserted after it.
fn strip<'a>(file: &'a SourceFile, is_stripped: &dyn Fn(&Attribute) -> bool) -> FileEdits<'a> {
    let mut attributes = Attributes(Vec::new());
    attributes.visit_file(&file.syntax);
    let mut edits = FileEdits::new(file);
    for attribute in attributes
        .0
        .iter()
        .filter(|attribute| is_stripped(attribute))
    {
        let Some(range) = file.range_of(attribute) else {
            continue;
        };
        let rest = &file.text[range.end..];
        let after = rest.trim_start_matches([' ', '\t']);
        let after = after
            .strip_prefix("\r\n")
            .or_else(|| after.strip_prefix('\n'))
            .unwrap_or(after);
        let after = after.trim_start_matches([' ', '\t']);
        let end = file.text.len() - after.len();
        edits.replace(range.start..end, "");
    }
    edits
}
