//! Observes the exits of a body that stays in place.
//!
//! Few functions have a body that cannot be moved into a closure: see [`Shape`]. The exits are the tail, each
//! `return`, and the error of each `?`. An exit inside a macro (`bail!`) is not found.
//!
//! [`Shape`]: crate::model::Shape

use proc_macro2::{Group, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Item, Stmt};

use crate::syntax::expressions::is_one_of;
use crate::syntax::groups::braced_like;
use crate::syntax::tokens::written_at;

/// The visitor that observes the exits, and the types that its code turned out to need.
pub(super) struct Exits<'a> {
    krate: &'a TokenStream,
    /// The guard, perhaps with `as Kind` and `if predicate`.
    guard: TokenStream,
    /// Whether part of the return type is opaque.
    is_opaque: bool,
    /// Whether the operand of a `?` is observed.
    question_marks: bool,
    /// Whether a tail is known to have the return type.
    types_are_known: bool,
    needed: NeededTypes,
}

/// The locals with the types of exits that the observations mention.
#[derive(Default)]
pub(super) struct NeededTypes {
    /// `__returned`: the return type, if part of it is opaque.
    pub(super) returned: bool,
    /// `__failed`: the type of an `Err`, and of every exit if nothing is opaque.
    pub(super) failed: bool,
}

/// ```text
/// In:  { let user = find(id)?; if user.is_admin() { return Err(Denied) } user.load() }
/// Out: {
///          let user = observe_exit!(__guard, find(id))?;
///          if user.is_admin() {
///              return Err(observe_exit!(@error __guard, Err(Denied), __failed))
///          }
///          observe_exit!(__guard, user.load(), __failed)
///      }
/// ```
impl<'a> Exits<'a> {
    pub(super) fn new(
        krate: &'a TokenStream,
        guard: TokenStream,
        is_opaque: bool,
        question_marks: bool,
    ) -> Self {
        Exits {
            krate,
            guard,
            is_opaque,
            question_marks,
            types_are_known: true,
            needed: NeededTypes::default(),
        }
    }

    /// The body with its exits observed.
    pub(super) fn observe_in(mut self, body: &Group) -> (Group, NeededTypes) {
        let Ok(mut block) = syn::parse2::<Block>(body.to_token_stream()) else {
            return (body.clone(), self.needed);
        };
        self.visit_block_mut(&mut block);
        self.observe_tail(&mut block);
        let statements = block.stmts;
        let body = braced_like(body, hygienic!(#(#statements)*));
        (body, self.needed)
    }

    fn observe_tail(&mut self, block: &mut Block) {
        let mut statements = block.stmts.iter_mut().rev();
        let Some(Stmt::Expr(tail, None)) = statements.next() else {
            return;
        };
        let mut may_be_left_out = is_conditional(tail);
        self.observe(tail);
        // `#[cfg(unix)] { .. } #[cfg(not(unix))] { .. }`: each block is the tail in some builds and a
        // statement in others, so its type is not known here.
        while may_be_left_out {
            let Some(Stmt::Expr(tail, None)) = statements.next() else {
                return;
            };
            may_be_left_out = is_conditional(tail);
            let types_are_known = std::mem::replace(&mut self.types_are_known, false);
            self.observe(tail);
            self.types_are_known = types_are_known;
        }
    }

    /// Observes the value of an expression, in each of its branches.
    fn observe(&mut self, value: &mut Expr) {
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
            // These have no value here, or no error. A closure in `Ok(..)` also needs the expected type, which an
            // argument of a macro would not have.
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => {}
            Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) | Expr::Macro(_) => {}
            Expr::Call(call) if is_named(&call.func, "Ok") || is_named(&call.func, "Some") => {}
            Expr::Call(call) if is_named(&call.func, "Err") => {
                self.needed.failed = true;
                let Exits { krate, guard, .. } = self;
                let error =
                    hygienic!(#krate::__private::observe_exit!(@error #guard, #call, __failed));
                call.args.clear();
                call.args.push(Expr::Verbatim(error));
            }
            // In some builds this is a statement, whose value the predicate does not take.
            other if !self.types_are_known => {
                if self.question_marks {
                    self.observe_operand(other);
                }
            }
            other => {
                let ty = match self.is_opaque {
                    true => {
                        self.needed.returned = true;
                        hygienic!(__returned)
                    }
                    false => {
                        self.needed.failed = true;
                        hygienic!(__failed)
                    }
                };
                let Exits { krate, guard, .. } = self;
                *other = Expr::Verbatim(
                    hygienic!(#krate::__private::observe_exit!(#guard, #other, #ty)),
                );
            }
        }
    }

    /// Observes the operand of a `?`, before its error is converted.
    fn observe_operand(&self, operand: &mut Expr) {
        let Exits { krate, guard, .. } = self;
        let place = operand.span();
        // With the user's span, so that rustc points at the `?` that follows.
        let krate = written_at(krate, place);
        *operand = Expr::Verbatim(quote_spanned!(place=>
            #krate::__private::observe_exit!(#guard, #operand)
        ));
    }
}

/// Whether the expression is there only under a `#[cfg(..)]`.
fn is_conditional(expr: &Expr) -> bool {
    let attributes = match expr {
        Expr::Block(block) => &block.attrs,
        Expr::Unsafe(block) => &block.attrs,
        Expr::If(branches) => &branches.attrs,
        Expr::Match(arms) => &arms.attrs,
        Expr::Loop(endless) => &endless.attrs,
        Expr::While(endless) => &endless.attrs,
        Expr::ForLoop(endless) => &endless.attrs,
        Expr::Macro(call) => &call.attrs,
        _ => return false,
    };
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("cfg"))
}

fn is_named(function: &Expr, name: &str) -> bool {
    matches!(function, Expr::Path(function) if is_one_of(&function.path, &[name]))
}

impl VisitMut for Exits<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            // An exit of these is not an exit of the function.
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
