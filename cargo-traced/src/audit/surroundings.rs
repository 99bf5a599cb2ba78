//! Whether a request can be around a spawn site, as far as the sources of the package show.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use syn::visit::{self, Visit};
use syn::{Expr, FnArg, Item, Local, Pat, Signature};

use super::entry_point::handlers;
use super::foreign;
use super::lives_on::block_lives_on;
use super::places::Places;
use super::program::Program;
use super::reachable;
use crate::functions::{Function, has_attribute};
use crate::syntax::{mentions, path_of};

pub(super) const TASK_AROUND_GOES_ON: &str = "the task around it goes on for as long as its channel or stream does; give a span to what is spawned";

/// What the rule knows of a program, to judge its spawn sites.
pub(crate) struct Surroundings<'p, 'a> {
    program: &'p Program<'a>,
    /// The functions that handle requests or have a span, and those that they call, by file and place; `None` if all
    /// are taken for such.
    of_requests: Option<HashSet<(&'a str, usize)>>,
    handlers: HashSet<(&'a str, usize)>,
    holders: Holders,
    /// Whether functions start a server, as far as that was asked.
    servers: RefCell<HashMap<(&'a str, usize), bool>>,
    /// Whether they, or functions that they call, do.
    reaching_servers: RefCell<HashMap<(&'a str, usize), bool>>,
}

impl<'p, 'a> Surroundings<'p, 'a> {
    pub(super) fn new(program: &'p Program<'a>) -> Self {
        let has_span = |function: &&Function<'_>| {
            function.ours.is_some() || has_attribute(&function.attributes, &["instrument"])
        };
        let handlers = handlers(program).into_iter().map(|(handler, _)| handler);
        let with_span = program.of_program().filter(has_span);
        let reached = reachable::from(program, with_span.chain(handlers).collect());
        let of_requests = reached.certain.into_iter().map(place);
        Surroundings {
            of_requests: Some(of_requests.collect()),
            ..Surroundings::of_any_request(program)
        }
    }

    /// As if a request were around each function.
    pub(crate) fn of_any_request(program: &'p Program<'a>) -> Self {
        Surroundings {
            program,
            of_requests: None,
            handlers: handlers(program)
                .iter()
                .map(|(handler, _)| place(handler))
                .collect(),
            holders: Holders::of(program),
            servers: RefCell::default(),
            reaching_servers: RefCell::default(),
        }
    }

    pub(super) fn program(&self) -> &'p Program<'a> {
        self.program
    }

    /// Why it is not certain that a request is around the site, and that a span could be inside it.
    pub(super) fn doubt(
        &self,
        function: &'a Function<'a>,
        site: usize,
        units: &[&Expr],
    ) -> Option<&'static str> {
        let places = Places::of(function);
        // What the function spawns, and does not wait for.
        let outlives = !units.is_empty() && !places.is_waited_for(site);
        let output = &function.signature.output;
        if self.program.is_for_tests(function) {
            return Some("it is code for tests or benchmarks");
        }
        if places.is_in_a_loop(site) && !self.handlers.contains(&place(function)) {
            return Some(
                "each round of the loop around it is work of its own; give a span to what is spawned",
            );
        }
        let is_unit = |block: &syn::ExprAsync| {
            let range = function.file.range_of(block);
            units
                .iter()
                .any(|unit| function.file.range_of(unit) == range)
        };
        if places
            .blocks_around(site)
            .any(|block| !is_unit(block) && block_lives_on(&block.block, self.program, function))
        {
            return Some(TASK_AROUND_GOES_ON);
        }
        if self.reaches_a_server(function) {
            return Some(
                "no span is around a function that starts a server; give one to what is spawned",
            );
        }
        if outlives
            && mentions(output, &|word| {
                word == "JoinSet" || self.keeps_a_task(word, function)
            })
        {
            return Some(
                "it may live as long as the value that the function makes, which is connected with it",
            );
        }
        if self.is_of_request(function) {
            return None;
        }
        Self::doubt_of_request(function, units)
            .or_else(|| self.doubt_of_work(function, &places, site, units))
            .or_else(|| {
                let may_keep = |word: &str| self.may_keep_a_task(word, function);
                (outlives && mentions(output, &may_keep))
                    .then_some("it may live as long as what the function makes")
            })
    }

    /// Doubts that a function of a request does not have.
    fn doubt_of_request(function: &Function<'_>, units: &[&Expr]) -> Option<&'static str> {
        let container = function.container.as_ref();
        let is_of_trait = container.is_some_and(|container| container.implements.is_some());
        if mentions(&function.signature.output, &|word| word == "Poll") {
            return Some("whoever polls this may be no request");
        }
        if is_of_trait
            && units
                .iter()
                .any(|unit| is_parameter(unit, &function.signature))
        {
            return Some("it runs what it is given, for whoever calls it through the trait");
        }
        None
    }

    /// Doubts that a span of the program could be in the work.
    fn doubt_of_work(
        &self,
        function: &Function<'_>,
        places: &Places<'_>,
        site: usize,
        units: &[&Expr],
    ) -> Option<&'static str> {
        let calls_only_others = match units {
            [] => {
                let arguments = places.arguments_of_chain(site);
                foreign::chain_calls_only_others(arguments, self.program, function)
            }
            units => units
                .iter()
                .all(|unit| foreign::calls_only_others(unit, self.program, function)),
        };
        if calls_only_others {
            return Some("it calls nothing of this program, so it may start no span");
        }
        if !units.is_empty() && units.iter().all(|unit| foreign::only_waits(unit)) {
            return Some("it only waits for others");
        }
        if units
            .iter()
            .any(|unit| self.is_polled_by_hand(unit, function))
        {
            return Some(
                "it is a future whose `poll` is written by hand, as those of connections and workers are",
            );
        }
        None
    }

    /// Whether the function, or one that it calls, starts a server.
    fn reaches_a_server(&self, function: &'a Function<'a>) -> bool {
        if let Some(known) = self.reaching_servers.borrow().get(&place(function)) {
            return *known;
        }
        let reached = reachable::from(self.program, vec![function]);
        let mut servers = self.servers.borrow_mut();
        let reaches = reached.certain.into_iter().any(|reached| {
            *servers
                .entry(place(reached))
                .or_insert_with(|| starts_a_server(reached))
        });
        let mut reaching = self.reaching_servers.borrow_mut();
        reaching.insert(place(function), reaches);
        reaches
    }

    fn is_of_request(&self, function: &Function<'a>) -> bool {
        self.of_requests
            .as_ref()
            .is_none_or(|of_requests| of_requests.contains(&place(function)))
    }

    /// Whether a word in the type that a function returns names a type that keeps a task.
    fn keeps_a_task(&self, word: &str, function: &Function<'_>) -> bool {
        let own = function.container.as_ref();
        let of_tasks = &self.holders.of_tasks;
        of_tasks.contains(word)
            || (word == "Self" && own.is_some_and(|own| of_tasks.contains(&own.name)))
    }

    /// The same for a type that receives what a task sends, or for the own type.
    fn may_keep_a_task(&self, word: &str, function: &Function<'_>) -> bool {
        let own = function.container.as_ref();
        let is_own = word == "Self" || own.is_some_and(|own| own.name == word);
        is_own
            || is_receiver(word)
            || word.ends_with("Sender")
            || self.holders.of_receivers.contains(word)
    }

    /// Whether a spawned value is a struct: `Recycler { .. }`, `Recycler::new(..)`, or the half of a pair.
    fn is_polled_by_hand(&self, unit: &Expr, function: &Function<'_>) -> bool {
        match unit {
            Expr::Struct(_) => true,
            Expr::Call(call) => {
                let path = path_of(&call.func);
                let [.., owner, name] = path.as_slice() else {
                    return false;
                };
                let is_type = owner.starts_with(char::is_uppercase) && owner != "Box";
                is_type
                    && match self.program.resolve(&path, function) {
                        Some(maker) => {
                            let is_own = |word: &str| word == "Self" || word == owner;
                            !maker.is_async() && mentions(&maker.signature.output, &is_own)
                        }
                        None => name == "new",
                    }
            }
            Expr::Path(path) => path.path.get_ident().is_some_and(|name| {
                match Value::of(&name.to_string(), function) {
                    Some(Value::Half) => true,
                    Some(Value::Whole(value)) => self.is_polled_by_hand(value, function),
                    None => false,
                }
            }),
            _ => false,
        }
    }
}

fn place<'a>(function: &Function<'a>) -> (&'a str, usize) {
    (function.file.shown.as_str(), function.start)
}

fn starts_a_server(function: &Function<'_>) -> bool {
    const WORDS: &[&str] = &[
        "HttpServer",
        "SignalKind",
        "Signals",
        "TcpListener",
        "UnixDatagram",
        "UnixListener",
        "axum_server",
        "ctrl_c",
        "ctrlc",
        "serve_with_incoming_shutdown",
        "serve_with_shutdown",
    ];
    let waits = |word: &str| WORDS.contains(&word);
    mentions(&function.signature, &waits)
        || mentions(&function.block, &waits)
        || function
            .file
            .written(&function.block)
            .contains("axum::serve(")
}

/// The types of a package that keep a task: a worker that takes what is sent to it, or what can be aborted with the value.
#[derive(Default)]
struct Holders {
    /// They send to the task, or can end it.
    of_tasks: HashSet<String>,
    /// They receive what the task sends, which may be an answer to a request.
    of_receivers: HashSet<String>,
}

impl Holders {
    fn of(program: &Program<'_>) -> Self {
        let mut holders = Holders::default();
        for file in program.files {
            holders.visit_file(&file.syntax);
        }
        holders
    }

