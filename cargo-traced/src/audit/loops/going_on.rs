//! Statements and blocks that go on until something outside ends them: a channel, an error, the end of the program.

use syn::visit::{self, Visit};
use syn::{Block, Expr, Item, Pat, Stmt};

use super::flags::reads_a_flag;
use crate::syntax::{mentions, path_of};

/// Whether a statement is a loop that waits for messages or ticks, or goes on until it is told to stop.
pub(in crate::audit) fn is_waiting_loop(statement: &Stmt) -> bool {
    const WAITS: &[&str] = &[
        "accept",
        "park",
        "sleep",
        "wait",
        "wait_timeout",
        "wait_timeout_while",
        "wait_while",
    ];
    match statement {
        Stmt::Expr(Expr::While(looped), _) => goes_on_while(&looped.cond),
        Stmt::Expr(Expr::Loop(looped), _) => {
            mentions(&looped.body, &|word| MESSAGES.contains(&word))
                || (mentions(&looped.body, &|word| WAITS.contains(&word))
                    && !tries_until_it_succeeds(&looped.body))
        }
        Stmt::Expr(Expr::ForLoop(looped), _) => mentions(&looped.expr, &|word| {
            MESSAGES.contains(&word) || word.ends_with("rx") || word.ends_with("receiver")
        }),
        _ => false,
    }
}

/// Names of what waits for the next message, line or tick.
const MESSAGES: &[&str] = &[
    "changed",
    "forever",
    "incoming",
    "next",
    "next_line",
    "recv",
    "recv_async",
    "recv_many",
    "recv_timeout",
    "tick",
    "try_next",
];

/// Whether the condition of a `while` waits for a message or reads a flag: `let Some(job) = jobs.next().await`,
/// `!stopped.load(Relaxed)`.
fn goes_on_while(condition: &Expr) -> bool {
    /// The value is gone once its last owner drops it.
    const OWNERS: &[&str] = &["strong_count", "upgrade"];
    struct Methods {
        is_awaited: bool,
        found: bool,
    }
    impl<'ast> Visit<'ast> for Methods {
        fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
            // Iterators have a `next` that is not awaited.
            let waits = MESSAGES.iter().any(|name| call.method == name)
                && (self.is_awaited || !call.method.to_string().contains("next"));
            self.found |=
                waits || reads_a_flag(call) || OWNERS.iter().any(|name| call.method == name);
            visit::visit_expr_method_call(self, call);
        }

        // `Arc::strong_count(&shared) > 1`
        fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
            let path = path_of(&call.func);
            self.found |= path.len() > 1
                && path
                    .last()
                    .is_some_and(|name| OWNERS.contains(&name.as_str()));
            visit::visit_expr_call(self, call);
        }

        fn visit_item(&mut self, _: &'ast Item) {}
    }
    let mut methods = Methods {
        is_awaited: mentions(condition, &|word| word == "await"),
        found: false,
    };
    methods.visit_expr(condition);
    methods.found
}

