//! Spawned work in which nothing of the program is called, so that none of the program's spans can be in it.

use syn::visit::{self, Visit};
use syn::{Expr, ExprAwait, ExprCall, ExprMethodCall, Macro};

use super::needless::METHODS;
use super::program::Program;
use crate::functions::Function;
use crate::syntax::path_of;

/// Whether a closure calls functions of the standard library and of other crates, and none of this program.
pub(super) fn calls_only_others(unit: &Expr, program: &Program<'_>, from: &Function<'_>) -> bool {
    let Expr::Closure(closure) = unit else {
        return false;
    };
    let calls = Calls::of(&closure.body, program, from);
    calls.of_others && !calls.of_program
}

/// The same for what the methods of a chain are given: `names.par_iter().map(|name| name.to_string())`.
pub(super) fn chain_calls_only_others(
    arguments: &[&Expr],
    program: &Program<'_>,
    from: &Function<'_>,
) -> bool {
    let mut calls_others = false;
    let all = arguments.iter().all(|argument| match argument {
        Expr::Closure(closure) => {
            let calls = Calls::of(&closure.body, program, from);
            calls_others |= calls.of_others || calls.of_std_method;
            !calls.of_program
        }
        Expr::Path(_) => is_foreign(&path_of(argument), program, from),
        Expr::Lit(_) => true,
        _ => false,
    });
    all && calls_others
}

/// Whether a path leads to the standard library or to a dependency.
fn is_foreign(path: &[String], program: &Program<'_>, from: &Function<'_>) -> bool {
    let Some(first) = path.first() else {
        return false;
    };
    let is_crate = |root: &String| {
        matches!(root.as_str(), "alloc" | "core" | "std")
            || program.package.dependencies.has_crate(root)
    };
    match program.imported_from(from, first) {
        Some(import) => is_crate(&import[0]),
        None => path.len() > 1 && is_crate(first),
    }
}

struct Calls<'p, 'a> {
    program: &'p Program<'a>,
    from: &'p Function<'p>,
    of_program: bool,
    /// Functions of other crates, and methods that do input or output.
    of_others: bool,
    of_std_method: bool,
}

impl<'p, 'a> Calls<'p, 'a> {
    fn of(code: &Expr, program: &'p Program<'a>, from: &'p Function<'_>) -> Self {
        let mut calls = Calls {
            program,
            from,
            of_program: false,
            of_others: false,
            of_std_method: false,
        };
        calls.visit_expr(code);
        calls
    }

    /// Whether a path may lead to a function of the program.
    fn may_be_own(&self, path: &[String]) -> bool {
        let [.., owner, name] = path else {
            // A variable, or a function of this module.
            return true;
        };
        // `Order::parse`, whose type may come from a glob import.
        let mut named = self.program.named(name);
        let is_behind = |function: &Function<'_>| match &function.container {
            Some(container) => container.name == *owner,
            None => function.module.last() == Some(owner),
        };
        matches!(path[0].as_str(), "Self" | "crate" | "self" | "super")
            || self.program.resolve(path, self.from).is_some()
            || named.any(is_behind)
    }
}

impl<'ast> Visit<'ast> for Calls<'_, '_> {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        let path = path_of(&call.func);
        let is_value = matches!(path.as_slice(), [name] if matches!(name.as_str(), "Box" | "Err" | "Ok" | "Some"));
        let is_drop = matches!(path.as_slice(), [name] if name == "drop");
        if is_drop || is_foreign(&path, self.program, self.from) {
            self.of_others = true;
        } else if !is_value {
            self.of_program |= self.may_be_own(&path);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        const INPUT_AND_OUTPUT: &[&str] = &[
            "keep",
            "persist",
            "read_to_end",
            "read_to_string",
            "sync_all",
            "wait",
            "write_all",
        ];
        let name = call.method.to_string();
        // The type of the receiver is not known, but the number of arguments is.
        self.of_program |= self.program.may_have_method(&name, call.args.len());
        self.of_std_method |= METHODS.contains(&name.as_str());
        self.of_others |= INPUT_AND_OUTPUT.contains(&name.as_str())
            || is_foreign(&path_of(&call.receiver), self.program, self.from);
        // `.map(of_the_program)`
        for argument in &call.args {
            if let [.., name] = path_of(argument).as_slice() {
                self.of_program |= self.program.named(name).next().is_some();
            }
        }
        visit::visit_expr_method_call(self, call);
    }

    // A log record belongs to the span around it.
    fn visit_macro(&mut self, mac: &'ast Macro) {
        const OF_VALUES: &[&str] = &[
            "anyhow", "assert", "bail", "eprintln", "format", "matches", "println", "vec", "write",
            "writeln",
        ];
        let last = mac.path.segments.last();
        self.of_program |=
            !last.is_some_and(|last| OF_VALUES.iter().any(|name| last.ident == name));
    }
}

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
