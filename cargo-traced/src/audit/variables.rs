//! The value that a variable has where it is used.

use std::ops::Range;

use syn::visit::{self, Visit};
use syn::{Block, Expr, Ident, Item, Local, Pat};

use crate::functions::Function;

/// The value of the last declaration before the use of a variable, among those that are in scope there and have an
/// accepted value; `None` for a parameter.
pub(super) fn value_of<'f>(
    used: &Ident,
    function: &'f Function<'_>,
    is_accepted: &dyn Fn(&Expr) -> bool,
) -> Option<&'f Expr> {
    let mut declarations = Declarations {
        used,
        place: function.file.range(used.span()).start,
        function,
        is_accepted,
        last: None,
    };
    visit::visit_block(&mut declarations, &function.block);
    declarations.last
}

struct Declarations<'u, 'f, 'b> {
    used: &'u Ident,
    place: usize,
    function: &'f Function<'b>,
    is_accepted: &'u dyn Fn(&Expr) -> bool,
    last: Option<&'f Expr>,
}

impl<'f> Visit<'f> for Declarations<'_, 'f, '_> {
    fn visit_block(&mut self, block: &'f Block) {
        let file = self.function.file;
        let braces = &block.brace_token.span;
        let whole: Range<usize> = file.range(braces.open()).start..file.range(braces.close()).end;
        if whole.contains(&self.place) {
            visit::visit_block(self, block);
        }
    }

    fn visit_local(&mut self, local: &'f Local) {
        let pattern = match &local.pat {
            Pat::Type(typed) => &*typed.pat,
            pattern => pattern,
        };
        if let (Pat::Ident(name), Some(init)) = (pattern, &local.init)
            && name.ident == *self.used
            && (self.is_accepted)(&init.expr)
        {
            let file = self.function.file;
            let is_before = file.range(name.ident.span()).start < self.place;
            // In `let a = a.with(b);`, the second `a` is the variable of an earlier declaration.
            let is_inside = file
                .range_of(&init.expr)
                .is_some_and(|range| range.contains(&self.place));
            if is_before && !is_inside {
                self.last = Some(&init.expr);
            }
        }
        visit::visit_local(self, local);
    }

    fn visit_item(&mut self, _: &'f Item) {}
}
