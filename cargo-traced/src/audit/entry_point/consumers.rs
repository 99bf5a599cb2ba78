//! Loops that take messages from a broker.

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprAwait, ExprClosure, ExprForLoop, ExprLoop, ExprMethodCall, ExprWhile, Item,
    Stmt,
};

use super::super::Report;
use super::super::branches::{Branch, branches};
use super::super::calls::{Call, in_block, reaches_span};
use super::super::loops::rounds::for_each_of_a_stream;
use super::super::program::Program;
use super::super::spans::Spans;
use super::{EntryPoint, note};
use crate::findings::{Help, Level};
use crate::functions::Function;
use crate::syntax::{mentions, path_of};

/// Clients of brokers, and the words that show that a function consumes messages.
const CLIENTS: &[(&str, &[&str])] = &[
    ("lapin", &["basic_consume", "Consumer"]),
    (
        "rdkafka",
        &["StreamConsumer", "BaseConsumer", "MessageStream"],
    ),
    ("async-nats", &["queue_subscribe", "Subscriber"]),
    ("rumqttc", &["EventLoop", "eventloop"]),
    ("pulsar", &["Consumer"]),
    ("aws-sdk-sqs", &["receive_message"]),
];

pub(super) fn check<'a>(
    program: &Program<'a>,
    function: &'a Function<'a>,
    report: &mut Report<'a>,
) {
    for (range, body) in taken(program, function) {
        let is_traced = reaches_span(|each| in_block(&body, each), program, function)
            || Spans::of_any_library(program).covers(&body, function);
        let entry = EntryPoint {
            function,
            range: function.file.range(range),
            level: Level::Warning,
            what: format!(
                "the work for each message that `{}` takes",
                function.title()
            ),
            help: Help::text(
                "move the body of the loop to a function with `#[traced(kind = \"consumer\", extract = ..)]`",
            ),
        };
        note(program, report, is_traced, entry);
    }
}

/// The code for each message that a function takes from a broker, with the place where it takes them.
pub(super) fn taken(
    program: &Program<'_>,
    function: &Function<'_>,
) -> Vec<(proc_macro2::Span, Block)> {
    let clients = CLIENTS
        .iter()
        .filter(|(client, _)| program.package.dependencies.has(client));
    let mut words = clients.flat_map(|(_, words)| words.iter().copied());
    let of_nats = program.package.dependencies.has("async-nats");
    let is_consumer = words
        .any(|word| mentions(function.tokens.clone(), &|written| written == word))
        || (of_nats && subscribes_to_a_subject(function));
    let mut loops = Loops(Vec::new());
    if is_consumer {
        loops.visit_block(&function.block);
    }
    loops.0
}

/// `client.subscribe("orders")`, `consumer.messages()`. The channels of tokio have a method `subscribe` without an argument.
fn subscribes_to_a_subject(function: &Function<'_>) -> bool {
    let mut found = false;
    in_block(&function.block, &mut |call| {
        if let Call::Method(call) = call {
            found |= (call.method == "subscribe" && !call.args.is_empty())
                || (call.method == "messages" && call.args.is_empty());
        }
    });
    found
}

/// Loops of the function whose condition or body waits for the next message, and closures that are called for each.
struct Loops(Vec<(proc_macro2::Span, Block)>);

impl<'ast> Visit<'ast> for Loops {
    fn visit_expr_while(&mut self, found: &'ast ExprWhile) {
        match takes_next(&found.cond) {
            true => self.0.push((found.while_token.span(), found.body.clone())),
            false => visit::visit_expr_while(self, found),
        }
    }

    fn visit_expr_loop(&mut self, found: &'ast ExprLoop) {
        match work_of_loop(&found.body) {
            Some(work) => self.0.push((found.loop_token.span(), work)),
            None => visit::visit_expr_loop(self, found),
        }
    }

    fn visit_expr_for_loop(&mut self, found: &'ast ExprForLoop) {
        match takes_next(&found.expr) {
            true => self.0.push((found.for_token.span(), found.body.clone())),
            false => visit::visit_expr_for_loop(self, found),
        }
    }

    /// `consumer.stream().try_for_each(|message| async move { .. })`
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        match for_each_of_a_stream(call) {
            Some(body) => self.0.push((call.method.span(), body.clone())),
            None => visit::visit_expr_method_call(self, call),
        }
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// The code for each message that a loop takes; `None` for a loop that takes none.
fn work_of_loop(body: &Block) -> Option<Block> {
    let takes = body.stmts.iter().any(|statement| match statement {
        Stmt::Local(local) => local
            .init
            .as_ref()
            .is_some_and(|init| takes_next(&init.expr)),
        Stmt::Expr(Expr::Match(matched), _) => takes_next(&matched.expr),
        _ => false,
    });
    if takes {
        return Some(body.clone());
    }
    let mut takes = false;
    let statements = body
        .stmts
        .iter()
        .flat_map(|statement| match selected(statement) {
            Some(branches) => {
                takes = true;
                let bodies = branches.into_iter().map(|branch| branch.body);
                bodies.map(|body| Stmt::Expr(body, None)).collect()
            }
            None => vec![statement.clone()],
        });
    let work = Block {
        brace_token: body.brace_token,
        stmts: statements.collect(),
    };
    takes.then_some(work)
}

/// The branches that take a message: `select! { message = consumer.recv() => .., _ = stop.cancelled() => break }`.
fn selected(statement: &Stmt) -> Option<Vec<Branch>> {
    let mac = match statement {
        Stmt::Macro(statement) => &statement.mac,
        Stmt::Expr(Expr::Macro(expr), _) => &expr.mac,
        _ => return None,
    };
    let mut branches = branches(mac)?;
    branches.retain(|branch| {
        let mut next = Next {
            is_awaited: true,
            found: false,
        };
        next.visit_expr(&branch.future);
        next.found
    });
    (!branches.is_empty()).then_some(branches)
}

/// `consumer.next().await`, `consumer.recv().await`, `consumer.iter()`.
fn takes_next(expr: &Expr) -> bool {
    let mut next = Next {
        is_awaited: false,
        found: false,
    };
    next.visit_expr(expr);
    next.found
}

/// Finds the method that takes a message.
struct Next {
    is_awaited: bool,
    found: bool,
}

impl Next {
    fn takes(&self, call: &ExprMethodCall) -> bool {
        match call.method.to_string().as_str() {
            // Some clients block the thread.
            "poll" | "receive_message" | "recv" => true,
            // Iterators have methods of these names too.
            "next" | "try_next" => self.is_awaited,
            "iter" => is_named_after_a_consumer(&call.receiver),
            _ => false,
        }
    }
}

impl<'ast> Visit<'ast> for Next {
    fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
        let outer = std::mem::replace(&mut self.is_awaited, true);
        visit::visit_expr_await(self, awaited);
        self.is_awaited = outer;
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        self.found |= self.takes(call);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
}

/// Whether a value is called a consumer or a connection, and is not a list of them.
fn is_named_after_a_consumer(value: &Expr) -> bool {
    const NAMES: &[&str] = &["connection", "consumer", "subscriber", "subscription"];
    let name = match value {
        Expr::Field(field) => field.member.to_token_stream().to_string(),
        value => path_of(value).pop().unwrap_or_default(),
    };
    NAMES.iter().any(|end| name.ends_with(end))
}
