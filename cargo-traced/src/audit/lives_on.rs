//! Whether a task goes on longer than any request: for ever, or for as long as a channel, a stream or a timer does.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

use syn::{Block, Expr, ExprCall, ExprMethodCall, Pat, Stmt};

use super::branches::{NamedCall, calls_in_branches};
use super::calls::{Call, in_block};
use super::loops::endless::never_ends;
use super::loops::going_on::{
    awaits_in_a_loop, ends_with_an_error, is_waiting_loop, waits_for_the_shutdown,
};
use super::loops::waiting::has_waiting_loop;
use super::program::Program;
use super::reachable;
use super::servers::serves_others;
use super::variables::value_of;
use crate::findings::Level;
use crate::functions::Function;
use crate::syntax::{block_of, mentions, path_of};

/// The level of a report about a spawned expression: a warning for one that never ends, a note for one that waits for
/// messages, ticks or a signal.
pub(super) fn lives_on(unit: &Expr, program: &Program<'_>, from: &Function<'_>) -> Option<Level> {
    Judge::new(program).unit(unit, from)
}

/// The same for a block of the function.
pub(super) fn block_lives_on(block: &Block, program: &Program<'_>, from: &Function<'_>) -> bool {
    Judge::new(program).block(block, from).is_some()
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
    known: Rc<RefCell<Known>>,
}

/// The blocks that were judged, by their file, their place and the number of calls before them. A block with a name is
/// judged where it stands and where it is awaited, so that without this each block inside another would double the time.
type Known = HashMap<(PathBuf, usize, usize), Option<Level>>;

impl<'p, 'a> Judge<'p, 'a> {
    fn new(program: &'p Program<'a>) -> Self {
        Judge {
            program,
            calls: 0,
            known: Rc::default(),
        }
    }

    fn unit(&self, unit: &Expr, from: &Function<'_>) -> Option<Level> {
        match unit {
            Expr::Async(block) => self.block(&block.block, from),
            Expr::Block(block) => self.block(&block.block, from),
            Expr::Closure(closure) => self.unit(&closure.body, from),
            Expr::Paren(inner) => self.unit(&inner.expr, from),
            Expr::Try(tried) => self.unit(&tried.expr, from),
            Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_) => {
                let alone = block_of(unit);
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
                let serves = path.last().is_some_and(|name| name.starts_with("serve_"));
                if serves || serves_others(&call.func) {
                    return Some(Level::Note);
                }
                self.call(call, from)
            }
            Expr::Path(path) => match path
                .path
                .get_ident()
                .and_then(|name| value_of(name, from, &is_task))
            {
                // `let sending = messages.forward(sink);`
                Some(Expr::MethodCall(_)) => Some(Level::Note),
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
        // `worker.run().await.map_err(Error::from)`
        if let Expr::Await(awaited) = &*call.receiver
            && matches!(&*awaited.base, Expr::MethodCall(inner) if inner.method == "run")
        {
            return self.unit(&awaited.base, from);
        }
        let name = call.method.to_string();
        if let Some(owner) = reachable::type_of(self.program, &call.receiver, from)
            && let Some(method) = self.program.resolve(&[owner, name.clone()], from)
        {
            let level = self.function(method);
            return level.or((name == "run").then_some(Level::Note));
        }
        // What has a method `run` most often is an actor, a server or a worker.
        if name == "run" {
            return Some(Level::Note);
        }
        let named = self.program.named(&name);
        let mut methods = named.filter(|function| function.container.is_some());
        if methods.clone().next().is_none() {
            let inner = call.args.iter().chain([&*call.receiver]);
            return self.any_lives_on(inner, from).then_some(Level::Note);
        }
        // The type of the receiver is not known, so that even the only method of this name may not be the one.
        self.all_of(methods.by_ref())
    }

    /// A call in a branch of `select!`.
    fn branch(&self, call: &NamedCall, from: &Function<'_>) -> Option<Level> {
        match call {
            NamedCall::Function(path) => self.named(path, from),
            NamedCall::Method(name) => {
                let named = self.program.named(name);
                self.all_of(named.filter(|function| function.container.is_some()))
            }
        }
    }

    /// Whether one of the futures that are wrapped goes on: `Abortable::new(follow(jobs), registration)`.
    fn any_lives_on<'e>(
        &self,
        mut wrapped: impl Iterator<Item = &'e Expr>,
        from: &Function<'_>,
    ) -> bool {
        wrapped.any(|wrapped| {
            let may_be_future = matches!(
                wrapped,
                Expr::Async(_) | Expr::Call(_) | Expr::MethodCall(_)
            );
            may_be_future && self.unit(wrapped, from).is_some()
        })
    }

    /// A call of a function. If several may be meant, all of them count.
    fn named(&self, path: &[String], from: &Function<'_>) -> Option<Level> {
        if let Some(function) = self.program.resolve(path, from) {
            return self.function(function);
        }
        self.all_of(self.program.named(path.last()?))
    }

