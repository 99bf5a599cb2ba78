//! The format of rustc's messages.

use annotate_snippets::{AnnotationKind, Group, Level as Title, Patch, Renderer, Snippet};

use crate::findings::{Finding, Level};

/// The finding with its source and its suggestions.
pub(super) fn rendered(finding: &Finding<'_>, is_colored: bool) -> String {
    let file = finding.file;
    let title = match finding.level {
        Level::Warning => Title::WARNING,
        Level::Note => Title::NOTE,
    };
    let mut marked = AnnotationKind::Primary.span(finding.range.clone());
    if let Some(label) = &finding.label {
        marked = marked.label(label);
    }
    let snippet = Snippet::source(file.text.as_str()).path(file.shown.as_str());
    let title = title
        .primary_title(finding.message.as_str())
        .id(format!("traced::{}", finding.rule));
    let mut first = title.element(snippet.annotation(marked));
    let mut groups: Vec<Group<'_>> = Vec::new();
    for help in &finding.help {
        if help.edits.is_empty() {
            first = first.element(Title::HELP.message(help.message.as_str()));
            continue;
        }
        // The renderer would show a carriage return as a character of its own.
        let patches = help.edits.iter();
        let patches =
            patches.map(|(range, text)| Patch::new(range.clone(), text.replace('\r', "")));
        let snippet = Snippet::source(file.text.as_str()).path(file.shown.as_str());
        let title = Title::HELP.secondary_title(help.message.as_str());
        groups.push(title.element(snippet.patches(patches)));
    }
    groups.insert(0, first);
    let renderer = match is_colored {
        true => Renderer::styled(),
        false => Renderer::plain(),
    };
    renderer.render(&groups)
}
