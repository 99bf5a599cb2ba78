//! `future.instrument(span)` and `future.in_current_span()`, of `tracing`'s `Instrument`.

use std::ops::Range;

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, ExprAsync, ExprAwait, ExprCall, ExprMacro, ExprMethodCall, Token};

use super::Left;
use super::arguments::{self, Field, Form, formatted};
use super::imports::{self, Renamed};
use crate::edits::FileEdits;
use crate::sources::SourceFile;
use crate::spelling::Spelling;
use crate::syntax::{mentions, path_of, segments};

/// Replaces the calls that have an equivalent. Lists the others, and the spans that are made by hand.
pub(super) fn migrate<'a>(
    file: &'a SourceFile,
    renamed: &Renamed,
    spelling: &Spelling,
    edits: &mut FileEdits<'a>,
    left: &mut Vec<Left<'a>>,
) {
    let mut migrator = Migrator {
        file,
        renamed,
        spelling,
        edits,
        left,
        has_trait: has_trait(file),
        names_type: names_type(file),
        has_spans: mentions(&file.syntax, &|word| word == "Span"),
        has_span_macro: imports::has_named(file, &["tracing"], "span"),
        has_other_span: imports::is_of_another(file, "Span"),
        listed: Vec::new(),
    };
    migrator.visit_file(&file.syntax);
}

struct Migrator<'p, 'a> {
    file: &'a SourceFile,
    renamed: &'p Renamed,
    spelling: &'p Spelling,
    edits: &'p mut FileEdits<'a>,
    left: &'p mut Vec<Left<'a>>,
    has_trait: bool,
    /// Whether the file names the type of these futures. The migration would change that type.
    names_type: bool,
    /// Whether the file has spans in variables: `let span = Span::current()`.
    has_spans: bool,
    /// Whether `span!` alone is the macro of `tracing`.
    has_span_macro: bool,
    /// Whether `Span` is a type of another crate.
    has_other_span: bool,
    /// The calls of `Span::current()` that were listed with the method that is called on them.
    listed: Vec<Range<usize>>,
}

/// The crates that have the trait.
const ROOTS: &[&str] = &["tracing", "tracing_futures"];

/// The macros of `tracing` that make a span, besides `span!`.
pub(super) const SPANS: &[&str] = &[
    "debug_span",
    "error_span",
    "info_span",
    "trace_span",
    "warn_span",
];

const WHY_CURRENT: &str = "`#[traced]` makes no span of `tracing`, so this is another span or none; what an annotated \
                           function spawns is in its span without it";

/// Whether the file imports the trait of `.instrument(..)`.
pub(super) fn has_trait(file: &SourceFile) -> bool {
    imports::has(file, ROOTS, "Instrument")
}

/// `type Future = tracing::instrument::Instrumented<..>;`, or the name alone after it was imported.
fn names_type(file: &SourceFile) -> bool {
    const NAME: &str = "Instrumented";
    let is_written = |path: &syn::Path| {
        let path = segments(path);
        path.last().is_some_and(|last| last == NAME)
            && path
                .first()
                .is_some_and(|first| ROOTS.contains(&first.as_str()))
    };
    struct Paths<'p> {
        is_wanted: &'p dyn Fn(&syn::Path) -> bool,
        found: bool,
    }
    impl<'ast> Visit<'ast> for Paths<'_> {
        fn visit_path(&mut self, path: &'ast syn::Path) {
            self.found |= (self.is_wanted)(path);
            visit::visit_path(self, path);
        }
    }
    let mut paths = Paths {
        is_wanted: &is_written,
        found: imports::has_named(file, ROOTS, NAME),
    };
    paths.visit_file(&file.syntax);
    paths.found
}

/// The expression inside parentheses that hold nothing else but white space.
fn without_parentheses<'e>(file: &SourceFile, expr: &'e Expr) -> &'e Expr {
    let Expr::Paren(outer) = expr else {
        return expr;
    };
    let (Some(whole), Some(inner)) = (file.range_of(outer), file.range_of(&outer.expr)) else {
        return expr;
    };
    let before = file.text[whole.start..inner.start].trim();
    let after = file.text[inner.end..whole.end].trim();
    match before == "(" && after == ")" {
        true => without_parentheses(file, &outer.expr),
        false => expr,
    }
}

