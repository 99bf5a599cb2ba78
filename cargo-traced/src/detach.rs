//! Statements that spawn an endless task. Without an attribute of their own, `#[traced]` on the function would put the
//! task into one endless trace.

use std::ops::Range;

use syn::visit::{self, Visit};
use syn::{Expr, Item, Stmt};

use crate::audit::{Program, endless_tasks};
use crate::functions::Function;
use crate::sources::SourceFile;
use crate::spelling::Spelling;

/// Why a function gets no attribute if the statement that spawns an endless task takes none.
pub(crate) const WHY_LEFT: &str = "a task that never ends would be part of its trace; write `#[traced_spawn(detached)]` on the \
     statement that spawns it";

/// The insertion of the attribute before the statement that begins here.
pub(crate) fn insertion(
    file: &SourceFile,
    at: usize,
    spelling: &Spelling,
) -> (Range<usize>, String) {
    let (newline, indentation) = (file.newline(), file.indentation(at));
    let attribute = format!("#[{}]", spelling.path(ATTRIBUTE));
    (at..at, format!("{attribute}{newline}{indentation}"))
}

/// The attribute, without its path.
pub(crate) const ATTRIBUTE: &str = "traced_spawn(detached)";

/// The starts of the statements that spawn an endless task; `None` if one of them takes no attribute.
pub(crate) fn statements(program: &Program<'_>, function: &Function<'_>) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    for task in endless_tasks(program, function) {
        let mut innermost = Innermost {
            task,
            file: function.file,
            start: None,
        };
        innermost.visit_block(&function.block);
        found.push(innermost.start?);
    }
    found.sort_unstable();
    found.dedup();
    Some(found)
}

/// Finds the innermost statement around a place.
struct Innermost<'p> {
    /// The place of the spawned task in the file.
    task: usize,
    file: &'p SourceFile,
    start: Option<usize>,
}

impl<'ast> Visit<'ast> for Innermost<'_> {
    fn visit_stmt(&mut self, statement: &'ast Stmt) {
        let Some(range) = self.file.range_of(statement) else {
            return;
        };
        if range.contains(&self.task) {
            self.start = takes_attribute(statement).then_some(range.start);
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// Whether the macro finds an attribute that stands before the statement.
fn takes_attribute(statement: &Stmt) -> bool {
    match statement {
        Stmt::Local(_) => true,
        Stmt::Expr(expr, _) => matches!(
            expr,
            Expr::Assign(_) | Expr::Await(_) | Expr::Call(_) | Expr::MethodCall(_)
        ),
        _ => false,
    }
}
