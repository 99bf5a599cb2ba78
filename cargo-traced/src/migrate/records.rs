//! `Span::current().record("key", value)`, which sets a field that `#[instrument(fields(key))]` left empty.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprMethodCall, Ident, LitStr, Stmt};
use traced_macros_backend::function_like;

use super::SpanField;
use super::arguments::{Form, formatted, without_references};
use super::futures::is_current;
use super::imports::{self, Renamed};
use crate::edits::FileEdits;
use crate::functions::Function;
use crate::sources::SourceFile;
use crate::spelling::Spelling;
use crate::syntax::{mentions, path_of};

/// Replaces the statements of a function that set nothing but `fields` of its own span. Returns the names that are set
/// now.
///
/// A statement in a closure, an async block or a function inside may run under another span, and so may each
/// statement of a function that enters one by hand.
pub(super) fn migrate<'a>(
    function: &Function<'a>,
    fields: &[SpanField],
    renamed: &Renamed,
    spelling: &Spelling,
    edits: &mut FileEdits<'a>,
) -> Vec<String> {
    let enters = |word: &str| matches!(word, "enter" | "entered");
    if mentions(&function.block, &enters) {
        return Vec::new();
    }
    let mut statements = Statements {
        file: function.file,
        renamed,
        fields,
        found: Vec::new(),
    };
    statements.visit_block(&function.block);
    let mut set = Vec::new();
    for Statement { expr, entries } in statements.found {
        let listed: Vec<&str> = entries.iter().map(|entry| &*entry.written).collect();
        let listed = listed.join(", ");
        let Some(range) = function.file.range_of(expr) else {
            continue;
        };
        let text = format!("{}!({listed})", spelling.path("set_attributes"));
        if is_accepted(&listed) && edits.replace(range, text) {
            set.extend(entries.into_iter().map(|entry| entry.name));
        }
    }
    set
}

/// Whether the macro takes the entries: a lint refuses the old name of an attribute, for example.
fn is_accepted(entries: &str) -> bool {
    let is_error = |word: &str| word == "compile_error";
    let tokens = format!("::traced; {entries}").parse::<TokenStream>();
    tokens.is_ok_and(|tokens| !mentions(function_like::set_attributes(tokens), &is_error))
}

/// A statement that only sets fields.
struct Statement<'ast> {
    expr: &'ast Expr,
    entries: Vec<Entry>,
}

struct Entry {
    name: String,
    /// `key = %value`
    written: String,
}

struct Statements<'p, 'ast> {
    file: &'p SourceFile,
    renamed: &'p Renamed,
    fields: &'p [SpanField],
    found: Vec<Statement<'ast>>,
}

impl<'ast> Visit<'ast> for Statements<'_, 'ast> {
    fn visit_block(&mut self, block: &'ast Block) {
        for statement in &block.stmts {
            if let Stmt::Expr(expr @ Expr::MethodCall(call), Some(_)) = statement
                && !self.file.written(expr).starts_with('#')
                && self.file.comments(call).is_empty()
                && let Some(entries) = self.entries(call)
            {
                self.found.push(Statement { expr, entries });
            }
        }
        visit::visit_block(self, block);
    }

    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}

    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

impl Statements<'_, '_> {
    /// The entries of `Span::current().record("a", x).record("b", y)`, if each can be written.
    fn entries(&self, call: &ExprMethodCall) -> Option<Vec<Entry>> {
        if call.method != "record" {
            return None;
        }
        let mut entries = match &*call.receiver {
            Expr::MethodCall(before) => self.entries(before)?,
            span if is_current(self.renamed, span) && self.is_of_tracing(span) => Vec::new(),
            _ => return None,
        };
        let [Expr::Lit(key), value] = Vec::from_iter(&call.args)[..] else {
            return None;
        };
        let name = match &key.lit {
            syn::Lit::Str(key) => key.value(),
            _ => return None,
        };
        let is_own = self.fields.iter().any(|field| field.name == name);
        if !is_own || name.starts_with("otel.") || !is_same_later(value) {
            return None;
        }
        let (sign, value) = self.shown(value)?;
        entries.push(Entry {
            written: format!("{} = {sign}{}", key_of(&name), self.file.written(value)),
            name,
        });
        Some(entries)
    }

    /// Whether it is `tracing::Span`, and not the span of another crate.
    fn is_of_tracing(&self, span: &Expr) -> bool {
        let Expr::Call(call) = span else {
            return false;
        };
        let Expr::Path(path) = &*call.func else {
            return false;
        };
        match self.renamed.resolved(&path.path).as_slice() {
            [_, _] => self.imports("Span"),
            [.., krate, _, _] => krate == "tracing",
            _ => false,
        }
    }

    fn imports(&self, name: &str) -> bool {
        imports::has(self.file, &["tracing"], name)
    }

    /// `debug(x)` is `?x` where it is the function of `tracing::field`.
    fn shown<'e>(&self, value: &'e Expr) -> Option<(&'static str, &'e Expr)> {
        if let Expr::Call(call) = without_references(value) {
            let is_formatter = |name: &str| name == "debug" || name == "display";
            let is_imported = |name: &str| imports::has_named(self.file, &["tracing"], name);
            match path_of(&call.func).as_slice() {
                [name] if is_formatter(name) && !is_imported(name) => return Some(("", value)),
                [.., field, name] if field == "field" && !is_formatter(name) => return None,
                _ => {}
            }
        }
        match path_of(value).last() {
            Some(last) if last == "Empty" => None,
            _ => Some(formatted(Form::Value, value)),
        }
    }
}

/// The key as it is written in a list of attributes: `order.id`, or a literal where it is no such path.
fn key_of(name: &str) -> String {
    let is_path = name
        .split('.')
        .all(|part| syn::parse_str::<Ident>(part).is_ok());
    match is_path {
        true => name.to_owned(),
        false => LitStr::new(name, proc_macro2::Span::call_site())
            .to_token_stream()
            .to_string(),
    }
}

/// Whether the value may be evaluated in a closure, and only where the span is recorded: nothing in it leaves the
/// function, waits, or is known to change what the function does after.
fn is_same_later(value: &Expr) -> bool {
    const CHANGES: &[&str] = &[
        "await", "break", "continue", "dyn", "insert", "mut", "next", "pop", "push", "recv",
        "remove", "replace", "return", "swap", "take", "yield",
    ];
    let changes = |word: &str| {
        CHANGES.contains(&word) || word.starts_with("fetch_") || word.starts_with("next_")
    };
    !mentions(value, &changes) && !has_sign(value.to_token_stream())
}

/// Whether `?` or an assignment is among the tokens.
fn has_sign(tokens: TokenStream) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Group(group) => has_sign(group.stream()),
        TokenTree::Punct(sign) if sign.as_char() == '?' => true,
        TokenTree::Punct(sign) if sign.as_char() == '=' => {
            let is = |at: Option<usize>, signs: &str| {
                let token = at.and_then(|at| tokens.get(at));
                matches!(token, Some(TokenTree::Punct(sign)) if signs.contains(sign.as_char()))
            };
            let is_comparison = is(at.checked_sub(1), "=!<>") || is(Some(at + 1), "=>");
            !is_comparison
        }
        _ => false,
    })
}
