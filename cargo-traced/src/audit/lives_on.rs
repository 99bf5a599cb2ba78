//! Whether a task goes on longer than any request: for ever, or for as long as a channel, a stream or a timer does.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprMethodCall, Ident, Item, Local, Pat, Stmt};
use traced_macros_backend::inspect;

use super::program::Program;
use crate::findings::Level;
use crate::functions::Function;
use crate::syntax::{mentions, path_of};

/// The level of a report about a spawned expression: a warning for one that never ends, a note for one that waits for
/// messages, ticks or a signal.
pub(super) fn lives_on(unit: &Expr, program: &Program<'_>, from: &Function<'_>) -> Option<Level> {
    Judge { program, calls: 0 }.unit(unit, from)
}

/// A function calls another, and so on; further calls are not followed.
const MOST_CALLS: usize = 3;

/// Of functions that are further away than this, only the last statement is looked at, as each call of each of them
/// would take too long.
const MOST_CALLS_TO_EACH_STEP: usize = 2;

struct Judge<'p, 'a> {
    program: &'p Program<'a>,
    /// The number of calls that were followed.
    calls: usize,
}

impl Judge<'_, '_> {
    fn unit(&self, unit: &Expr, from: &Function<'_>) -> Option<Level> {
        match unit {
            Expr::Async(block) => self.block(&block.block, from),
            Expr::Block(block) => self.block(&block.block, from),
            Expr::Closure(closure) => self.unit(&closure.body, from),
            Expr::Paren(inner) => self.unit(&inner.expr, from),
            Expr::Try(tried) => self.unit(&tried.expr, from),
            Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) => {
                let alone = Block {
                    brace_token: Default::default(),
                    stmts: vec![Stmt::Expr(unit.clone(), None)],
                };
                match never_ends(&alone) {
                    true => Some(Level::Warning),
                    false => alone
                        .stmts
                        .iter()
                        .any(is_waiting_loop)
                        .then_some(Level::Note),
                }
            }
            Expr::Call(call) => {
                let path = path_of(&call.func);
                if matches!(path.as_slice(), [owner, name] if owner == "Box" && name == "pin") {
                    return self.unit(call.args.first()?, from);
                }
                if serves_others(&call.func) {
                    return Some(Level::Note);
                }
                self.named(&path, from)
            }
            Expr::Path(path) => match path.path.get_ident().and_then(|name| value_of(name, from)) {
                Some(value) => self.unit(value, from),
                None => self.named(&path_of(unit), from),
            },
            Expr::Await(awaited) => match &*awaited.base {
                // Of a stream; an iterator's is not awaited.
                Expr::MethodCall(call) if is_one_of(call, FOR_EACH) => Some(Level::Note),
                base => self.unit(base, from),
            },
            Expr::MethodCall(call) => self.method(call, from),
            _ => None,
        }
    }

    fn method(&self, call: &ExprMethodCall, from: &Function<'_>) -> Option<Level> {
        // `purge(shared).instrument(span)`
        const SAME: &[&str] = &[
            "in_current_span",
            "instrument",
            "into_future",
            "with_graceful_shutdown",
        ];
        if serves_others(&call.method) {
            return Some(Level::Note);
        }
        if is_one_of(call, &["for_each_concurrent", "try_for_each_concurrent"]) {
            return Some(Level::Note);
        }
        if is_one_of(call, SAME) {
            return self.unit(&call.receiver, from);
        }
        if call.method == "block_on" {
            return self.unit(call.args.first()?, from);
        }
        // The type of the receiver is not known, so that even the only method of this name may not be the one.
        let name = call.method.to_string();
        let named = self.program.named(&name);
        self.all_of(named.filter(|function| function.container.is_some()))
    }

    /// A call of a function. If several may be meant, all of them count.
    fn named(&self, path: &[String], from: &Function<'_>) -> Option<Level> {
        if let Some(function) = self.program.resolve(path, from) {
            return self.function(function);
        }
        self.all_of(self.program.named(path.last()?))
    }

    /// A note if each of the functions that may be meant goes on, and there is one.
    fn all_of<'f>(&self, functions: impl Iterator<Item = &'f Function<'f>>) -> Option<Level> {
        let mut functions = functions.peekable();
        functions.peek()?;
        let all = functions.all(|function| self.function(function).is_some());
        all.then_some(Level::Note)
    }

    fn function(&self, function: &Function<'_>) -> Option<Level> {
        if self.calls == MOST_CALLS {
            return None;
        }
        let inner = Judge {
            program: self.program,
            calls: self.calls + 1,
        };
        inner.block(&function.block, function)
    }

    fn block(&self, block: &Block, from: &Function<'_>) -> Option<Level> {
        if never_ends(block) {
            return Some(Level::Warning);
        }
        let waits = serves_others(block)
            || block.stmts.iter().any(is_waiting_loop)
            || block.stmts.iter().any(is_for_each)
            || mentions(block, &|word| word == "ctrl_c" || word == "SignalKind");
        if waits {
            return Some(Level::Note);
        }
        // All else came before: `async move { listen(receiver).await }`.
        let last = match block.stmts.last()? {
            Stmt::Expr(last, _) => self.unit(last, from),
            Stmt::Local(local) if matches!(local.pat, Pat::Wild(_)) => {
                self.unit(&local.init.as_ref()?.expr, from)
            }
            _ => None,
        };
        // `async move { if let Err(error) = listen(receiver).await { .. } }`
        let goes_on = || {
            let mut steps = block.stmts.iter().filter_map(step);
            self.calls < MOST_CALLS_TO_EACH_STEP
                && steps.any(|step| self.unit(step, from).is_some())
        };
        last.or_else(|| goes_on().then_some(Level::Note))
    }
}

