//! The positions of `#[traced]` in a body.

use quote::ToTokens;
use syn::{Attribute, BinOp, Block, Expr, ExprBreak, ExprReturn, Stmt};

/// The expression that has the attributes of a statement in syn's tree: in `a += b`, it is `a`.
pub(super) fn leftmost(expr: &mut Expr) -> &mut Expr {
    match expr {
        Expr::Assign(assignment) => leftmost(&mut assignment.left),
        Expr::Binary(operation) => leftmost(&mut operation.left),
        Expr::Cast(cast) => leftmost(&mut cast.expr),
        other => other,
    }
}

/// The part of a statement that a span covers, such as the value of an assignment or of a `return`.
pub(super) fn value_of(statement: &mut Expr) -> &mut Expr {
    if matches!(statement, Expr::Binary(operation) if !assigns(&operation.op)) {
        return statement;
    }
    match statement {
        Expr::Assign(assignment) => &mut assignment.right,
        Expr::Binary(operation) => &mut operation.right,
        Expr::Return(ExprReturn {
            expr: Some(value), ..
        })
        | Expr::Break(ExprBreak {
            expr: Some(value), ..
        }) => value,
        other => other,
    }
}

/// Whether the operator assigns, such as `+=`.
fn assigns(operator: &BinOp) -> bool {
    operator.to_token_stream().to_string().ends_with('=')
        && !matches!(
            operator,
            BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Le(_) | BinOp::Ge(_)
        )
}

/// Whether the expression ends in a block, so that as a statement it needs no semicolon.
pub(super) fn is_block_like(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Block(_)
            | Expr::Const(_)
            | Expr::ForLoop(_)
            | Expr::If(_)
            | Expr::Loop(_)
            | Expr::Match(_)
            | Expr::Unsafe(_)
            | Expr::While(_)
    )
}

/// Whether the expression makes a new value, and is not a place.
pub(super) fn makes_value(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Await(_) | Expr::Call(_) | Expr::Macro(_) | Expr::MethodCall(_) | Expr::Try(_)
    ) || is_block_like(expr)
}

/// Whether a `let` with this value extends the lifetime of a temporary. By the rules of the language it does
/// where the value itself borrows the temporary.
pub(super) fn borrows_temporary(value: &Expr) -> bool {
    match value {
        Expr::Reference(reference) => !makes_value(&reference.expr),
        Expr::Cast(cast) => borrows(&cast.expr),
        Expr::Paren(inner) => borrows(&inner.expr),
        Expr::Array(array) => array.elems.iter().any(borrows),
        Expr::Tuple(tuple) => tuple.elems.iter().any(borrows),
        Expr::Struct(literal) => literal.fields.iter().any(|field| borrows(&field.expr)),
        Expr::Block(block) => tail_borrows(&block.block),
        Expr::Unsafe(block) => tail_borrows(&block.block),
        Expr::If(branches) => {
            let otherwise = branches.else_branch.as_ref();
            tail_borrows(&branches.then_branch)
                || otherwise.is_some_and(|(_, branch)| borrows(branch))
        }
        Expr::Match(arms) => arms.arms.iter().any(|arm| borrows(&arm.body)),
        _ => false,
    }
}

fn borrows(value: &Expr) -> bool {
    matches!(value, Expr::Reference(_)) || borrows_temporary(value)
}

fn tail_borrows(block: &Block) -> bool {
    matches!(block.stmts.last(), Some(Stmt::Expr(tail, None)) if borrows(tail))
}

/// The attributes of an expression of a kind that can be annotated.
pub(super) fn attributes_of(expr: &mut Expr) -> Option<&mut Vec<Attribute>> {
    macro_rules! attributes {
        ($($kind:ident)*) => {
            Some(match expr {
                $(Expr::$kind(expr) => &mut expr.attrs,)*
                _ => return None,
            })
        };
    }
    attributes! {
        Array Assign Async Await Binary Block Break Call
        Cast Closure Const Continue Field ForLoop Group If Index
        Lit Loop Macro Match MethodCall Paren Path Range
        Reference Repeat Return Struct Try Tuple Unary Unsafe
        While
    }
}
