//! The calls in a body. The types are not known, so that functions and methods are found by their names.

use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, ExprMethodCall, Item, Macro};

use super::program::Program;
use super::span_macros::SpanMacro;
use crate::functions::Function;
use crate::syntax::{mentions, path_of};

/// Whether code calls a function with a span of ours, or makes a span itself.
///
/// A method counts if every method of its name in this program has a span.
pub(super) fn reaches_span<'ast>(
    code: impl Fn(&mut dyn FnMut(&Call<'ast>)),
    program: &Program<'_>,
    from: &Function<'_>,
) -> bool {
    let mut found = false;
    code(&mut |call| {
        found |= match call {
            Call::Function(path) => program.resolve(path, from).is_some_and(Function::is_traced),
            Call::Method(call) => {
                let name = call.method.to_string();
                let mut named = program.named(&name).peekable();
                named.peek().is_some() && named.all(Function::is_traced)
            }
            Call::Macro(mac) => is_span_macro(mac),
        };
    });
    found
}

/// `traced::span!(..)`, or a macro whose tokens have it.
fn is_span_macro(mac: &Macro) -> bool {
    matches!(SpanMacro::of(mac), Some(SpanMacro::OfCode))
        || mentions(mac.tokens.clone(), &|word| word == "traced")
}

/// A call in a body.
pub(crate) enum Call<'ast> {
    Function(Vec<String>),
    Method(&'ast ExprMethodCall),
    Macro(&'ast Macro),
}

/// Calls `each` for the calls in a block, those of closures and `async` blocks included, and those of
/// functions inside it excluded.
pub(crate) fn in_block<'ast>(block: &'ast Block, each: &mut dyn FnMut(&Call<'ast>)) {
    Calls { each }.visit_block(block);
}

/// The same for an expression.
pub(super) fn in_expression<'ast>(expr: &'ast Expr, each: &mut dyn FnMut(&Call<'ast>)) {
    Calls { each }.visit_expr(expr);
}

struct Calls<'c, 'ast> {
    each: &'c mut dyn FnMut(&Call<'ast>),
}

impl<'ast> Visit<'ast> for Calls<'_, 'ast> {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        let path = path_of(&call.func);
        if !path.is_empty() {
            (self.each)(&Call::Function(path));
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        (self.each)(&Call::Method(call));
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        (self.each)(&Call::Macro(mac));
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}
