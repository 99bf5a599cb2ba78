//! The body as it is, with its visible exits observed where they stand.
//!
//! For the few functions whose body no closure can hold (see [`Shape`]): what
//! leaves the function is the value of its tail, of a `return`, or the error
//! side of a `?`. Those that a macro hides (`bail!`) are not seen.
//!
//! [`Shape`]: crate::model::Shape

use proc_macro2::{Group, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Item, Stmt};

use crate::syntax::groups::braced_like;
use crate::syntax::tokens::written_at;

/// What the observation of an exit is written with, and which types it needed.
pub(super) struct Exits<'a> {
    krate: &'a TokenStream,
    /// The guard, and perhaps `as Kind` and `if predicate`.
    guard: TokenStream,
    is_opaque: bool,
    question_marks: bool,
    /// Whether the value of a tail is what the function returns.
    types_are_known: bool,
    needed: NeededTypes,
}

/// The types of exits that the observations name.
#[derive(Default)]
pub(super) struct NeededTypes {
    /// `__returned`: that of the function, where part of it is opaque.
    pub(super) returned: bool,
    /// `__failed`: that of an `Err`, and of all others where nothing is opaque.
    pub(super) failed: bool,
}

/// ```text
/// In:  { let user = find(id)?; if user.is_admin() { return Err(Denied) } user.load() }
/// Out: {
///          let user = observe_exit!(__guard, find(id))?;
///          if user.is_admin() {
///              return Err(see_error!(__guard, Err(Denied), __failed))
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
        // `#[cfg(unix)] { .. } #[cfg(not(unix))] { .. }`: each is the tail of some build, and
        // a statement without a value in the others, so that its type is not known here.
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

    /// Observes the value of an expression, in every branch that gives one.
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
            // These do not give a value here, or one that cannot be an error:
            // and `Ok(closure)` needs the type that the function expects.
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => {}
            Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) | Expr::Macro(_) => {}
            Expr::Call(call) if is_named(&call.func, "Ok") || is_named(&call.func, "Some") => {}
            Expr::Call(call) if is_named(&call.func, "Err") => {
                self.needed.failed = true;
                let Exits { krate, guard, .. } = self;
                let error =
                    hygienic!(#krate::__private::observe_error_exit!(#guard, #call, __failed));
                call.args.clear();
                call.args.push(Expr::Verbatim(error));
            }
            // A predicate takes errors only, and the value of a statement may be none.
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

    /// The operand of a `?`: its error is not converted yet.
    fn observe_operand(&self, operand: &mut Expr) {
        let Exits { krate, guard, .. } = self;
        let place = operand.span();
        // As if the user had written it, so that rustc points at the `?` behind it.
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
