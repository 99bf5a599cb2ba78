//! Loops that take messages from a broker.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprForLoop, ExprLoop, ExprWhile, Item};

use super::super::Report;
use super::super::calls::{Call, in_block, reaches_span};
use super::super::program::Program;
use super::{EntryPoint, note};
use crate::findings::{Help, Level};
use crate::functions::{Function, has_attribute};
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
    let clients = CLIENTS
        .iter()
        .filter(|(client, _)| program.package.dependencies.has(client));
    let mut words = clients.flat_map(|(_, words)| words.iter().copied());
    let of_nats = program.package.dependencies.has("async-nats");
    let is_consumer = words
        .any(|word| mentions(function.tokens.clone(), &|written| written == word))
        || (of_nats && subscribes_to_a_subject(function));
    if !is_consumer {
        return;
    }
    let mut loops = Loops(Vec::new());
    loops.visit_block(&function.block);
    for (range, body) in loops.0 {
        let is_traced = reaches_span(|each| in_block(body, each), program, function)
            || calls_instrumented(body, program, function);
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

/// Whether the code for a message calls a function with a span of `tracing`, which counts as it does for a handler.
fn calls_instrumented(body: &Block, program: &Program<'_>, from: &Function<'_>) -> bool {
    let mut found = false;
    in_block(body, &mut |call| {
        if let Call::Function(path) = call {
            found |= program
                .resolve(path, from)
                .is_some_and(|callee| has_attribute(&callee.attributes, &["instrument"]));
        }
    });
    found
}

/// Loops of the function whose condition or body waits for the next message.
struct Loops<'ast>(Vec<(proc_macro2::Span, &'ast Block)>);

impl<'ast> Visit<'ast> for Loops<'ast> {
    fn visit_expr_while(&mut self, found: &'ast ExprWhile) {
        match takes_next(&found.cond) {
            true => self.0.push((found.while_token.span(), &found.body)),
            false => visit::visit_expr_while(self, found),
        }
    }

    fn visit_expr_loop(&mut self, found: &'ast ExprLoop) {
        let takes = found.body.stmts.iter().any(|statement| match statement {
            syn::Stmt::Local(local) => local
                .init
                .as_ref()
                .is_some_and(|init| takes_next(&init.expr)),
            syn::Stmt::Expr(Expr::Match(matched), _) => takes_next(&matched.expr),
            _ => false,
        });
        match takes {
            true => self.0.push((found.loop_token.span(), &found.body)),
            false => visit::visit_expr_loop(self, found),
        }
    }

    fn visit_expr_for_loop(&mut self, found: &'ast ExprForLoop) {
        match takes_next(&found.expr) {
            true => self.0.push((found.for_token.span(), &found.body)),
            false => visit::visit_expr_for_loop(self, found),
        }
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// `consumer.next().await`, `consumer.recv().await`, `consumer.iter()`.
fn takes_next(expr: &Expr) -> bool {
    const NEXT: &[&str] = &[
        "iter",
        "next",
        "poll",
        "receive_message",
        "recv",
        "try_next",
    ];
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
