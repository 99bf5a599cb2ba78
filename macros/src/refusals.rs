//! What does not compile although Rust would accept it: one rule a mistake,
//! each taken from what breaks traces in production.
//!
//! A rule that fires on right code is worse than none: whatever a rule cannot
//! be certain of, it leaves alone. `docs/refusals.md` has the story of each.

#[cfg(test)]
mod alarms;
mod attributes;
mod guards;
mod local;
mod macros;
mod names;
mod spans;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::Block;

use self::local::Locals;
use crate::args::{Args, Entry};
use crate::diagnostics::{self, Errors};
use crate::item::{Head, Item};

/// What the rules look at.
struct Subject<'a> {
    args: &'a Args,
    /// The function, if it is one and not an expression in one.
    head: Option<&'a Head>,
    /// Its body, if a rule may have something to say of it and if it parses.
    body: Option<Block>,
}

type Rule = fn(&Subject<'_>, &mut Errors);

/// Every refusal, by the name that `allow(..)` takes.
#[rustfmt::skip]
const REFUSALS: &[(&str, Rule)] = &[
    ("span_not_entered",           spans::span_not_entered),
    ("guard_across_await",         guards::guard_across_await),
    ("guard_dropped_at_once",      guards::guard_dropped_at_once),
    ("status_before_exception",    spans::status_before_exception),
    ("manual_end",                 spans::manual_end),
    ("context_captured_too_early", guards::context_captured_too_early),
    ("resource_attribute",         attributes::resource_attribute),
    ("deprecated_attribute",       attributes::deprecated_attribute),
    ("attribute_type",             attributes::attribute_type),
    ("misspelt_attribute",         attributes::misspelt_attribute),
    ("duplicate_key",              attributes::duplicate_key),
    ("empty_key",                  attributes::empty_key),
    ("mixed_array",                attributes::mixed_array),
    ("none_value",                 attributes::none_value),
    ("unbounded_name",             names::unbounded_name),
    ("not_traceable",              names::not_traceable),
];

/// Without one of these words, or a tracer, a body has nothing in it that a rule
/// looks for, and is not parsed.
const WORDS_OF_BODY_RULES: &[&str] = &[
    "attach",
    "get_active_span",
    "mark_span_as_active",
    "set_status",
    "span",
];

/// Applies every rule that is not turned off.
pub(crate) fn check(args: &Args, item: &Item, errors: &mut Errors) {
    let subject = Subject {
        args,
        head: Some(&item.head),
        body: parsed_body(item),
    };
    subject.check(errors);
}

/// The same for what has no body to look at: an expression in an annotated
/// function, whose body is judged as a whole; what `#[traced_spawn]` says of
/// units; the list of a function-like macro.
pub(crate) fn check_inside(args: &Args, errors: &mut Errors) {
    let subject = Subject {
        args,
        head: None,
        body: None,
    };
    subject.check(errors);
}

/// The same for what `#[traced_spawn]` says of the units of a function, whose
/// body is its author's own.
pub(crate) fn check_units(args: &Args, item: &Item, errors: &mut Errors) {
    let subject = Subject {
        args,
        head: Some(&item.head),
        body: None,
    };
    subject.check_but(&["not_traceable"], errors);
}

/// The same for what `event!` records. An event may well be about another
/// process, whose resource nobody here can set.
pub(crate) fn check_event(args: &Args, errors: &mut Errors) {
    let subject = Subject {
        args,
        head: None,
        body: None,
    };
    subject.check_but(&["resource_attribute"], errors);
}

/// Whether `allow(..)` turns this refusal off.
pub(crate) fn is_allowed(args: &Args, refusal: &str) -> bool {
    let allowed = args.allow.iter().flat_map(|allow| &allow.value);
    allowed.into_iter().any(|name| name == refusal)
}

fn check_allowed(args: &Args, errors: &mut Errors) {
    let known: Vec<&str> = REFUSALS.iter().map(|(name, _)| *name).collect();
    for name in args.allow.iter().flat_map(|allow| &allow.value) {
        if !known.iter().any(|known| name == known) {
            errors.push(diagnostics::unknown_refusal(name, &known));
        }
    }
}

fn parsed_body(item: &Item) -> Option<Block> {
    let worth_parsing = item.words.have_any(|word| {
        WORDS_OF_BODY_RULES.contains(&word) || word.contains("tracer") || word.contains("TRACER")
    });
    // What does not parse is being typed, or rustc explains it better.
    worth_parsing
        .then(|| syn::parse2(item.body.to_token_stream()).ok())
        .flatten()
}

/// Whether such a word stands anywhere among the tokens.
fn mentions(tokens: TokenStream, is_wanted: &dyn Fn(&str) -> bool) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => is_wanted(&ident.to_string()),
        TokenTree::Group(group) => mentions(group.stream(), is_wanted),
        _ => false,
    })
}

