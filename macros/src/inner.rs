//! `#[traced]` inside an annotated function: on a block, a closure, an `async`
//! block, a statement.
//!
//! Stable Rust has no attribute macros on expressions; but the macro of the
//! function sees them first, and takes them away.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Block, Expr, Item, Local, Meta, Stmt};

use crate::args::Args;
use crate::diagnostics::Errors;
use crate::model::{Mode, Span, Surroundings};
use crate::rewrite::{Begin, begin, observer, observer_of};
use crate::tokens::{Words, walk};

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
        let Some(args) = attributes_of(expr).and_then(|list| self.take_args(list)) else {
            return;
        };
        let written = self.in_span(args, expr);
        *expr = Expr::Verbatim(written);
    }

    // `#[traced] let rows = load().await?;`: the span is around the value.
    fn visit_local_mut(&mut self, local: &mut Local) {
        visit_mut::visit_local_mut(self, local);
        let Some(args) = self.take_args(&mut local.attrs) else {
            return;
        };
        if let Some(init) = &mut local.init {
            let value = &mut init.expr;
            **value = Expr::Verbatim(self.in_span(args, value));
        }
    }

    // `#[traced] println!("..");`
    fn visit_stmt_mut(&mut self, statement: &mut Stmt) {
        visit_mut::visit_stmt_mut(self, statement);
        let Stmt::Macro(call) = statement else { return };
        let Some(args) = self.take_args(&mut call.attrs) else {
            return;
        };
        let mac = &call.mac;
        let value = Expr::Verbatim(quote_spanned!(mac.span()=> #mac));
        let written = self.in_span(args, &value);
        let semi = call.semi_token;
        *statement = Stmt::Expr(Expr::Verbatim(written), semi.or(Some(Default::default())));
    }

    // A nested function is annotated by itself.
    fn visit_item_mut(&mut self, _: &mut Item) {}
}

impl Inner<'_, '_> {
    fn take_args(&mut self, attributes: &mut Vec<Attribute>) -> Option<Args> {
        let is_ours = |attribute: &Attribute| {
            attribute
                .path()
                .segments
                .last()
                .is_some_and(|last| last.ident == "traced")
        };
        let place = attributes.iter().position(is_ours)?;
        let tokens = match attributes.remove(place).meta {
            Meta::List(list) => list.tokens,
            _ => TokenStream::new(),
        };
        Some(Args::parse(Mode::Span, tokens, self.errors))
    }

    fn in_span(&mut self, args: Args, expr: &Expr) -> TokenStream {
        let krate = self.around.krate;
        // The span is around the value, and the `?` outside it.
        if let Expr::Try(question) = expr {
            let value = self.in_span(args, &question.expr);
            let mark = question.question_token;
            return hygienic!(#value #mark);
        }
        let name = format!("{}::{}", self.around.function, what(expr));
        let span = Span::inside(args, name, self.around.surroundings, self.errors);
        match expr {
            Expr::Async(block) => in_async(krate, &span, &block.to_token_stream()),
            Expr::Closure(closure) => {
                let mut closure = closure.clone();
                let body = closure.body.to_token_stream();
                *closure.body = Expr::Verbatim(match closure.asyncness {
                    Some(_) => self.around_future(&span, &body),
                    None => self.around_value(&span, &body),
                });
                closure.to_token_stream()
            }
            Expr::ForLoop(_) | Expr::Loop(_) | Expr::While(_)
                if !awaits(&expr.to_token_stream()) =>
            {
                let enter = begin(krate, &span, Begin::Enter);
                hygienic!({ let __guard = #enter.until_dropped(); #expr })
            }
            other => self.around_value(&span, &other.to_token_stream()),
        }
    }

    /// ```text
    /// In:  #[traced] { body }
    /// Out: { let __guard = enter.until_dropped(); see!(__guard, { body }) }
    /// ```
    fn around_value(&self, span: &Span, value: &TokenStream) -> TokenStream {
        // A guard must not be alive over an `.await`.
        if awaits(value) {
            return self.around_future(span, value);
        }
        let krate = self.around.krate;
        let enter = begin(krate, span, Begin::Enter);
        let observer = observer(krate, span);
        hygienic! {{
            let __guard = #enter.until_dropped();
            let __value = #value;
            #krate::__private::saw(&__guard, &__value, #observer);
            __value
        }}
    }
}

impl Inner<'_, '_> {
    fn around_future(&self, span: &Span, value: &TokenStream) -> TokenStream {
        let krate = self.around.krate;
        let start = begin(krate, span, Begin::Start);
        let observer = observer(krate, span);
        hygienic!(#krate::__private::future_with(#start, async { #value }, #observer).await)
    }
}

/// An `async` block starts its span when it is polled.
fn in_async(krate: &TokenStream, span: &Span, block: &TokenStream) -> TokenStream {
    let defer = begin(krate, span, Begin::Defer);
    let observer = observer_of(krate, span, &hygienic!(__future), None);
    hygienic! {{
        let __defer = #defer;
        let __future = #block;
        let __observer = #observer;
        #krate::__private::deferred(__defer, __future, __observer)
    }}
}

fn awaits(value: &TokenStream) -> bool {
    let mut awaits = false;
    walk(value.clone(), &mut |token, _| {
        awaits |= matches!(token, TokenTree::Ident(word) if word == "await");
    });
    awaits
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

/// The attributes of an expression that can have ours.
fn attributes_of(expr: &mut Expr) -> Option<&mut Vec<Attribute>> {
    Some(match expr {
        Expr::Async(expr) => &mut expr.attrs,
        Expr::Await(expr) => &mut expr.attrs,
        Expr::Block(expr) => &mut expr.attrs,
        Expr::Call(expr) => &mut expr.attrs,
        Expr::Closure(expr) => &mut expr.attrs,
        Expr::ForLoop(expr) => &mut expr.attrs,
        Expr::If(expr) => &mut expr.attrs,
        Expr::Loop(expr) => &mut expr.attrs,
        Expr::Macro(expr) => &mut expr.attrs,
        Expr::Match(expr) => &mut expr.attrs,
        Expr::MethodCall(expr) => &mut expr.attrs,
        Expr::Try(expr) => &mut expr.attrs,
        Expr::Unsafe(expr) => &mut expr.attrs,
        Expr::While(expr) => &mut expr.attrs,
        _ => return None,
    })
}
