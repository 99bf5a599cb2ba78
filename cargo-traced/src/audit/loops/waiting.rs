//! Loops that go on for as long as something outside sends: messages, connections, ticks.

use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprAsync, ExprAwait, ExprClosure, ExprForLoop, ExprLoop, ExprMethodCall,
    ExprWhile, Item, Macro,
};

use super::endless::ends_in_a_loop;
use crate::syntax::mentions;

/// Methods that wait for the next message, connection or tick.
const TAKES: &[&str] = &[
    "accept",
    "changed",
    "next",
    "next_line",
    "recv",
    "recv_async",
    "recv_from",
    "recv_many",
    "tick",
    "try_next",
    "try_recv",
];

/// Whether the condition or the body of a `while` waits for what others send, or the condition does all the work:
/// `while self.step().await {}`.
pub(in crate::audit) fn while_takes(looped: &ExprWhile) -> bool {
    looped.body.stmts.is_empty()
        || waits(|waits| {
            waits.visit_expr(&looped.cond);
            waits.visit_block(&looped.body);
        })
}

/// Whether the body of a `loop` waits for what others send.
pub(in crate::audit) fn loop_takes(looped: &ExprLoop) -> bool {
    waits(|waits| waits.visit_block(&looped.body))
}

/// `for connection in listener.incoming()`, `for request in server.incoming_requests()`.
pub(in crate::audit) fn for_takes(looped: &ExprForLoop) -> bool {
    mentions(&looped.expr, &|word| {
        word == "forever" || word.starts_with("incoming")
    })
}

/// Whether the body of a `loop` sleeps in each round.
pub(in crate::audit) fn pauses(looped: &ExprLoop) -> bool {
    let mut found = Awaits {
        is_wanted: &|base| mentions(base, &|word| word == "sleep"),
        found: false,
    };
    found.visit_block(&looped.body);
    found.found
}

/// Whether a block has a loop, at any depth, that waits for what others send or has no exit.
pub(in crate::audit) fn has_waiting_loop(block: &Block) -> bool {
    struct Loops(bool);
    impl<'ast> Visit<'ast> for Loops {
        fn visit_expr_while(&mut self, looped: &'ast ExprWhile) {
            self.0 |= while_takes(looped);
            visit::visit_expr_while(self, looped);
        }

        fn visit_expr_loop(&mut self, looped: &'ast ExprLoop) {
            self.0 |= loop_takes(looped);
            visit::visit_expr_loop(self, looped);
        }

        fn visit_block(&mut self, block: &'ast Block) {
            self.0 |= ends_in_a_loop(block);
            visit::visit_block(self, block);
        }

        fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
        fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
        fn visit_item(&mut self, _: &'ast Item) {}
    }
    let mut loops = Loops(false);
    loops.visit_block(block);
    loops.0
}

/// The bodies of the loops, at any depth, that wait for what others send or sleep in each round.
pub(in crate::audit) fn rounds(block: &Block) -> Vec<&Block> {
    struct Rounds<'ast>(Vec<&'ast Block>);
    impl<'ast> Visit<'ast> for Rounds<'ast> {
        fn visit_expr_while(&mut self, looped: &'ast ExprWhile) {
            if while_takes(looped) {
                self.0.push(&looped.body);
            }
            visit::visit_expr_while(self, looped);
        }

        fn visit_expr_loop(&mut self, looped: &'ast ExprLoop) {
            if loop_takes(looped) || pauses(looped) {
                self.0.push(&looped.body);
            }
            visit::visit_expr_loop(self, looped);
        }

        fn visit_expr_for_loop(&mut self, looped: &'ast ExprForLoop) {
            if for_takes(looped) {
                self.0.push(&looped.body);
            }
            visit::visit_expr_for_loop(self, looped);
        }

        fn visit_item(&mut self, _: &'ast Item) {}
    }
    let mut rounds = Rounds(Vec::new());
    rounds.visit_block(block);
    rounds.0
}

/// What a closure or an inner future waits for is not the loop's.
struct Awaits<'w> {
    is_wanted: &'w dyn Fn(&Expr) -> bool,
    found: bool,
}

impl<'ast> Visit<'ast> for Awaits<'_> {
    fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
        self.found |= (self.is_wanted)(&awaited.base);
        visit::visit_expr_await(self, awaited);
    }

    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}

fn waits(visit: impl FnOnce(&mut Waits)) -> bool {
    let mut waits = Waits(false);
    visit(&mut waits);
    waits.0
}

struct Waits(bool);

impl<'ast> Visit<'ast> for Waits {
    fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
        // A lock has a method `read` without an argument.
        let reads = matches!(&*awaited.base, Expr::MethodCall(call) if call.method == "read" && !call.args.is_empty());
        self.0 |= reads || mentions(&awaited.base, &|word| TAKES.contains(&word));
    }

    // Channels and listeners of threads.
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.0 |= call.method == "recv" || call.method == "accept";
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        let last = mac.path.segments.last();
        let name = last.map(|last| last.ident.to_string()).unwrap_or_default();
        let takes = || mentions(mac.tokens.clone(), &|word| TAKES.contains(&word));
        self.0 |= name.starts_with("select") || (name == "join" && takes());
    }

    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}