    fn add<'t>(
        &mut self,
        name: &syn::Ident,
        mut types: impl Iterator<Item = &'t syn::Type> + Clone,
    ) {
        if types.clone().any(|holds| mentions(holds, &keeps_a_task)) {
            self.of_tasks.insert(name.to_string());
        } else if types.any(|holds| mentions(holds, &is_receiver)) {
            self.of_receivers.insert(name.to_string());
        }
    }
}

impl<'ast> Visit<'ast> for Holders {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.add(&item.ident, item.fields.iter().map(|field| &field.ty));
    }

    /// `type Registration = oneshot::Sender<Service>;`
    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.add(&item.ident, std::iter::once(&*item.ty));
    }

    fn visit_item_fn(&mut self, _: &'ast syn::ItemFn) {}
}

fn keeps_a_task(word: &str) -> bool {
    const TASKS: &[&str] = &[
        "AbortHandle",
        "AbortOnDropHandle",
        "CancellationToken",
        "JoinSet",
        "RemoteHandle",
        "TaskTracker",
    ];
    word.ends_with("Sender") || TASKS.contains(&word)
}

fn is_receiver(word: &str) -> bool {
    word.ends_with("Receiver")
}

/// Whether an expression is a parameter of the function, or a closure that hands one to a function.
fn is_parameter(unit: &Expr, signature: &Signature) -> bool {
    match unit {
        Expr::Path(path) => path.path.get_ident().is_some_and(|wanted| {
            signature.inputs.iter().any(|input| match input {
                FnArg::Typed(typed) => {
                    matches!(&*typed.pat, Pat::Ident(name) if name.ident == *wanted)
                }
                FnArg::Receiver(_) => wanted == "self",
            })
        }),
        Expr::Closure(closure) => match &*closure.body {
            Expr::Call(call) => call.args.len() == 1 && is_parameter(&call.args[0], signature),
            _ => false,
        },
        _ => false,
    }
}

