//! The lints: code that Rust accepts and that breaks traces in production. They are errors unless
//! `allow(..)` names them. Each has a file of its name; `guards`, `locals` and `value_type` are shared by several.
//!
//! A false positive is worse than a missed mistake, so a lint reports only what is certain.
//! `docs/lints.md` shows the broken trace for each lint.

mod attribute_type;
mod context_captured_too_early;
mod deprecated_attribute;
mod duplicate_key;
mod empty_key;
mod endless_span;
mod guard_across_await;
mod guard_dropped_at_once;
mod guards;
mod locals;
mod manual_end;
mod misspelt_attribute;
mod mixed_array;
mod none_value;
mod not_traceable;
mod resource_attribute;
mod span_not_entered;
mod spawn_in_endless_span;
mod status_before_exception;
mod unbounded_name;
mod value_type;

use quote::ToTokens;
use syn::Block;

use self::locals::Locals;
use crate::args::{Args, Entry};
use crate::diagnostics::{self, Errors};
use crate::item::{Head, Item};

/// The input of a lint: the arguments, and the function that they are on.
struct LintContext<'a> {
    args: &'a Args,
    /// The head of the function; `None` for an expression inside a function.
    head: Option<&'a Head>,
    /// The parsed body; `None` if it contains no word that a lint looks for, or does not parse.
    body: Option<Block>,
}

type Lint = fn(&LintContext<'_>, &mut Errors);

macro_rules! lints {
    ($($name:ident,)*) => {
        /// Every lint, by the name that `allow(..)` takes: the name of its file, of its case in
        /// `tests/ui` and of its section in `docs/lints.md`.
        const LINTS: &[(&str, Lint)] = &[$((stringify!($name), $name::check),)*];
    };
}

lints! {
    span_not_entered,
    guard_across_await,
    guard_dropped_at_once,
    status_before_exception,
    manual_end,
    context_captured_too_early,
    resource_attribute,
    deprecated_attribute,
    attribute_type,
    misspelt_attribute,
    duplicate_key,
    empty_key,
    mixed_array,
    none_value,
    unbounded_name,
    endless_span,
    spawn_in_endless_span,
    not_traceable,
}

/// The words that the lints look for in bodies. A body without any of them, and without a word that names a
/// tracer, is not parsed.
const WORDS_OF_BODY_LINTS: &[&str] = &[
    "attach",
    "get_active_span",
    "loop",
    "mark_span_as_active",
    "set_status",
    "span",
    "while",
];

/// Applies every lint that is not allowed to a function.
pub(crate) fn check(args: &Args, item: &Item, errors: &mut Errors) {
    let cx = LintContext::of_function(args, item);
    cx.check(errors);
}

/// The errors of each lint that is not allowed, with its name.
pub(crate) fn check_by_name(args: &Args, item: &Item) -> Vec<(&'static str, Errors)> {
    let cx = LintContext::of_function(args, item);
    let mut found = Vec::new();
    cx.check_each(&["not_traceable"], |name, lint| {
        let mut errors = Errors::default();
        lint(&cx, &mut errors);
        if errors.any() {
            found.push((name, errors));
        }
    });
    found
}

/// The names of all lints.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    LINTS.iter().map(|(name, _)| *name)
}

/// Applies the lints of arguments where there is no function: to the arguments of a nested span,
/// of a `#[traced_spawn]` on a statement, or of a function-like macro.
pub(crate) fn check_inside(args: &Args, errors: &mut Errors) {
    let cx = LintContext::of_arguments(args, None);
    cx.check(errors);
}

/// Applies the lints of arguments to a `#[traced_spawn]` on a function.
pub(crate) fn check_spawn_sites(args: &Args, item: &Item, errors: &mut Errors) {
    let cx = LintContext::of_arguments(args, Some(&item.head));
    cx.check_but(&["not_traceable"], errors);
}

/// Applies the lints of arguments to `event!`. `resource_attribute` is left out, because an event
/// may be about another process.
pub(crate) fn check_event(args: &Args, errors: &mut Errors) {
    let cx = LintContext::of_arguments(args, None);
    cx.check_but(&["resource_attribute"], errors);
}

/// Whether `allow(..)` names this lint.
pub(crate) fn is_allowed(args: &Args, lint: &str) -> bool {
    let allowed = args.allow.iter().flat_map(|allow| &allow.value);
    allowed.into_iter().any(|name| name == lint)
}

fn check_allowed(args: &Args, errors: &mut Errors) {
    let known: Vec<&str> = LINTS.iter().map(|(name, _)| *name).collect();
    for name in args.allow.iter().flat_map(|allow| &allow.value) {
        if !known.iter().any(|known| name == known) {
            errors.push(diagnostics::unknown_lint(name, &known));
        }
    }
}

