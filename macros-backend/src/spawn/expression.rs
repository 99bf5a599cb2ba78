//! Whether an expression can be a unit of work.

use syn::{Expr, ExprCall, Pat, Stmt, Type};

use crate::spawners::{Spawner, Takes};
use crate::syntax::expressions::{ends_in, is_one_of, is_path_to};

/// Whether the spawner can take the expression as a unit.
pub(super) fn is_unit(argument: &Expr, spawner: &Spawner) -> bool {
    match (spawner.takes, argument) {
        (Takes::Maker, _) => true,
        (Takes::Anything, Expr::Closure(closure)) => closure.asyncness.is_none(),
        (Takes::Anything, _) => !is_never_a_unit(argument),
        (Takes::Borrowed, Expr::Closure(closure)) => closure.inputs.len() == 1,
        // A closure with neither `move` nor a parameter may borrow from a scope, and cannot own the context then.
        (Takes::Shared, Expr::Closure(closure)) => {
            closure.capture.is_some() || closure.inputs.len() == 1
        }
        (Takes::Handler, Expr::Closure(closure)) => {
            closure.asyncness.is_none() && closure.inputs.len() == 1
        }
        (Takes::Handler | Takes::Stream, _) => {
            literal(argument).is_none() && !is_never_a_unit(argument)
        }
        (Takes::Boxed, _) => {
            let mut argument = argument.clone();
            let mut boxed = 0;
            each_boxed(&mut argument, &mut |_| boxed += 1);
            boxed > 0
        }
        (Takes::AsyncBlock, _) => matches!(literal(argument), Some(Expr::Async(_))),
        (Takes::Closure(parameters), _) => match literal(argument) {
            Some(Expr::Closure(closure)) => closure.inputs.len() == parameters,
            _ => spawner.is_certain && !is_never_a_unit(argument),
        },
        // A closure in parentheses would be bound to a local, where rustc cannot infer its parameter.
        (Takes::Borrowed | Takes::Shared, _) => {
            spawner.is_certain && literal(argument).is_none() && !is_never_a_unit(argument)
        }
    }
}

/// The innermost expression, inside blocks and parentheses, that gives this expression its value.
pub(super) fn tail_of(expr: &Expr) -> &Expr {
    match expr {
        Expr::Block(block) => match block.block.stmts.last() {
            Some(Stmt::Expr(tail, None)) => tail_of(tail),
            _ => expr,
        },
        Expr::Paren(inner) => tail_of(&inner.expr),
        Expr::Group(inner) => tail_of(&inner.expr),
        _ => expr,
    }
}

/// The closure or `async` block, if the expression is one, boxed or not.
pub(super) fn literal(expr: &Expr) -> Option<&Expr> {
    match tail_of(expr) {
        Expr::Call(call) if is_box_around_literal(call) => call.args.first().map(tail_of),
        tail @ (Expr::Async(_) | Expr::Closure(_)) => Some(tail),
        _ => None,
    }
}

/// `Box::pin(async ..)` and `Box::new(|| ..)`.
pub(super) fn is_box_around_literal(call: &ExprCall) -> bool {
    let is_box = is_path_to(&call.func, "Box", &["pin", "new"]);
    let content = call.args.first().map(tail_of);
    is_box && matches!(content, Some(Expr::Async(_) | Expr::Closure(_)))
}

/// Calls `found` for each boxed job in an expression: alone, or inside a tuple, a struct or a variant. A closure
/// counts if it is `move`, so that it can own its context, and makes no future, which would be polled after
/// the closure has returned.
pub(super) fn each_boxed(expr: &mut Expr, found: &mut dyn FnMut(&mut Expr)) {
    match expr {
        Expr::Call(call) if is_box_around_literal(call) => {
            let Some(boxed) = call.args.first_mut() else {
                return;
            };
            match literal(boxed) {
                Some(Expr::Closure(closure)) => {
                    let is_job = closure.capture.is_some()
                        && closure.asyncness.is_none()
                        && closure.inputs.is_empty()
                        && !matches!(literal(&closure.body), Some(Expr::Async(_)));
                    if is_job && matches!(boxed, Expr::Closure(_)) {
                        found(boxed);
                    }
                }
                _ => found(boxed),
            }
        }
        Expr::Call(call) if is_constructor(&call.func) => {
            call.args
                .iter_mut()
                .for_each(|each| each_boxed(each, found));
        }
        Expr::Tuple(tuple) => tuple
            .elems
            .iter_mut()
            .for_each(|each| each_boxed(each, found)),
        Expr::Struct(fields) => {
            let fields = fields.fields.iter_mut();
            fields.for_each(|field| each_boxed(&mut field.expr, found));
        }
        Expr::Paren(inner) => each_boxed(&mut inner.expr, found),
        Expr::Group(inner) => each_boxed(&mut inner.expr, found),
        Expr::Cast(cast) => each_boxed(&mut cast.expr, found),
        _ => {}
    }
}