/// The value of a variable.
enum Value<'f> {
    Whole(&'f Expr),
    /// One of the two that a call returns, other than those of a listener.
    Half,
}

impl<'f> Value<'f> {
    fn of(name: &str, function: &'f Function<'_>) -> Option<Self> {
        struct Last<'n, 'f> {
            name: &'n str,
            value: Option<Value<'f>>,
        }
        impl<'f> Visit<'f> for Last<'_, 'f> {
            fn visit_local(&mut self, local: &'f Local) {
                visit::visit_local(self, local);
                let is_wanted =
                    |pattern: &Pat| matches!(pattern, Pat::Ident(name) if name.ident == self.name);
                let Some(init) = &local.init else {
                    return;
                };
                match &local.pat {
                    Pat::Tuple(pair) if pair.elems.iter().any(is_wanted) => {
                        let is_accepted = mentions(&init.expr, &|word| word == "accept");
                        self.value = (!is_accepted).then_some(Value::Half);
                    }
                    Pat::Type(typed) if is_wanted(&typed.pat) => {
                        self.value = Some(Value::Whole(&init.expr));
                    }
                    pattern if is_wanted(pattern) => self.value = Some(Value::Whole(&init.expr)),
                    _ => {}
                }
            }

            fn visit_item(&mut self, _: &'f Item) {}
        }
        let mut last = Last { name, value: None };
        last.visit_block(&function.block);
        last.value
    }
}