fn parsed_body(item: &Item) -> Option<Block> {
    let worth_parsing = item.words.have_any(|word| {
        WORDS_OF_BODY_LINTS.contains(&word) || word.contains("tracer") || word.contains("TRACER")
    });
    // A body that does not parse is being typed, or rustc reports the error.
    worth_parsing
        .then(|| syn::parse2(item.body.to_token_stream()).ok())
        .flatten()
}

impl<'a> LintContext<'a> {
    /// For all lints.
    fn of_function(args: &'a Args, item: &'a Item) -> Self {
        LintContext {
            body: parsed_body(item),
            ..LintContext::of_arguments(args, Some(&item.head))
        }
    }

    /// For the lints that read no body.
    fn of_arguments(args: &'a Args, head: Option<&'a Head>) -> Self {
        LintContext {
            args,
            head,
            body: None,
        }
    }
}

impl LintContext<'_> {
    fn check(&self, errors: &mut Errors) {
        self.check_but(&[], errors);
    }

    fn check_but(&self, left_out: &[&str], errors: &mut Errors) {
        check_allowed(self.args, errors);
        self.check_each(left_out, |_, lint| lint(self, errors));
    }

    /// Calls `check` with every lint that is neither left out nor allowed.
    fn check_each(&self, left_out: &[&str], mut check: impl FnMut(&'static str, Lint)) {
        for (name, lint) in LINTS {
            if !left_out.contains(name) && !is_allowed(self.args, name) {
                check(name, *lint);
            }
        }
    }

    /// The body, and the values that its local names are bound to.
    fn body(&self) -> Option<(&Block, Locals<'_>)> {
        let (head, body) = (self.head?, self.body.as_ref()?);
        Some((body, Locals::of(&head.signature, body)))
    }

    /// Whether the body is that of an `async fn`.
    fn is_async(&self) -> bool {
        self.head
            .is_some_and(|head| head.signature.asyncness.is_some())
    }

    /// Every attribute that the arguments set.
    fn entries(&self) -> impl Iterator<Item = &Entry> {
        let scoped = self.scoped().iter();
        let of_span = self
            .attributes_and_lazy()
            .chain(self.of_results().into_iter().flatten());
        of_span.chain(scoped)
    }

    /// The entries of `scoped(..)`.
    fn scoped(&self) -> &[Entry] {
        let list = self.args.scoped.as_ref();
        list.map_or(&[], |list| &list.value)
    }

    /// The attributes that do not depend on the result: `attributes(..)` and `lazy(..)`.
    fn attributes_and_lazy(&self) -> impl Iterator<Item = &Entry> {
        let lists = [&self.args.attributes, &self.args.lazy];
        lists.into_iter().flatten().flat_map(|list| &list.value)
    }

    /// The entries of `baggage(..)`.
    fn baggage(&self) -> &[Entry] {
        let list = self.args.baggage.as_ref();
        list.map_or(&[], |list| &list.value)
    }

    /// The attributes of `on_ok(..)`, and those of `on_err(..)`. A call records only one of the two lists.
    fn of_results(&self) -> [impl Iterator<Item = &Entry>; 2] {
        [&self.args.on_ok, &self.args.on_err]
            .map(|list| list.iter().flat_map(|list| &list.value.entries))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::LINTS;

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
    }

    #[test]
    fn each_lint_has_its_section_its_case_and_its_counterpart() {
        let page = fs::read_to_string(root().join("docs/lints.md")).unwrap();
        for (name, _) in LINTS {
            assert!(
                page.contains(&format!("\n## {name}\n")),
                "no section {name}"
            );
            for file in [
                format!("tests/ui/fail/lints/{name}.rs"),
                format!("tests/ui/pass/{name}.rs"),
            ] {
                assert!(root().join(&file).exists(), "no {file}");
            }
        }
    }

    #[test]
    fn each_section_and_case_belongs_to_a_lint() {
        let is_lint = |name: &str| LINTS.iter().any(|(known, _)| *known == name);
        let page = fs::read_to_string(root().join("docs/lints.md")).unwrap();
        for name in page.lines().filter_map(|line| line.strip_prefix("## ")) {
            assert!(is_lint(name), "section {name}");
        }
        for file in fs::read_dir(root().join("tests/ui/fail/lints")).unwrap() {
            let file = file.unwrap().path();
            let name = file.file_stem().unwrap().to_string_lossy();
            assert!(is_lint(&name), "{}", file.display());
        }
    }
}
