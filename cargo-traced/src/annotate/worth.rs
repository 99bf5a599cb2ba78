//! Chooses the functions that are worth a span.
//!
//! They are the functions that an engineer looks for in a trace: those that receive work, wait, or talk to
//! another system. A span around a getter only costs.

use std::collections::HashSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprAwait, ExprCall, ExprMethodCall, Item, Macro};

use super::messages;
use crate::audit::{
    Call, Program, Surroundings, certain_sites, handlers, in_block, never_ends, serves_others,
    takes_work_for_ever,
};
use crate::functions::{Function, has_attribute};
use crate::syntax::{mentions, path_of};

/// The attribute that a function gets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    Nothing,
    Span,
    /// The function gets no span. The context is carried into the tasks that it spawns.
    SpawnSites,
}

/// Chooses the attributes for the functions of a program.
pub(super) struct Chooser<'p, 'a> {
    program: &'p Program<'a>,
    all: bool,
    /// The file and the start of each handler.
    handlers: HashSet<(&'a str, usize)>,
    /// The same of what is called for each message that a loop takes.
    for_messages: HashSet<(&'a str, usize)>,
    /// An attribute that is written now may put a request around any other function.
    around: Surroundings<'p, 'a>,
}

impl<'p, 'a> Chooser<'p, 'a> {
    pub(super) fn new(program: &'p Program<'a>, all: bool) -> Self {
        let handlers = handlers(program).into_iter();
        let handlers = handlers.map(|(handler, _)| place(handler));
        Chooser {
            program,
            all,
            handlers: handlers.collect(),
            for_messages: called_for_messages(program),
            around: Surroundings::of_any_request(program),
        }
    }

    pub(super) fn choose(&self, function: &'a Function<'a>) -> Choice {
        if function.ours.is_some() || function.is_in_macro || is_impossible(function) {
            return Choice::Nothing;
        }
        if self.all {
            return Choice::Span;
        }
        let is_handler = self.handlers.contains(&place(function));
        if function.is_test || (function.is_nested && !is_handler) {
            return Choice::Nothing;
        }
        let has_span = has_attribute(&function.attributes, &["instrument", "trace"]);
        // In `main`, a span would begin before there is a provider, and there is no context to carry.
        if function.name == "main" && function.module.is_empty() {
            return Choice::Nothing;
        }
        let is_worth = !has_span
            && !never_ends(&function.block)
            && (is_handler || (!self.is_long_lived(function) && self.is_worth(function)));
        match is_worth {
            true => Choice::Span,
            false if certain_sites(&self.around, function) > 0 => Choice::SpawnSites,
            false => Choice::Nothing,
        }
    }

    /// Whether the function runs for as long as the program or a connection. Its span would put all that happens
    /// meanwhile into one trace, and end too late to be of use.
    fn is_long_lived(&self, function: &Function<'a>) -> bool {
        let has_socket = function.signature.inputs.iter().any(|input| {
            mentions(input, &|word| {
                matches!(word, "WebSocket" | "WebSocketStream")
            })
        });
        has_socket
            || takes_work_for_ever(&function.block)
            || messages::takes_messages_for_ever(function)
            || self.serves(function, MOST_CALLS_TO_A_SERVER)
    }

    /// Whether the function, or one that it calls, gives connections to a server.
    fn serves(&self, function: &Function<'a>, calls: usize) -> bool {
        let mut found = serves_others(&function.block);
        if calls > 0 {
            in_block(&function.block, &mut |call| {
                if let Call::Function(path) = call
                    && !found
                    && let Some(called) = self.program.resolve(path, function)
                {
                    found = self.serves(called, calls - 1);
                }
            });
        }
        found
    }

    fn is_worth(&self, function: &Function<'a>) -> bool {
        let implements = function
            .container
            .as_ref()
            .and_then(|container| container.implements.as_ref());
        let is_of_language = implements
            .and_then(|path| path.last())
            .is_some_and(|name| TRAITS_OF_THE_LANGUAGE.contains(&name.as_str()));
        if is_of_language {
            return false;
        }
        let mut work = Work::default();
        work.visit_block(&function.block);
        match function.is_async() {
            true => {
                let is_called_first =
                    function.is_public() || self.for_messages.contains(&place(function));
                work.talks || (work.waits && is_called_first)
            }
            false => work.blocks,
        }
    }
}

/// The file and the start of a function.
fn place<'a>(function: &'a Function<'_>) -> (&'a str, usize) {
    (function.file.shown.as_str(), function.start)
}

/// The functions of the program that a loop calls with what it takes from a channel; a method, if no other has its name.
fn called_for_messages<'a>(program: &Program<'a>) -> HashSet<(&'a str, usize)> {
    let mut found = HashSet::new();
    for function in program.of_program() {
        messages::loops(&function.block, &mut |body| {
            in_block(body, &mut |call| {
                let called = match call {
                    Call::Function(path) => program.resolve(path, function),
                    Call::Method(call) if !call.args.is_empty() => {
                        let name = call.method.to_string();
                        let mut named = program.named(&name);
                        named.next().filter(|_| named.next().is_none())
                    }
                    _ => None,
                };
                found.extend(called.map(place));
            });
        });
    }
    found
}