/// The call that a statement makes first.
fn step(statement: &Stmt) -> Option<&Expr> {
    fn called(expr: &Expr) -> Option<&Expr> {
        match expr {
            Expr::Await(_) | Expr::Call(_) | Expr::MethodCall(_) => Some(expr),
            Expr::Assign(assign) => called(&assign.right),
            Expr::If(condition) => called(&condition.cond),
            Expr::Let(pattern) => called(&pattern.expr),
            Expr::Match(matched) => called(&matched.expr),
            Expr::Try(tried) => called(&tried.expr),
            _ => None,
        }
    }
    match statement {
        Stmt::Expr(expr, _) => called(expr),
        Stmt::Local(local) => called(&local.init.as_ref()?.expr),
        _ => None,
    }
}

const FOR_EACH: &[&str] = &["for_each", "for_each_concurrent", "forward", "try_for_each"];

/// `let task = async move { .. };` before `tokio::spawn(task)`.
fn value_of<'f>(name: &Ident, from: &'f Function<'_>) -> Option<&'f Expr> {
    struct Values<'n, 'f> {
        name: &'n Ident,
        found: Option<&'f Expr>,
    }
    impl<'f> Visit<'f> for Values<'_, 'f> {
        fn visit_local(&mut self, local: &'f Local) {
            if let (Pat::Ident(pattern), Some(init)) = (&local.pat, &local.init)
                && pattern.ident == *self.name
                && matches!(&*init.expr, Expr::Async(_) | Expr::Closure(_))
            {
                self.found = Some(&init.expr);
            }
            visit::visit_local(self, local);
        }

        fn visit_item(&mut self, _: &'f Item) {}
    }
    let mut values = Values { name, found: None };
    values.visit_block(&from.block);
    values.found
}

/// `messages.for_each(handle).await;`
fn is_for_each(statement: &Stmt) -> bool {
    let Stmt::Expr(Expr::Await(awaited), _) = statement else {
        return false;
    };
    matches!(&*awaited.base, Expr::MethodCall(call) if is_one_of(call, FOR_EACH))
}

fn is_one_of(call: &ExprMethodCall, names: &[&str]) -> bool {
    names.iter().any(|name| call.method == name)
}

/// Whether a statement is a loop that waits for messages or ticks, or goes on until it is told to stop.
fn is_waiting_loop(statement: &Stmt) -> bool {
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
    const FLAGS: &[&str] = &[
        "is_cancelled",
        "is_closed",
        "is_shutdown",
        "is_shutting_down",
        "is_stopped",
        "load",
        "strong_count",
        "upgrade",
    ];
    const WAITS: &[&str] = &["accept", "park", "sleep", "wait", "wait_timeout"];
    match statement {
        Stmt::Expr(Expr::While(looped), _) => mentions(&looped.cond, &|word| {
            MESSAGES.contains(&word) || FLAGS.contains(&word)
        }),
        Stmt::Expr(Expr::Loop(looped), _) => mentions(&looped.body, &|word| {
            MESSAGES.contains(&word) || WAITS.contains(&word)
        }),
        Stmt::Expr(Expr::ForLoop(looped), _) => {
            mentions(&looped.expr, &|word| MESSAGES.contains(&word))
        }
        _ => false,
    }
}

/// Whether a function takes work for as long as the program runs: it never ends, or only when it is told to.
pub(crate) fn takes_work_for_ever(block: &Block) -> bool {
    let takes_work = |statement: &Stmt| match statement {
        Stmt::Expr(Expr::Loop(looped), _) => mentions(&looped.body, &|word| {
            matches!(word, "accept" | "incoming" | "tick")
        }),
        _ => false,
    };
    never_ends(block) || block.stmts.iter().any(takes_work)
}

/// Whether code gives connections to a server of hyper, axum, tonic or actix-web, which runs as long as the program.
pub(crate) fn serves_others(code: impl ToTokens) -> bool {
    const SERVING: &[&str] = &[
        "HttpServer",
        "serve",
        "serve_connection",
        "serve_connection_with_upgrades",
        "serve_with_incoming",
        "serve_with_incoming_shutdown",
        "serve_with_shutdown",
    ];
    mentions(code, &|word| SERVING.contains(&word))
}

/// Whether a block never ends: the macro would refuse a span for it, or its last expression is a `loop` without an
/// exit. Unlike the macro's lint, this also takes loops that wait for nothing.
pub(crate) fn never_ends(block: &Block) -> bool {
    inspect::never_ends(block) || ends_in_a_loop(block)
}

fn ends_in_a_loop(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(Expr::Loop(looped), _)) => {
            let mut exits = Exits {
                found: false,
                loops: 0,
                label: looped
                    .label
                    .as_ref()
                    .map(|label| label.name.ident.to_string()),
            };
            exits.visit_block(&looped.body);
            !exits.found
        }
        Some(Stmt::Expr(Expr::Block(inner), _)) => ends_in_a_loop(&inner.block),
        Some(Stmt::Expr(Expr::Await(awaited), _)) => match &*awaited.base {
            Expr::Async(inner) => ends_in_a_loop(&inner.block),
            _ => false,
        },
        _ => false,
    }
}