/// Whether the body of a loop tries something, and leaves the loop by what comes of it: `match send().await { Ok(()) => break,
/// Err(error) => warn!("{error}") }`.
fn tries_until_it_succeeds(body: &Block) -> bool {
    struct Tries(bool);
    impl<'ast> Visit<'ast> for Tries {
        fn visit_expr_match(&mut self, found: &'ast syn::ExprMatch) {
            let succeeds =
                |arm: &&syn::Arm| !mentions(&arm.pat, &|word| word == "Err" || word == "None");
            let (leaving, going_on): (Vec<_>, Vec<_>) = found
                .arms
                .iter()
                .filter(succeeds)
                .partition(|arm| leaves(&arm.body));
            // Another success with something in it is work: `Command::Send(mail) => send(mail).await`.
            let takes_work = going_on.iter().any(|arm| binds(&arm.pat));
            let is_tried = mentions(&found.expr, &|word| word == "await");
            self.0 |= is_tried && !leaving.is_empty() && !takes_work;
            visit::visit_expr_match(self, found);
        }

        fn visit_expr_if(&mut self, found: &'ast syn::ExprIf) {
            let is_tried = mentions(&found.cond, &|word| word == "await")
                && mentions(&found.cond, &|word| matches!(word, "Ok" | "Some" | "is_ok"));
            self.0 |= is_tried
                && found
                    .then_branch
                    .stmts
                    .iter()
                    .any(|statement| matches!(statement, Stmt::Expr(expr, _) if leaves(expr)));
            visit::visit_expr_if(self, found);
        }

        fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
        fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
        fn visit_item(&mut self, _: &'ast Item) {}
    }
    let mut tries = Tries(false);
    tries.visit_block(body);
    tries.0
}

/// Whether a pattern gives a part of the value a name.
fn binds(pattern: &Pat) -> bool {
    struct Names(bool);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, name: &'ast syn::PatIdent) {
            // `None` and `Stopped` look like names.
            self.0 |= name.ident.to_string().starts_with(char::is_lowercase);
        }
    }
    let mut names = Names(false);
    names.visit_pat(pattern);
    names.0
}

/// `break`, `return Ok(())`, `{ break }`
fn leaves(expr: &Expr) -> bool {
    match expr {
        Expr::Break(_) | Expr::Return(_) => true,
        Expr::Block(block) => {
            matches!(block.block.stmts.last(), Some(Stmt::Expr(last, _)) if leaves(last))
        }
        _ => false,
    }
}

/// Whether a statement is a `loop` that awaits something. This is asked only of functions that a task calls: there the loop
/// is what the function is for, while one in the task itself may try something until it succeeds.
pub(in crate::audit) fn awaits_in_a_loop(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Expr(Expr::Loop(looped), _) if mentions(&looped.body, &|word| word == "await"))
}

/// Whether a statement is a `loop` that only an error or the end of what it takes ends: `Err(error) => break`. What tries
/// until it succeeds ends with `Ok(..)`.
pub(in crate::audit) fn ends_with_an_error(statement: &Stmt) -> bool {
    #[derive(Default)]
    struct Exits {
        with_an_error: usize,
        all: usize,
    }
    impl<'ast> Visit<'ast> for Exits {
        fn visit_arm(&mut self, arm: &'ast syn::Arm) {
            let before = self.all;
            visit::visit_arm(self, arm);
            if mentions(&arm.pat, &|word| word == "Err" || word == "None") {
                self.with_an_error += self.all - before;
            }
        }

        fn visit_expr_break(&mut self, _: &'ast syn::ExprBreak) {
            self.all += 1;
        }

        fn visit_expr_return(&mut self, _: &'ast syn::ExprReturn) {
            self.all += 1;
        }

        fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
        fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
        fn visit_item(&mut self, _: &'ast Item) {}
    }
    let Stmt::Expr(Expr::Loop(looped), _) = statement else {
        return false;
    };
    let mut exits = Exits::default();
    exits.visit_block(&looped.body);
    exits.all > 0
        && exits.with_an_error >= exits.all
        && mentions(&looped.body, &|word| word == "await")
}

/// Whether a block waits for the end of the program: `shutdown.recv().await`. A method `shutdown` brings it about.
pub(in crate::audit) fn waits_for_the_shutdown(block: &Block) -> bool {
    struct Waits(bool);
    impl<'ast> Visit<'ast> for Waits {
        fn visit_expr_await(&mut self, awaited: &'ast syn::ExprAwait) {
            if let Expr::MethodCall(call) = &*awaited.base {
                self.0 |= path_of(&call.receiver)
                    .last()
                    .is_some_and(|name| name.contains("shutdown"));
            }
            visit::visit_expr_await(self, awaited);
        }

        fn visit_item(&mut self, _: &'ast Item) {}
    }
    let mut waits = Waits(false);
    waits.visit_block(block);
    waits.0
}