/// `run`, `serve_with_shutdown` and the like of a program stand between its `main` and the server of its framework.
const MOST_CALLS_TO_A_SERVER: usize = 2;

/// Traits whose methods are called too often, or from too low-level code, to be looked for in a trace.
const TRAITS_OF_THE_LANGUAGE: &[&str] = &[
    "AsRef",
    "AsyncRead",
    "AsyncWrite",
    "Clone",
    "Debug",
    "Default",
    "Deref",
    "DerefMut",
    "Display",
    "Drop",
    "Eq",
    "Extend",
    "From",
    "FromIterator",
    "FromStr",
    "Future",
    "Hash",
    "Into",
    "IntoIterator",
    "Iterator",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Read",
    "Sink",
    "Stream",
    "TryFrom",
    "Write",
];

/// Whether a function cannot be annotated: the macro rejects it, its span would allocate inside an allocator, or an
/// attribute gives it a special role.
fn is_impossible(function: &Function<'_>) -> bool {
    let is_allocator = function.container.as_ref().is_some_and(|container| {
        container
            .implements
            .as_ref()
            .and_then(|path| path.last())
            .is_some_and(|name| name == "GlobalAlloc")
    });
    function.signature.constness.is_some()
        || is_allocator
        || function.attributes.iter().any(is_special)
}

/// Whether the attribute gives the function a special role. All its words are compared, because `unsafe(..)` and
/// `cfg_attr(..)` may wrap the one that matters.
fn is_special(attribute: &Attribute) -> bool {
    const WORDS: &[&str] = &[
        "naked",
        "panic_handler",
        "proc_macro",
        "proc_macro_attribute",
        "proc_macro_derive",
    ];
    fn any(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(word) => WORDS.iter().any(|known| word == known),
            TokenTree::Group(group) => any(group.stream()),
            _ => false,
        })
    }
    !attribute.path().is_ident("doc") && any(attribute.meta.to_token_stream())
}

/// The operations in a body that take time.
#[derive(Default)]
struct Work {
    /// The body awaits more than a lock, a timer or a message.
    waits: bool,
    /// The body awaits a database, a request or a file.
    talks: bool,
    /// The body does input or output that blocks its thread.
    blocks: bool,
}

/// Methods that wait for other tasks of the same program.
const WAITING: &[&str] = &[
    "accept", "acquire", "changed", "closed", "join", "lock", "next", "notified", "read", "ready",
    "recv", "tick", "write",
];

/// Methods that talk to another system.
const TALKING: &[&str] = &[
    "begin",
    "commit",
    "connect",
    "execute",
    "fetch",
    "fetch_all",
    "fetch_one",
    "fetch_optional",
    "prepare",
    "publish",
    "query",
    "query_one",
    "query_opt",
    "read_to_end",
    "read_to_string",
    "rollback",
    "send",
    "send_request",
    "write_all",
];

impl<'ast> Visit<'ast> for Work {
    fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
        match &*awaited.base {
            Expr::MethodCall(call) => {
                let is = |names: &[&str]| names.iter().any(|name| call.method == name);
                self.talks |=
                    is(TALKING) && !call.receiver.to_token_stream().to_string().ends_with("tx");
                self.waits |= !is(WAITING);
            }
            Expr::Call(call) => {
                let path = path_of(&call.func);
                let last = path.last().map_or("", String::as_str);
                self.waits |= !matches!(last, "sleep" | "sleep_until" | "yield_now");
                self.talks |= path.iter().any(|name| name == "fs")
                    || matches!(path.as_slice(), [.., owner, connect]
                    if connect == "connect" && owner.ends_with("Stream"));
            }
            _ => {}
        }
        visit::visit_expr_await(self, awaited);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        let path = path_of(&call.func);
        let is_file = |owner: &str, name: &str| match owner {
            "fs" => true,
            "File" => matches!(name, "open" | "create"),
            "TcpStream" | "UnixStream" => name == "connect",
            _ => false,
        };
        if let [.., owner, name] = path.as_slice() {
            self.blocks |= is_file(owner, name) && !path.iter().any(|part| part == "tokio");
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        // `Command::new("git").output()`.
        let is_run = call.method == "output" || call.method == "status";
        self.blocks |= is_run && mentions(&call.receiver, &|word| word == "Command");
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        let name = mac.path.segments.last();
        self.waits |= name.is_some_and(|name| name.ident == "join" || name.ident == "try_join");
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}