impl Subject<'_> {
    fn check(&self, errors: &mut Errors) {
        self.check_but(&[], errors);
    }

    fn check_but(&self, left_out: &[&str], errors: &mut Errors) {
        check_allowed(self.args, errors);
        for (name, rule) in REFUSALS {
            if !left_out.contains(name) && !is_allowed(self.args, name) {
                rule(self, errors);
            }
        }
    }

    /// The body, and what its names stand for.
    fn body(&self) -> Option<(&Block, Locals<'_>)> {
        let (head, body) = (self.head?, self.body.as_ref()?);
        Some((body, Locals::of(&head.signature, body)))
    }

    /// Whether the body is that of an `async fn`.
    fn is_async(&self) -> bool {
        self.head
            .is_some_and(|head| head.signature.asyncness.is_some())
    }

    /// Every attribute that the arguments give to the span.
    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.given().chain(self.of_results().into_iter().flatten())
    }

    /// Those that the span has whatever the result is.
    fn given(&self) -> impl Iterator<Item = &Entry> {
        let lists = [&self.args.attributes, &self.args.lazy];
        lists.into_iter().flatten().flat_map(|list| &list.value)
    }

    /// What the context carries.
    fn baggage(&self) -> &[Entry] {
        let list = self.args.baggage.as_ref();
        list.map_or(&[], |list| &list.value)
    }

    /// Those of the two results, of which a call has one.
    fn of_results(&self) -> [impl Iterator<Item = &Entry>; 2] {
        [&self.args.on_ok, &self.args.on_err]
            .map(|list| list.iter().flat_map(|list| &list.value.entries))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::REFUSALS;

    fn root() -> &'static Path {
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
    }

    #[test]
    fn each_has_its_story_its_case_and_its_twin() {
        let stories = fs::read_to_string(root().join("docs/refusals.md")).unwrap();
        for (name, _) in REFUSALS {
            assert!(
                stories.contains(&format!("\n## {name}\n")),
                "no section {name}"
            );
            for file in [
                format!("tests/ui/fail/refusals/{name}.rs"),
                format!("tests/ui/pass/{name}.rs"),
            ] {
                assert!(root().join(&file).exists(), "no {file}");
            }
        }
    }

    #[test]
    fn each_story_and_case_is_one_of_a_refusal() {
        let is_refusal = |name: &str| REFUSALS.iter().any(|(known, _)| *known == name);
        let stories = fs::read_to_string(root().join("docs/refusals.md")).unwrap();
        for name in stories.lines().filter_map(|line| line.strip_prefix("## ")) {
            assert!(is_refusal(name), "section {name}");
        }
        for file in fs::read_dir(root().join("tests/ui/fail/refusals")).unwrap() {
            let file = file.unwrap().path();
            let name = file.file_stem().unwrap().to_string_lossy();
            assert!(is_refusal(&name), "{}", file.display());
        }
    }
}
