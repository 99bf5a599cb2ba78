//! `#[traced]` inside an annotated function: on a block, a closure, an `async` block, a statement.
//!
//! Stable Rust does not allow attribute macros on expressions. The macro of the function sees the attributes
//! first and removes them.

mod attributes;
mod positions;
mod write;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned as _;
use syn::visit_mut::{self, VisitMut};
use syn::{Arm, Block, Expr, ExprMacro, Item, Local, Macro, Stmt, StmtMacro};

use self::attributes::{
    annotated_expression, is_ours, mentions_traced, take_args, take_statement_args,
};
use self::positions::{
    attributes_of, borrows_temporary, is_block_like, leftmost, makes_value, value_of,
};
use self::write::{around_async, around_closure, in_span, parsed};
use crate::args::{Args, Mode};
use crate::diagnostics::Errors;
use crate::model::{CrateContext, SpanSpec};
use crate::syntax::expressions::last_name;
use crate::syntax::tokens::Words;

/// The function around the annotated expressions.
pub(crate) struct EnclosingContext<'a> {
    pub(crate) function: &'a str,
    pub(crate) crate_context: &'a CrateContext,
}

/// The annotated expressions of a body, judged and not yet written.
pub(crate) struct NestedSpans {
    body: Block,
    /// In order of appearance.
    spans: Vec<SpanSpec>,
}

/// Judges the annotated expressions of a body; `None` if there is none, or if the body does not parse.
pub(crate) fn judge(
    body: &Group,
    words: &Words,
    around: &EnclosingContext<'_>,
    errors: &mut Errors,
) -> Option<NestedSpans> {
    let body = parsed_body(body, words)?;
    let mut spans = Vec::new();
    // The walk removes the attributes from a copy, so that `write` finds them again.
    Nested(Step::Judge {
        around,
        spans: &mut spans,
        errors,
    })
    .visit_block_mut(&mut body.clone());
    Some(NestedSpans { body, spans })
}

impl NestedSpans {
    /// The content of the body, with each annotated expression in its span.
    pub(crate) fn write(self, krate: &TokenStream) -> TokenStream {
        let mut body = self.body;
        Nested(Step::Write {
            krate,
            spans: self.spans.into_iter(),
        })
        .visit_block_mut(&mut body);
        let statements = body.stmts;
        hygienic!(#(#statements)*)
    }
}

/// The content of the body without the attributes on expressions, which rustc would report besides our
/// errors.
pub(crate) fn without_attributes(body: &Group, words: &Words) -> Option<TokenStream> {
    let mut body = parsed_body(body, words)?;
    Nested(Step::Remove).visit_block_mut(&mut body);
    let statements = body.stmts;
    Some(hygienic!(#(#statements)*))
}

fn parsed_body(body: &Group, words: &Words) -> Option<Block> {
    let may_be_annotated = words.have("traced") && mentions_traced(body.stream());
    may_be_annotated
        .then(|| syn::parse2(body.to_token_stream()).ok())
        .flatten()
}

/// The walk over a body. It visits the annotated expressions in the same order in each step.
struct Nested<'a>(Step<'a>);

/// What happens to an annotated expression. Each step removes its attribute.
enum Step<'a> {
    /// Judges the arguments.
    Judge {
        around: &'a EnclosingContext<'a>,
        spans: &'a mut Vec<SpanSpec>,
        errors: &'a mut Errors,
    },
    /// Puts the expression into the next of the judged spans.
    Write {
        krate: &'a TokenStream,
        spans: std::vec::IntoIter<SpanSpec>,
    },
    /// Does nothing else.
    Remove,
}

impl VisitMut for Nested<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        if let Some(args) = attributes_of(expr).and_then(take_args) {
            self.put_in_span(args, expr);
        }
    }

    // `#[traced] let rows = load().await?;`: the span is around the value.
    fn visit_local_mut(&mut self, local: &mut Local) {
        let mut args = take_args(&mut local.attrs);
        if let (None, Some(init)) = (&args, &mut local.init) {
            args = attributes_of(&mut init.expr).and_then(take_args);
        }
        visit_mut::visit_local_mut(self, local);
        if let (Some(args), Some(init)) = (args, &mut local.init) {
            match borrows_temporary(&init.expr) {
                true => self.put_beside_guard(args, &mut init.expr),
                false => self.put_in_span(args, &mut init.expr),
            }
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
        let args = take_args(&mut arm.attrs);
        visit_mut::visit_arm_mut(self, arm);
        if let Some(args) = args {
            self.put_in_span(args, &mut arm.body);
            arm.comma.get_or_insert_default();
        }
    }

    fn visit_macro_mut(&mut self, call: &mut Macro) {
        if mentions_traced(call.tokens.clone()) {
            call.tokens = self.trace_among(call.tokens.clone());
        }
    }

    // A nested function has an attribute of its own.
    fn visit_item_mut(&mut self, _: &mut Item) {}
}

