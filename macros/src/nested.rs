//! `#[traced]` inside an annotated function: on a block, a closure, an `async`
//! block, a statement.
//!
//! Stable Rust has no attribute macros on expressions; but the macro of the
//! function sees them first, and takes them away.

mod positions;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Arm, AttrStyle, Attribute, Block, Expr, ExprAsync, ExprClosure, ExprMacro, Item, Local, Macro,
    Meta, Stmt, StmtMacro,
};

use self::positions::{
    attributes_of, borrows_temporary, ends_statement, leftmost, makes_value, value_of,
};
use crate::args::{Args, Mode};
use crate::diagnostics::Errors;
use crate::emit::{Begin, begin, observer, observer_of};
use crate::model::{Span, Surroundings};
use crate::syntax::tokens::{Words, walk};
use crate::wrap::InSpan;

/// Where the annotated expressions stand.
pub(crate) struct Around<'a> {
    pub(crate) krate: &'a TokenStream,
    pub(crate) function: &'a str,
    pub(crate) surroundings: &'a Surroundings,
}

impl Around<'_> {
    /// The body with its annotated expressions in spans; the same tokens if
    /// there is none, or if the body does not parse.
    pub(crate) fn trace_inner(&self, body: &Group, words: &Words, errors: &mut Errors) -> Group {
        if !(words.have("traced") && mentions_traced(body.stream())) {
            return body.clone();
        }
        let Ok(mut block) = syn::parse2::<Block>(body.to_token_stream()) else {
            return body.clone();
        };
        Inner {
            around: self,
            errors,
        }
        .visit_block_mut(&mut block);
        let statements = block.stmts;
        let mut written = Group::new(body.delimiter(), hygienic!(#(#statements)*));
        written.set_span(body.span());
        written
    }
}

/// Whether there is a `#[traced` at all: most bodies need not be parsed.
fn mentions_traced(body: TokenStream) -> bool {
    let mut found = false;
    walk(body, &mut |token, next| {
        let is_hash = matches!(token, TokenTree::Punct(punct) if punct.as_char() == '#');
        if let (true, Some([TokenTree::Group(group), _])) = (is_hash, next) {
            found |= group
                .stream()
                .into_iter()
                .any(|token| matches!(token, TokenTree::Ident(word) if word == "traced"));
        }
    });
    found
}

struct Inner<'a, 'e> {
    around: &'a Around<'a>,
    errors: &'e mut Errors,
}

impl VisitMut for Inner<'_, '_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        if let Some(args) = attributes_of(expr).and_then(|list| self.take_args(list)) {
            *expr = self.in_span(args, expr);
        }
    }

    // `#[traced] let rows = load().await?;`: the span is around the value.
    fn visit_local_mut(&mut self, local: &mut Local) {
        let mut args = self.take_args(&mut local.attrs);
        if let (None, Some(init)) = (&args, &mut local.init) {
            args = attributes_of(&mut init.expr).and_then(|list| self.take_args(list));
        }
        visit_mut::visit_local_mut(self, local);
        if let (Some(args), Some(init)) = (args, &mut local.init) {
            *init.expr = match borrows_temporary(&init.expr) {
                true => self.in_place(args, &init.expr),
                false => self.in_span(args, &init.expr),
            };
        }
    }

    fn visit_stmt_mut(&mut self, statement: &mut Stmt) {
        match statement {
            // `#[traced] println!("..");`
            Stmt::Macro(call) if call.attrs.iter().any(is_ours) => {
                let StmtMacro {
                    attrs,
                    mac,
                    semi_token,
                } = call.clone();
                let mut call = Expr::Macro(ExprMacro { attrs, mac });
                self.visit_statement(&mut call, true);
                *statement = Stmt::Expr(call, semi_token.or(Some(Default::default())));
            }
            Stmt::Expr(expr, semi) => self.visit_statement(expr, semi.is_some()),
            _ => visit_mut::visit_stmt_mut(self, statement),
        }
    }

    // `#[traced] Some(id) => load(id),`: the span is around the body of the arm.
    fn visit_arm_mut(&mut self, arm: &mut Arm) {
        let args = self.take_args(&mut arm.attrs);
        visit_mut::visit_arm_mut(self, arm);
        if let Some(args) = args {
            *arm.body = self.in_span(args, &arm.body);
            arm.comma.get_or_insert_default();
        }
    }

    fn visit_macro_mut(&mut self, call: &mut Macro) {
        if mentions_traced(call.tokens.clone()) {
            call.tokens = self.trace_among(call.tokens.clone());
        }
    }

    // A nested function is annotated by itself.
    fn visit_item_mut(&mut self, _: &mut Item) {}
}