/// A span that is made in the call that enters it: `info_span!("name", id = 7)`.
struct WrittenSpan {
    level: String,
    name: String,
    entries: Vec<String>,
    is_constant: bool,
}

impl Migrator<'_, '_> {
    fn leave(&mut self, node: impl ToTokens, what: &str, why: &str) {
        if let Some(range) = self.file.range_of(node) {
            self.left.push(Left {
                file: self.file,
                at: range.start,
                what: what.to_owned(),
                why: why.to_owned(),
            });
        }
    }

    /// Whether there is a comment among what would be replaced, which is all but the receiver.
    fn is_commented(&self, call: &ExprMethodCall, awaited: Option<&ExprAwait>) -> bool {
        let comments = match awaited {
            Some(awaited) => self.file.comments(awaited),
            None => self.file.comments(call),
        };
        let kept = self.file.range_of(&call.receiver).unwrap_or_default();
        let mut comments = comments.into_iter();
        comments.any(|comment| !(kept.start <= comment.start && comment.end <= kept.end))
    }

    /// Puts text around the receiver, and removes the method: `a.in_current_span()` → `carry(a)`. Parentheses
    /// around `a` are left out, because rustc would report them as unused.
    fn around(&mut self, call: &ExprMethodCall, before: &str, after: &str) -> bool {
        let receiver = without_parentheses(self.file, &call.receiver);
        let (Some(whole), Some(receiver)) =
            (self.file.range_of(call), self.file.range_of(receiver))
        else {
            return false;
        };
        self.edits.replace(whole.start..receiver.start, before)
            && self.edits.replace(receiver.end..whole.end, after)
    }

    /// `work().instrument(info_span!("work", id)).await` → `span!("work", id, { work().await })`
    fn awaited(&mut self, awaited: &ExprAwait, call: &ExprMethodCall) -> bool {
        let Some(span) = call.args.first().and_then(|span| self.written_span(span)) else {
            return false;
        };
        let (Some(whole), Some(receiver)) = (
            self.file.range_of(awaited),
            self.file.range_of(&call.receiver),
        ) else {
            return false;
        };
        let head = self.head(&span);
        self.edits
            .replace(receiver.start..receiver.start, format!("{head}{{ "))
            && self.edits.replace(receiver.end..whole.end, ".await })")
    }

    /// `async move { work().await }.instrument(info_span!("work"))`, handed on as a value.
    fn block(&mut self, block: &ExprAsync, call: &ExprMethodCall) -> bool {
        let Some(span) = call.args.first().and_then(|span| self.written_span(span)) else {
            return false;
        };
        if !span.is_constant {
            return false;
        }
        let (Some(whole), Some(receiver)) = (self.file.range_of(call), self.file.range_of(block))
        else {
            return false;
        };
        let body = self.file.range(block.block.brace_token.span.join());
        let (head, carry) = (self.head(&span), self.spelling.path("carry"));
        self.edits
            .replace(whole.start..receiver.start, format!("{carry}("))
            && self
                .edits
                .replace(body.start..body.start, format!("{{ {head}"))
            && self.edits.replace(body.end..body.end, ") }")
            && self.edits.replace(receiver.end..whole.end, ")")
    }

    fn head(&self, span: &WrittenSpan) -> String {
        let mut head = format!("{}!(", self.spelling.path("span"));
        if span.level != "info" {
            head.push_str(&format!("level = \"{}\", ", span.level));
        }
        head.push_str(&format!("{}, ", span.name));
        for entry in &span.entries {
            head.push_str(entry);
            head.push_str(", ");
        }
        head
    }

