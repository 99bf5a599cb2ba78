//! Spans of fastrace that are made by hand, and what is written into its current span. They stay, and are listed: after the
//! migration of the attributes, most of them have no span around them.

use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprMethodCall};

use super::imports::{self, Renamed};
use crate::sources::SourceFile;

/// A place, its name in messages, and the reason why it stays.
pub(super) struct Place {
    pub(super) at: usize,
    pub(super) what: String,
    pub(super) why: &'static str,
}

const CRATES: &[&str] = &["fastrace", "minitrace"];

const SPAN: &str = "it is a span of fastrace that is made by hand; write `traced::span!(\"name\", key = value, { .. })` \
                    around what it is for";
const PROPERTY: &str =
    "it sets a property of a span of fastrace; write `traced::set_attributes!(key = value)`";
const EVENT: &str =
    "it adds an event to a span of fastrace; write `traced::event!(\"name\", key = value)`";
const CONTEXT: &str = "the context of a span of `#[traced]` is `opentelemetry::Context::current()`";

/// The functions of fastrace's types that make a span, write into one, or ask for one.
const FUNCTIONS: &[(&str, &str, &str)] = &[
    ("Event", "add_to_local_parent", EVENT),
    ("Event", "add_to_parent", EVENT),
    ("LocalSpan", "add_event", EVENT),
    ("LocalSpan", "add_properties", PROPERTY),
    ("LocalSpan", "add_property", PROPERTY),
    ("LocalSpan", "enter_with_local_parent", SPAN),
    ("Span", "enter_with_local_parent", SPAN),
    ("Span", "enter_with_parent", SPAN),
    ("Span", "enter_with_parents", SPAN),
    ("Span", "root", SPAN),
    ("SpanContext", "current_local_parent", CONTEXT),
];

/// Methods on futures and spans.
const METHODS: &[&str] = &["enter_on_poll", "in_span", "set_local_parent"];

pub(super) fn places(file: &SourceFile, renamed: &Renamed) -> Vec<Place> {
    let mut scanner = Scanner {
        file,
        renamed,
        is_imported: imports::has_any(file, CRATES),
        found: Vec::new(),
    };
    scanner.visit_file(&file.syntax);
    scanner.found
}

struct Scanner<'p> {
    file: &'p SourceFile,
    renamed: &'p Renamed,
    /// Whether the file imports anything from one of the crates.
    is_imported: bool,
    found: Vec<Place>,
}

impl Scanner<'_> {
    /// The reason to list a call of this function.
    fn why(&self, owner: &str, name: &str, path: &[String]) -> Option<&'static str> {
        let is_wanted =
            |(known_owner, known, _): &&(&str, &str, &str)| *known_owner == owner && *known == name;
        let (_, _, why) = FUNCTIONS.iter().find(is_wanted)?;
        let is_of_crate = match path.len() {
            2 => imports::has(self.file, CRATES, owner),
            _ => path.iter().any(|part| CRATES.contains(&part.as_str())),
        };
        is_of_crate.then_some(why)
    }
}

impl<'ast> Visit<'ast> for Scanner<'_> {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(function) = &*call.func
            && let path = self.renamed.resolved(&function.path)
            && let [.., owner, name] = path.as_slice()
            && let Some(why) = self.why(owner, name, &path)
            && let Some(range) = self.file.range_of(call)
        {
            self.found.push(Place {
                at: range.start,
                what: format!("`{owner}::{name}(..)`"),
                why,
            });
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        visit::visit_expr_method_call(self, call);
        if self.is_imported && METHODS.iter().any(|name| call.method == name) {
            self.found.push(Place {
                at: self.file.range(call.method.span()).start,
                what: format!("`.{}(..)`", call.method),
                why: SPAN,
            });
        }
    }
}