// What is annotated.

impl Inner<'_, '_> {
    /// What else stands before the statement stays there.
    ///
    /// ```text
    /// In:  #[cfg(unix)] #[traced] rows += load();
    /// Out: #[cfg(unix)] rows += pass(.., load(), ..);
    /// ```
    fn visit_statement(&mut self, expr: &mut Expr, has_semicolon: bool) {
        let taken = self.take_statement_args(expr);
        let is_block = ends_statement(expr);
        visit_mut::visit_expr_mut(self, expr);
        let Some((args, others)) = taken else { return };
        let value = value_of(expr);
        *value = self.in_span(args, value);
        if is_block && !has_semicolon && !ends_statement(expr) {
            *expr = parsed(hygienic!({ #expr }));
        }
        if let Some(list) = attributes_of(leftmost(expr)) {
            list.splice(..0, others);
        }
    }

    /// Ours, and the others.
    fn take_statement_args(&mut self, expr: &mut Expr) -> Option<(Args, Vec<Attribute>)> {
        let list = attributes_of(leftmost(expr))?;
        let args = self.take_args(list)?;
        let is_before = |attribute: &Attribute| matches!(attribute.style, AttrStyle::Outer);
        let (before, within) = std::mem::take(list).into_iter().partition(is_before);
        *list = within;
        Some((args, before))
    }

    fn take_args(&mut self, attributes: &mut Vec<Attribute>) -> Option<Args> {
        let place = attributes.iter().position(is_ours)?;
        let tokens = match attributes.remove(place).meta {
            Meta::List(list) => list.tokens,
            _ => TokenStream::new(),
        };
        Some(Args::parse(Mode::Span, tokens, self.errors))
    }

    /// The annotated expressions among the tokens of a macro, whose grammar is its own.
    fn trace_among(&mut self, tokens: TokenStream) -> TokenStream {
        let mut written = TokenStream::new();
        let mut rest = tokens;
        loop {
            let mut tokens = rest.clone().into_iter();
            let Some(first) = tokens.next() else { break };
            if let Some((mut expr, after)) = annotated_expression(&first, &rest) {
                self.visit_expr_mut(&mut expr);
                expr.to_tokens(&mut written);
                rest = after;
                continue;
            }
            written.extend([match first {
                TokenTree::Group(group) => TokenTree::Group(self.trace_group(&group)),
                other => other,
            }]);
            rest = tokens.collect();
        }
        written
    }

    fn trace_group(&mut self, group: &Group) -> Group {
        let block = match group.delimiter() {
            Delimiter::Brace => syn::parse2::<Block>(group.to_token_stream()).ok(),
            _ => None,
        };
        let content = match block {
            Some(mut block) => {
                self.visit_block_mut(&mut block);
                let statements = block.stmts;
                hygienic!(#(#statements)*)
            }
            None => self.trace_among(group.stream()),
        };
        let mut written = Group::new(group.delimiter(), content);
        written.set_span(group.span());
        written
    }
}

// What becomes of it.

impl Inner<'_, '_> {
    fn in_span(&mut self, args: Args, expr: &Expr) -> Expr {
        match expr {
            // The span is around the value, and the `?` outside it.
            Expr::Try(question) => {
                let mut question = question.clone();
                *question.expr = self.in_span(args, &question.expr);
                Expr::Try(question)
            }
            // So is a `&`, for which a temporary may have to live on.
            Expr::Reference(reference) if makes_value(&reference.expr) => {
                let mut reference = reference.clone();
                *reference.expr = self.in_span(args, &reference.expr);
                Expr::Reference(reference)
            }
            // What came through an `$value:expr` of a macro.
            Expr::Group(inner) if inner.attrs.is_empty() => self.in_span(args, &inner.expr),
            _ => {
                let span = self.span(args, expr);
                parsed(match expr {
                    Expr::Async(block) => self.around_async(&span, block),
                    Expr::Closure(closure) => self.around_closure(&span, closure),
                    other => self.written(&span).around(other),
                })
            }
        }
    }

    /// The span of what must stay where it is: it is no result that could be asked for errors.
    fn in_place(&mut self, args: Args, expr: &Expr) -> Expr {
        let span = self.span(args, expr);
        parsed(self.written(&span).around_in_place(expr))
    }

    fn span(&mut self, args: Args, expr: &Expr) -> Span {
        let name = format!("{}::{}", self.around.function, what(expr));
        Span::inside(args, name, self.around.surroundings, self.errors)
    }

    fn written(&self, span: &Span) -> InSpan<'_> {
        let krate = self.around.krate;
        InSpan {
            krate,
            started: begin(krate, span, Begin::Start),
            entered: begin(krate, span, Begin::Enter),
            observer: observer(krate, span),
        }
    }

    /// An `async` block starts its span when it is polled.
    fn around_async(&self, span: &Span, block: &ExprAsync) -> TokenStream {
        let krate = self.around.krate;
        let defer = begin(krate, span, Begin::Defer);
        let observer = observer_of(krate, span, &hygienic!(__future), None);
        hygienic! {{
            let __defer = #defer;
            let __future = #block;
            let __observer = #observer;
            #krate::__private::future(__defer, __future, __observer)
        }}
    }

    /// Each call of a closure has a span: until it returns, or until the future is ready
    /// that it does nothing but make.
    fn around_closure(&self, span: &Span, closure: &ExprClosure) -> TokenStream {
        let mut closure = closure.clone();
        let written = self.written(span);
        let body = match (closure.asyncness, &*closure.body) {
            (Some(_), body) => written.around_async_body(&closure.output, body),
            (None, Expr::Async(block)) => self.around_async(span, block),
            (None, body) => written.around_body(body),
        };
        *closure.body = Expr::Verbatim(body);
        closure.to_token_stream()
    }
}

/// Whoever looks at what is around an expression sees into it.
fn parsed(written: TokenStream) -> Expr {
    syn::parse2(written.clone()).unwrap_or(Expr::Verbatim(written))
}

fn is_ours(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|last| last.ident == "traced")
}

/// The expression with which the tokens begin, if it is annotated, and what follows it.
fn annotated_expression(first: &TokenTree, tokens: &TokenStream) -> Option<(Expr, TokenStream)> {
    if !matches!(first, TokenTree::Punct(hash) if hash.as_char() == '#') {
        return None;
    }
    let parser = |input: ParseStream<'_>| {
        let attributes = input.fork().call(Attribute::parse_outer)?;
        match attributes.iter().any(is_ours) {
            true => Ok((input.parse()?, input.parse()?)),
            false => Err(input.error("not ours")),
        }
    };
    parser.parse2(tokens.clone()).ok()
}

/// What an expression is called, for the name of its span.
fn what(expr: &Expr) -> String {
    match expr {
        Expr::Async(_) => "async".to_owned(),
        Expr::Await(future) => what(&future.base),
        Expr::Call(call) => match &*call.func {
            Expr::Path(function) => last_name(&function.path),
            _ => "call".to_owned(),
        },
        Expr::Closure(_) => "closure".to_owned(),
        Expr::Macro(call) => last_name(&call.mac.path),
        Expr::MethodCall(call) => call.method.to_string(),
        Expr::ForLoop(_) | Expr::Loop(_) | Expr::While(_) => "loop".to_owned(),
        _ => "block".to_owned(),
    }
}

fn last_name(path: &syn::Path) -> String {
    path.segments
        .last()
        .map_or_else(String::new, |last| last.ident.to_string())
}