    fn written_span(&self, expr: &Expr) -> Option<WrittenSpan> {
        let Expr::Macro(ExprMacro { mac, .. }) = expr else {
            return None;
        };
        let name = self.renamed.resolved(&mac.path).pop()?;
        let of_macro = match name.as_str() {
            "span" => None,
            name if SPANS.contains(&name) => name.strip_suffix("_span"),
            _ => return None,
        };
        let parser = |input: syn::parse::ParseStream<'_>| {
            let level = match of_macro {
                Some(level) => level.to_owned(),
                None => {
                    let level = arguments::level(input)?;
                    input.parse::<Token![,]>()?;
                    level
                }
            };
            let name: syn::LitStr = input.parse()?;
            let mut fields = Vec::new();
            while input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
                fields.push(input.parse::<Field>()?);
            }
            Ok((level, name, fields))
        };
        let (level, name, fields) = syn::parse::Parser::parse2(parser, mac.tokens.clone()).ok()?;
        let is_constant = fields
            .iter()
            .all(|field| matches!(field.value, Some(Expr::Lit(_))));
        let mut entries = Vec::new();
        for field in &fields {
            let key = field.name.as_ref().map(|_| self.file.written(&field.key))?;
            // A string without a value is a text with its arguments after it.
            if field.value.is_none() && key.contains('"') {
                return None;
            }
            entries.push(match &field.value {
                None => format!("{}{key}", field.form.sign()),
                Some(value)
                    if field.form == Form::Value
                        && path_of(value).last().is_some_and(|last| last == "Empty") =>
                {
                    return None;
                }
                Some(value) => {
                    let (sign, value) = formatted(field.form, value);
                    format!("{key} = {sign}{}", self.file.written(value))
                }
            });
        }
        Some(WrittenSpan {
            level,
            name: self.file.written(&name).to_owned(),
            entries,
            is_constant,
        })
    }

    fn method(&mut self, call: &ExprMethodCall, awaited: Option<&ExprAwait>) {
        if self.names_type && awaited.is_none() {
            let why = "`Instrumented` is named in this file and may be its type, which would be another; write \
                       `traced::carry(..)` here and `impl Future` there";
            return self.leave(&call.method, &format!("`.{}(..)`", call.method), why);
        }
        if self.is_commented(call, awaited) {
            let why = "a comment stands where the call would change; move it above the statement";
            return self.leave(&call.method, &format!("`.{}(..)`", call.method), why);
        }
        let carry = format!("{}(", self.spelling.path("carry"));
        let is_done = match call.args.first() {
            None => self.around(call, &carry, ")"),
            Some(span) if is_current(self.renamed, span) => self.around(call, &carry, ")"),
            Some(_) => match (awaited, without_parentheses(self.file, &call.receiver)) {
                (Some(awaited), _) => self.awaited(awaited, call),
                (None, Expr::Async(block)) => self.block(block, call),
                _ => false,
            },
        };
        if !is_done {
            let why = match call.args.first() {
                Some(span) if self.written_span(span).is_some_and(|span| span.is_constant) => {
                    "the future is made here and awaited elsewhere; write \
                     `async move { traced::span!(\"name\", { future.await }) }`"
                }
                Some(span) if self.written_span(span).is_some() => {
                    "the values of its fields would move into the task; in an annotated function write \
                     `#[traced_spawn(name = \"..\", attributes(..))]` on the statement that spawns"
                }
                Some(Expr::Macro(_)) => {
                    "its span has a target, a parent, a text, an empty field or a level that is not known here; \
                     write what of it is needed as `traced::span!(\"name\", key = value, { .. })`"
                }
                _ => {
                    "the span was made elsewhere; enter one where the work is: `traced::span!(\"name\", { .. })`"
                }
            };
            self.leave(&call.method, "`.instrument(..)`", why);
        }
    }

    /// Lists a call that sets a field of a span, unless it was replaced.
    fn record(&mut self, call: &ExprMethodCall) {
        let is_replaced = |range| self.edits.covers(&range);
        if call.method != "record" || self.file.range_of(call).is_some_and(is_replaced) {
            return;
        }
        let what = match (&*call.receiver, call.args.first()) {
            (span, _) if is_current(self.renamed, span) => {
                self.listed.extend(self.file.range_of(span));
                "`Span::current().record(..)`"
            }
            // The first of several in a chain is listed.
            (Expr::MethodCall(before), _) if before.method == "record" => return,
            (_, Some(key)) if self.has_spans && call.args.len() == 2 && is_string(key) => {
                "`.record(..)`"
            }
            _ => return,
        };
        self.leave(
            &call.method,
            what,
            "it sets a field of a span of `tracing`; write `traced::set_attributes!(key = value)`",
        );
    }

    /// Lists another method of the current span, which is no span of `tracing` after the migration.
    fn method_of_current(&mut self, call: &ExprMethodCall) {
        let span = &*call.receiver;
        if call.method == "record" || self.has_other_span || !is_current(self.renamed, span) {
            return;
        }
        self.listed.extend(self.file.range_of(span));
        let why = match call.method.to_string().as_str() {
            "set_parent" => {
                "the span of `#[traced]` gets its parent by an argument: `parent = context`, or `extract = carrier`"
            }
            "context" => {
                "the context of a span of `#[traced]` is `opentelemetry::Context::current()`"
            }
            "set_attribute" => {
                "it sets an attribute of a span of `tracing`; write `traced::set_attributes!(key = value)`"
            }
            "add_link" | "follows_from" => {
                "it links a span of `tracing`; write `traced::add_link(context)`"
            }
            _ => WHY_CURRENT,
        };
        self.leave(
            &call.method,
            &format!("`Span::current().{}(..)`", call.method),
            why,
        );
    }

    /// Lists `let span = Span::current();`, and what else has the current span as a value.
    fn current(&mut self, call: &ExprCall) {
        let is_listed =
            |range: &Range<usize>| self.listed.contains(range) || self.edits.covers(range);
        let range = self.file.range_of(call);
        if !self.has_other_span && !range.is_some_and(|range| is_listed(&range)) {
            self.leave(call, "`Span::current()`", WHY_CURRENT);
        }
    }

    fn is_of_tracing(&self, call: &ExprMethodCall) -> bool {
        let is_instrument = call.method == "instrument" && call.args.len() == 1;
        let is_current = call.method == "in_current_span" && call.args.is_empty();
        self.has_trait && (is_instrument || is_current)
    }
}