    /// A call of a function, which may be another crate's that takes a future.
    fn call(&self, call: &ExprCall, from: &Function<'_>) -> Option<Level> {
        let path = path_of(&call.func);
        // `Abortable::new` is another crate's, also if the program has a function `new`.
        let is_of_type = path
            .iter()
            .rev()
            .nth(1)
            .is_some_and(|owner| owner.starts_with(char::is_uppercase));
        let may_be_own = match is_of_type {
            true => self.program.resolve(&path, from).is_some(),
            false => self.program.named(path.last()?).next().is_some(),
        };
        if may_be_own {
            return self.named(&path, from);
        }
        self.any_lives_on(call.args.iter(), from)
            .then_some(Level::Note)
    }

    /// A note if each of the functions that may be meant goes on, and there is one.
    fn all_of<'f>(&self, functions: impl Iterator<Item = &'f Function<'f>>) -> Option<Level> {
        let mut functions = functions.peekable();
        functions.peek()?;
        let all = functions.all(|function| self.function(function).is_some());
        all.then_some(Level::Note)
    }

    /// `let receive = async { loop { .. } };` before `select!`.
    fn has_block_that_goes_on(&self, block: &Block, from: &Function<'_>) -> bool {
        block.stmts.iter().any(|statement| match statement {
            Stmt::Local(local) => local.init.as_ref().is_some_and(|init| {
                matches!(&*init.expr, Expr::Async(inner) if self.block(&inner.block, from).is_some())
            }),
            _ => false,
        })
    }

    fn function(&self, function: &Function<'_>) -> Option<Level> {
        if self.calls == MOST_CALLS {
            return None;
        }
        if calls_itself(function, self.program) {
            return Some(Level::Note);
        }
        let inner = Judge {
            program: self.program,
            calls: self.calls + 1,
            known: Rc::clone(&self.known),
        };
        inner.block(&function.block, function)
    }

    fn block(&self, block: &Block, from: &Function<'_>) -> Option<Level> {
        let start = from.file.range(block.brace_token.span.open()).start;
        let key = (from.file.path.clone(), start, self.calls);
        let known = self.known.borrow().get(&key).copied();
        known.unwrap_or_else(|| {
            let level = self.new_block(block, from);
            self.known.borrow_mut().insert(key, level);
            level
        })
    }

    fn new_block(&self, block: &Block, from: &Function<'_>) -> Option<Level> {
        if never_ends(block) {
            return Some(Level::Warning);
        }
        let waits = serves_others(block)
            || block.stmts.iter().any(is_waiting_loop)
            || block.stmts.iter().any(is_for_each)
            || block.stmts.iter().any(ends_with_an_error)
            || waits_for_the_shutdown(block)
            || self.has_block_that_goes_on(block, from)
            || has_waiting_loop(block)
            || (self.calls > 0 && block.stmts.iter().any(awaits_in_a_loop))
            || mentions(block, &|word| {
                matches!(word, "ctrl_c" | "SignalKind" | "run_until_cancelled")
                    || word.ends_with("_loop")
            });
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
            let mut steps = steps_before_the_judged(block).iter().filter_map(step);
            let mut branches = calls_in_branches(block).into_iter();
            (self.calls < MOST_CALLS_TO_EACH_STEP
                && steps.any(|step| self.unit(step, from).is_some()))
                || branches.any(|call| self.branch(&call, from).is_some())
        };
        last.or_else(|| goes_on().then_some(Level::Note))
    }
}

/// Whether a function begins again by calling itself: `Self::supervise(worker, restarts + 1).await`. A method of the same
/// name may be another type's.
fn calls_itself(function: &Function<'_>, program: &Program<'_>) -> bool {
    let mut found = false;
    in_block(&function.block, &mut |call| {
        if let Call::Function(path) = call
            && path.last() == Some(&function.name)
            && let Some(callee) = program.resolve(path, function)
        {
            found |= callee.start == function.start && callee.file.path == function.file.path;
        }
    });
    found
}

/// The statements of a block without a last one that was judged as the block's last expression. To judge it again would
/// double the time with each block inside another.
fn steps_before_the_judged(block: &Block) -> &[Stmt] {
    let is_judged = |last: &Stmt| match last {
        Stmt::Expr(last, _) => matches!(
            last,
            Expr::Await(_) | Expr::Call(_) | Expr::MethodCall(_) | Expr::Try(_)
        ),
        Stmt::Local(local) => matches!(local.pat, Pat::Wild(_)),
        _ => false,
    };
    match block.stmts.split_last() {
        Some((last, before)) if is_judged(last) => before,
        _ => &block.stmts,
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

/// Whether a value of a variable is a task: of `let task = async move { .. };`.
fn is_task(value: &Expr) -> bool {
    match value {
        Expr::Async(_) | Expr::Closure(_) => true,
        Expr::MethodCall(call) => is_one_of(call, FOR_EACH),
        _ => false,
    }
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