/// Finds the exits of the loop: `break`, `return`, `?`, and macros that may contain one.
struct Exits {
    found: bool,
    /// The number of loops around the current expression, without the outermost.
    loops: usize,
    label: Option<String>,
}

impl<'ast> Visit<'ast> for Exits {
    fn visit_expr_break(&mut self, exit: &'ast syn::ExprBreak) {
        let label = exit.label.as_ref().map(|label| label.ident.to_string());
        self.found |= match label {
            Some(label) => self.label.as_ref() == Some(&label) || self.loops == 0,
            None => self.loops == 0,
        };
        visit::visit_expr_break(self, exit);
    }

    fn visit_expr_return(&mut self, _: &'ast syn::ExprReturn) {
        self.found = true;
    }

    fn visit_expr_try(&mut self, _: &'ast syn::ExprTry) {
        self.found = true;
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.found |= mentions(mac.tokens.clone(), &|word| {
            matches!(word, "break" | "return")
        }) || tries(mac.tokens.clone())
            || mac.path.is_ident("panic");
    }

    fn visit_expr_loop(&mut self, looped: &'ast syn::ExprLoop) {
        self.loops += 1;
        visit::visit_expr_loop(self, looped);
        self.loops -= 1;
    }

    fn visit_expr_while(&mut self, looped: &'ast syn::ExprWhile) {
        self.loops += 1;
        visit::visit_expr_while(self, looped);
        self.loops -= 1;
    }

    fn visit_expr_for_loop(&mut self, looped: &'ast syn::ExprForLoop) {
        self.loops += 1;
        visit::visit_expr_for_loop(self, looped);
        self.loops -= 1;
    }

    // Exits in here leave the closure, the future or the item, and not the loop.
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}

/// Whether the operator `?` is among the tokens. In `info!(?id, "{:?}", x)` there is none.
fn tries(tokens: TokenStream) -> bool {
    let mut follows_value = false;
    tokens.into_iter().any(|token| {
        let is_try =
            follows_value && matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '?');
        follows_value = !matches!(token, TokenTree::Punct(_));
        is_try
            || match token {
                TokenTree::Group(group) => tries(group.stream()),
                _ => false,
            }
    })
}