fn is_string(expr: &Expr) -> bool {
    matches!(expr, Expr::Lit(literal) if matches!(literal.lit, syn::Lit::Str(_)))
}

/// `Span::current()`.
pub(super) fn is_current(renamed: &Renamed, expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call) if is_current_call(renamed, call))
}

fn is_current_call(renamed: &Renamed, call: &ExprCall) -> bool {
    let Expr::Path(path) = &*call.func else {
        return false;
    };
    matches!(renamed.resolved(&path.path).as_slice(), [.., owner, name] if owner == "Span" && name == "current")
}

impl<'ast> Visit<'ast> for Migrator<'_, '_> {
    fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
        match &*awaited.base {
            Expr::MethodCall(call) if self.is_of_tracing(call) => {
                self.method(call, Some(awaited));
                self.visit_expr(&call.receiver);
            }
            _ => visit::visit_expr_await(self, awaited),
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if self.is_of_tracing(call) {
            self.method(call, None);
            self.visit_expr(&call.receiver);
            return;
        }
        self.record(call);
        self.method_of_current(call);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(function) = &*call.func
            && let [.., owner, name] = self.renamed.resolved(&function.path).as_slice()
            && owner == "Instrument"
            && matches!(name.as_str(), "instrument" | "in_current_span")
        {
            let what = format!("`Instrument::{name}(..)`");
            self.leave(
                call,
                &what,
                "write it as a method, or `traced::carry(future)`",
            );
        }
        if is_current_call(self.renamed, call) {
            self.current(call);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let path = self.renamed.resolved(&mac.path);
        let last = path.last().map_or("", String::as_str);
        let is_span = SPANS.contains(&last)
            || (last == "span" && path.first().is_some_and(|first| first == "tracing"))
            || (self.has_span_macro && path == ["span"]);
        if is_span {
            self.leave(mac, &format!("`{last}!(..)`"), "it is a span of `tracing` that is entered by hand; write `traced::span!(\"name\", key = value, { .. })` around what it is for");
        }
    }
}