/// Whether the path is that of a tuple struct or a variant, by its capital letter.
fn is_constructor(function: &Expr) -> bool {
    let Expr::Path(function) = function else {
        return false;
    };
    let last = function.path.segments.last();
    last.is_some_and(|last| last.ident.to_string().starts_with(char::is_uppercase))
}

/// Whether the expression is a variable, or a field of one.
pub(super) fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(field) => is_place(&field.base),
        _ => false,
    }
}

/// Whether the user already carries the context, with `traced::carry(..)` or a function like it.
pub(super) fn is_carried_by_hand(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call) if is_path_to(&call.func, "traced", &["carry", "carry_fn", "carry_fn_with"]))
}

/// Whether another attribute on the same function (`#[traced_spawn]` beside `#[traced]`) has carried the
/// context into the unit already. Only the outermost call decides, because a span inside the unit consists of
/// calls into `__private` too.
pub(super) fn is_carried(unit: &Expr) -> bool {
    match tail_of(unit) {
        Expr::Closure(closure) => attaches(&closure.body),
        Expr::Call(call) if is_path_to(&call.func, "Box", &["pin", "new"]) => {
            call.args.first().is_some_and(is_carried)
        }
        Expr::Call(call) => is_path_to(&call.func, "__private", &["carry", "carry_fn"]),
        tail => is_macro_of_ours(tail, "carry_unit"),
    }
}

/// Whether the body of a closure begins by attaching a context.
fn attaches(body: &Expr) -> bool {
    let Expr::Match(attached) = tail_of(body) else {
        return is_macro_of_ours(body, "attached");
    };
    let is_guard = |pat: &Pat| matches!(pat, Pat::Ident(guard) if guard.ident == "__attached");
    attached.arms.first().is_some_and(|arm| is_guard(&arm.pat))
}

/// Whether the expression calls the macro of `__private` with this name.
fn is_macro_of_ours(expr: &Expr, name: &str) -> bool {
    matches!(expr, Expr::Macro(call) if ends_in(&call.mac.path, "__private", &[name]))
}

/// Whether the expression is certainly neither a future nor a closure. The method that takes it is no spawner,
/// even if it is called `spawn`, and keeps its arguments and their inferred types.
///
/// A closure that comes here is an `async` closure, which no spawner takes. The callers handle all others.
pub(super) fn is_never_a_unit(expr: &Expr) -> bool {
    if let Expr::Group(inner) = expr {
        return is_never_a_unit(&inner.expr);
    }
    matches!(
        expr,
        Expr::Array(_)
            | Expr::Binary(_)
            | Expr::Closure(_)
            | Expr::Lit(_)
            | Expr::Range(_)
            | Expr::Repeat(_)
            | Expr::Tuple(_)
            | Expr::Verbatim(_)
    ) || is_cast_to_other_type(expr)
        || borrows_temporary(expr)
        || takes_type_from_parameter(expr)
}

/// Whether the expression is a cast to a type that is neither a function pointer nor named, such as `id as _`.
fn is_cast_to_other_type(expr: &Expr) -> bool {
    matches!(expr, Expr::Cast(cast) if !matches!(*cast.ty, Type::FnPtr(_) | Type::Path(_)))
}

/// Whether the expression borrows a temporary, such as `&2` and `&parse()?`. `&work` may be a unit.
fn borrows_temporary(expr: &Expr) -> bool {
    let Expr::Reference(borrow) = expr else {
        return false;
    };
    let is_deref = |unary: &syn::ExprUnary| matches!(unary.op, syn::UnOp::Deref(_));
    match &*borrow.expr {
        Expr::Index(_) => false,
        Expr::Unary(unary) => !is_deref(unary),
        expr => !is_place(expr),
    }
}

/// Whether rustc infers the type of the expression from the parameter that it is passed to: `Some(&text)`,
/// `vec![Box::new(worker)]`, `id.into()`, `text.parse()?`. The parameters of spawners are generic.
fn takes_type_from_parameter(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => match &*call.func {
            Expr::Path(function) if is_one_of(&function.path, &["Err", "Ok", "Some"]) => true,
            function => is_path_to(function, "Default", &["default"]),
        },
        Expr::Macro(call) => is_one_of(&call.mac.path, &["vec"]),
        Expr::MethodCall(call) if call.turbofish.is_none() => {
            let is_named = |names: &[&str]| names.iter().any(|name| call.method == name);
            is_named(&["into", "parse", "try_into"])
                || (is_named(&["expect", "unwrap"]) && takes_type_from_parameter(&call.receiver))
        }
        Expr::Try(tried) => takes_type_from_parameter(&tried.expr),
        _ => false,
    }
}
