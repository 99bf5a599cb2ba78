//! Loops that take messages from a broker.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprForLoop, ExprLoop, ExprMethodCall, ExprWhile, Item, Macro, Stmt};

use super::super::Report;
use super::super::calls::{Call, in_block, reaches_span};
use super::super::program::Program;
use super::super::rounds::for_each_of_a_stream;
use super::super::spans::Spans;
use super::{EntryPoint, note};
use crate::findings::{Help, Level};
use crate::functions::Function;
use crate::syntax::mentions;

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
        let takes = found.body.stmts.iter().any(|statement| match statement {
            Stmt::Local(local) => local
                .init
                .as_ref()
                .is_some_and(|init| takes_next(&init.expr)),
            Stmt::Expr(Expr::Match(matched), _) => takes_next(&matched.expr),
            Stmt::Macro(statement) => selects_next(&statement.mac),
            Stmt::Expr(Expr::Macro(expr), _) => selects_next(&expr.mac),
            _ => false,
        });
        match takes {
            true => self.0.push((found.loop_token.span(), found.body.clone())),
            false => visit::visit_expr_loop(self, found),
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

/// `select! { message = consumer.recv() => .., _ = stop.cancelled() => break }`
fn selects_next(mac: &Macro) -> bool {
    let last = mac.path.segments.last();
    last.is_some_and(|last| last.ident == "select")
        && mentions(&mac.tokens, &|word| NEXT.contains(&word))
}

/// Methods that wait for a message.
const NEXT: &[&str] = &[
    "iter",
    "next",
    "poll",
    "receive_message",
    "recv",
    "try_next",
];

/// `consumer.next().await`, `consumer.recv().await`, `consumer.iter()`.
fn takes_next(expr: &Expr) -> bool {
    struct Next(bool);
    impl<'ast> Visit<'ast> for Next {
        fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
            self.0 |= NEXT.iter().any(|name| call.method == name);
            visit::visit_expr_method_call(self, call);
        }
        fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    }
    let mut next = Next(false);
    next.visit_expr(expr);
    next.0
}
