//! The body as it is, with its visible exits observed where they stand.
//!
//! For the few functions whose body no closure can hold (see [`Shape`]): what
//! leaves the function is the value of its tail, of a `return`, or the error
//! side of a `?`. Those that a macro hides (`bail!`) are not seen.
//!
//! [`Shape`]: crate::model::Shape

use proc_macro2::{Group, TokenStream};
use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Item, Stmt};

/// ```text
/// In:  { let user = find(id)?; if user.is_admin() { return Err(Denied) } user.load() }
/// Out: {
///          let user = see!(__guard, find(id))?;
///          if user.is_admin() { return see!(__guard, Err(Denied)) }
///          see!(__guard, user.load())
///      }
/// ```
pub(super) fn observe_exits(
    krate: &TokenStream,
    guard: &TokenStream,
    body: &Group,
    question_marks: bool,
) -> TokenStream {
    let Ok(mut block) = syn::parse2::<Block>(body.to_token_stream()) else {
        return body.to_token_stream();
    };
    let mut exits = Exits {
        krate,
        guard,
        question_marks,
    };
    exits.visit_block_mut(&mut block);
    exits.observe_tail(&mut block);
    block.into_token_stream()
}

struct Exits<'a> {
    krate: &'a TokenStream,
    guard: &'a TokenStream,
    question_marks: bool,
}

impl Exits<'_> {
    fn observe_tail(&self, block: &mut Block) {
        if let Some(Stmt::Expr(tail, None)) = block.stmts.last_mut() {
            self.observe(tail);
        }
    }

    /// Observes the value of an expression, in every branch that gives one.
    fn observe(&self, value: &mut Expr) {
        match value {
            Expr::Block(block) if block.label.is_none() => self.observe_tail(&mut block.block),
            Expr::Unsafe(block) => self.observe_tail(&mut block.block),
            Expr::Paren(inner) => self.observe(&mut inner.expr),
            Expr::If(branches) => {
                self.observe_tail(&mut branches.then_branch);
                if let Some((_, otherwise)) = &mut branches.else_branch {
                    self.observe(otherwise);
                }
            }
            Expr::Match(arms) => arms
                .arms
                .iter_mut()
                .for_each(|arm| self.observe(&mut arm.body)),
            // These do not give a value here, or one that cannot be an error:
            // and `Ok(closure)` needs the type that the function expects.
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) | Expr::Macro(_) => {}
            Expr::Call(call) if is_named(&call.func, "Ok") || is_named(&call.func, "Some") => {}
            other => {
                let (krate, guard) = (self.krate, self.guard);
                *other = Expr::Verbatim(hygienic!(#krate::__private::see!(#guard, #other)));
            }
        }
    }
}

fn is_named(function: &Expr, name: &str) -> bool {
    let Expr::Path(function) = function else {
        return false;
    };
    function
        .path
        .segments
        .last()
        .is_some_and(|last| last.ident == name)
}

impl VisitMut for Exits<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            // Their exits are not the function's.
            Expr::Closure(_) | Expr::Async(_) | Expr::TryBlock(_) => return,
            _ => visit_mut::visit_expr_mut(self, expr),
        }
        match expr {
            Expr::Return(exit) => {
                if let Some(value) = &mut exit.expr {
                    self.observe(value);
                }
            }
            Expr::Try(question) if self.question_marks => self.observe(&mut question.expr),
            _ => {}
        }
    }

    // A nested item is another function's body.
    fn visit_item_mut(&mut self, _: &mut Item) {}
}