// Finding annotated expressions.

impl Nested<'_> {
    /// Puts the value of a statement in a span. The other attributes of the statement stay where they are.
    ///
    /// ```text
    /// In:  #[cfg(unix)] #[traced] rows += load();
    /// Out: #[cfg(unix)] rows += in_guard(.., load(), ..);
    /// ```
    fn visit_statement(&mut self, expr: &mut Expr, has_semicolon: bool) {
        let taken = take_statement_args(expr);
        let is_block = is_block_like(expr);
        visit_mut::visit_expr_mut(self, expr);
        let Some((args, others)) = taken else { return };
        self.put_in_span(args, value_of(expr));
        if is_block && !has_semicolon && !is_block_like(expr) {
            *expr = parsed(hygienic!({ #expr }));
        }
        if let Some(list) = attributes_of(leftmost(expr)) {
            list.splice(..0, others);
        }
    }

    /// Finds annotated expressions among the tokens of a macro, whose grammar is not known.
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

// Judging and writing them.

impl Nested<'_> {
    fn put_in_span(&mut self, args: TokenStream, expr: &mut Expr) {
        let expr = spanned_part(expr);
        let Some((krate, span)) = self.next(args, expr) else {
            return;
        };
        *expr = parsed(match &*expr {
            Expr::Async(block) => around_async(krate, &span, block),
            Expr::Closure(closure) => around_closure(krate, &span, closure),
            other => in_span(krate, &span).around(other),
        });
    }

    /// Starts the span before an expression that must not be moved. It is a borrow, so there is no error to
    /// observe.
    fn put_beside_guard(&mut self, args: TokenStream, expr: &mut Expr) {
        if let Some((krate, span)) = self.next(args, expr) {
            *expr = parsed(in_span(krate, &span).around_in_place(expr));
        }
    }

    /// Adds the span of the expression to the list when judging, and returns the next one when writing.
    fn next(&mut self, args: TokenStream, expr: &Expr) -> Option<(&TokenStream, SpanSpec)> {
        match &mut self.0 {
            Step::Judge {
                around,
                spans,
                errors,
            } => {
                let args = Args::parse(Mode::Span, args, errors);
                let (name, place) = (format!("{}::{}", around.function, noun(expr)), expr.span());
                let context = around.crate_context;
                spans.push(SpanSpec::inside(args, name, place, context, errors));
                None
            }
            Step::Write { krate, spans } => Some((krate, spans.next()?)),
            Step::Remove => None,
        }
    }
}

/// The part of an annotated expression that the span covers. Of a `?` it is the operand; of a `&` too, because
/// the borrowed temporary may have to outlive the span.
fn spanned_part(expr: &mut Expr) -> &mut Expr {
    let is_whole = match expr {
        Expr::Reference(borrow) => !makes_value(&borrow.expr),
        Expr::Group(group) => !group.attrs.is_empty(),
        _ => false,
    };
    if is_whole {
        return expr;
    }
    match expr {
        Expr::Try(question) => spanned_part(&mut question.expr),
        Expr::Reference(borrow) => spanned_part(&mut borrow.expr),
        // A `$value:expr` of a `macro_rules!`.
        Expr::Group(inner) => spanned_part(&mut inner.expr),
        other => other,
    }
}

/// The noun for an expression in the default name of its span.
fn noun(expr: &Expr) -> String {
    match expr {
        Expr::Async(_) => "async".to_owned(),
        Expr::Await(future) => noun(&future.base),
        Expr::Call(call) => match &*call.func {
            Expr::Path(function) => last_name(&function.path).unwrap_or_default(),
            _ => "call".to_owned(),
        },
        Expr::Closure(_) => "closure".to_owned(),
        Expr::Macro(call) => last_name(&call.mac.path).unwrap_or_default(),
        Expr::MethodCall(call) => call.method.to_string(),
        Expr::ForLoop(_) | Expr::Loop(_) | Expr::While(_) => "loop".to_owned(),
        _ => "block".to_owned(),
    }
}
