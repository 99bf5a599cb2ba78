//! Spawned work that only waits for others.

use syn::visit::{self, Visit};
use syn::{Expr, ExprAwait, ExprCall, ExprMethodCall, Macro};

use crate::syntax::path_of;

/// Whether an `async` block waits for a channel, a token or another task, and does nothing else but hand on what comes.
pub(super) fn only_waits(unit: &Expr) -> bool {
    let Expr::Async(block) = unit else {
        return false;
    };
    let mut relay = Relay::default();
    relay.visit_block(&block.block);
    relay.waits && !relay.works
}

#[derive(Default)]
struct Relay {
    waits: bool,
    works: bool,
}

impl<'ast> Visit<'ast> for Relay {
    fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
        const WAITS: &[&str] = &[
            "cancelled",
            "changed",
            "closed",
            "join_all",
            "join_next",
            "notified",
            "recv",
            "waiting",
        ];
        self.waits |= matches!(&*awaited.base, Expr::MethodCall(call) if WAITS.iter().any(|name| call.method == name));
        visit::visit_expr_await(self, awaited);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        let path = path_of(&call.func);
        let last = path.last().map_or("", String::as_str);
        self.works |= !matches!(last, "Err" | "Ok" | "Some" | "drop" | "sleep");
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        const FINE: &[&str] = &[
            "abort",
            "cancel",
            "cancelled",
            "changed",
            "clone",
            "closed",
            "expect",
            "is_closed",
            "is_err",
            "is_ok",
            "join_all",
            "join_next",
            "lock",
            "notified",
            "ok",
            "recv",
            "send",
            "take",
            "unwrap",
            "waiting",
        ];
        self.works |= !FINE.iter().any(|name| call.method == name);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        const FINE: &[&str] = &["assert", "debug", "error", "info", "trace", "warn"];
        let last = mac.path.segments.last();
        self.works |= !last.is_some_and(|last| FINE.iter().any(|name| last.ident == name));
    }
}
