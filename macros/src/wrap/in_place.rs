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

use crate::model::Exit;

/// What the observation of an exit is written with.
pub(super) struct Exits<'a> {
    pub(super) krate: &'a TokenStream,
    /// The guard, and perhaps `as Kind` and `if predicate`.
    pub(super) guard: TokenStream,
    pub(super) exit: &'a Exit,
    pub(super) question_marks: bool,
}

/// ```text
/// In:  { let user = find(id)?; if user.is_admin() { return Err(Denied) } user.load() }
/// Out: {
///          let user = see!(__guard, find(id))?;
///          if user.is_admin() {
///              return Err(see_error!(__guard, Result<User, FindError>, Err(Denied)))
///          }
///          see!(__guard, user.load(), Result<User, FindError>)
///      }
/// ```
pub(super) fn observe_exits(mut exits: Exits<'_>, body: &Group) -> TokenStream {
    let Ok(mut block) = syn::parse2::<Block>(body.to_token_stream()) else {
        return body.stream();
    };
    exits.visit_block_mut(&mut block);
    exits.observe_tail(&mut block);
    let statements = block.stmts;
    hygienic!(#(#statements)*)
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
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => {}
            Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) | Expr::Macro(_) => {}
            Expr::Call(call) if is_named(&call.func, "Ok") || is_named(&call.func, "Some") => {}
            Expr::Call(call) if is_named(&call.func, "Err") => {
                let Exits {
                    krate, guard, exit, ..
                } = self;
                let failed = &exit.failed;
                let error = hygienic!(#krate::__private::see_error!(#guard, #call, #failed));
                call.args.clear();
                call.args.push(Expr::Verbatim(error));
            }
            other => {
                let Exits {
                    krate, guard, exit, ..
                } = self;
                let returned = &exit.returned;
                *other =
                    Expr::Verbatim(hygienic!(#krate::__private::see!(#guard, #other, #returned)));
            }
        }
    }

    /// The operand of a `?`: its error is not converted yet.
    fn observe_operand(&self, operand: &mut Expr) {
        let Exits { krate, guard, .. } = self;
        *operand = Expr::Verbatim(hygienic!(#krate::__private::see!(#guard, #operand)));
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
            Expr::Try(question) if self.question_marks => {
                self.observe_operand(&mut question.expr);
            }
            _ => {}
        }
    }

    // A nested item is another function's body.
    fn visit_item_mut(&mut self, _: &mut Item) {}
}
