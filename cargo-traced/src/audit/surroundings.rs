//! Whether a request can be around a spawn site, as far as the sources of the package show.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use quote::ToTokens;
use syn::visit::Visit;
use syn::{Expr, Item, Stmt};

use super::entry_point::handlers;
use super::evidence;
use super::lives_on::block_lives_on;
use super::loops::rounds::may_take_work;
use super::loops::waiting::rounds;
use super::places::Places;
use super::program::Program;
use super::reachable;
use super::relay;
use super::servers::starts_a_server;
use super::variables::value_of;
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
    /// What loops that take work call in each round, and what that calls.
    of_rounds: HashSet<(&'a str, usize)>,
    holders: Holders,
    /// Whether functions start a server, as far as that was asked.
    servers: RefCell<HashMap<(&'a str, usize), bool>>,
    /// Whether they, or functions that they call, do.
    reaching_servers: RefCell<HashMap<(&'a str, usize), bool>>,
    /// Whether no function logs or has a span, so that this shows nothing of what will have one.
    nothing_records: bool,
    /// Whether they log or have a span.
    recording: RefCell<HashMap<(&'a str, usize), bool>>,
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
            of_rounds: called_in_rounds(program),
            nothing_records: !program.of_program().any(evidence::has_records),
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
            of_rounds: HashSet::new(),
            nothing_records: false,
            holders: Holders::of(program),
            servers: RefCell::default(),
            reaching_servers: RefCell::default(),
            recording: RefCell::default(),
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
        if let Some(doubt) = self.doubt_of_place(function, &places, site, units) {
            return Some(doubt);
        }
        // What the function spawns, and does not wait for.
        let outlives = !places.is_waited_for(site);
        let keeps = |word: &str| word == "JoinSet" || self.keeps_a_task(word, function);
        if outlives && !units.is_empty() && mentions(&function.signature.output, &keeps) {
            return Some(
                "it may live as long as the value that the function makes, which is connected with it",
            );
        }
        let takes_all_for_requests = self.of_requests.is_none();
        if takes_all_for_requests {
            return None;
        }
        if let Some(doubt) = self.doubt_of_proof(function, &places, site, units) {
            return Some(doubt);
        }
        if self.is_of_request(function) {
            return None;
        }
        self.doubt_without_a_request(function, &places, site, units)
    }

    /// Why no span can be around the site, by what is around it in its function.
    fn doubt_of_place(
        &self,
        function: &'a Function<'a>,
        places: &Places<'_>,
        site: usize,
        units: &[&Expr],
    ) -> Option<&'static str> {
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
        let mut blocks = places.blocks_around(site).filter(|block| !is_unit(block));
        if blocks.any(|block| block_lives_on(&block.block, self.program, function)) {
            return Some(TASK_AROUND_GOES_ON);
        }
        self.reaches_a_server(function).then_some(
            "no span is around a function that starts a server; give one to what is spawned",
        )
    }

    /// Why the work may belong to no request, where none is known to be around the function.
    fn doubt_without_a_request(
        &self,
        function: &'a Function<'a>,
        places: &Places<'_>,
        site: usize,
        units: &[&Expr],
    ) -> Option<&'static str> {
        let output = &function.signature.output;
        if places.may_be_in_a_loop(site) {
            return Some(
                "the loop around it may take work for as long as the program runs; give a span to what is spawned",
            );
        }
        if mentions(output, &|word| word == "Poll") {
            return Some("whoever polls this may be no request");
        }
        if !units.is_empty() && units.iter().all(|unit| relay::only_waits(unit)) {
            return Some("it only waits for others");
        }
        let may_keep = |word: &str| self.may_keep_a_task(word, function);
        (!places.is_waited_for(site) && mentions(output, &may_keep))
            .then_some("it may live as long as what the function makes")
    }

    /// Why there is no proof that a span is lost: none may be in the work, or the work may be no part of what the function
    /// does. Where a request is known to be around the function, it is enough that the work calls a function of the program.
    fn doubt_of_proof(
        &self,
        function: &'a Function<'a>,
        places: &Places<'_>,
        site: usize,
        units: &[&Expr],
    ) -> Option<&'static str> {
        let chain = places.arguments_of_chain(site);
        let is_iterator = units.is_empty() && !chain.is_empty();
        let values: Vec<&Expr> = match is_iterator {
            true => chain.to_vec(),
            false => units.iter().map(|unit| whole(unit, function)).collect(),
        };
        let work = evidence::of(&values, self.program, function);
        if !work.records && work.calls.is_empty() {
            return Some("nothing that it calls is known to have a span");
        }
        let is_one_of_all = mentions(&function.block, &|word| word == "select_all");
        if is_iterator || (places.is_waited_for(site) && !is_one_of_all) {
            return None;
        }
        let may_record = work.records
            || self.nothing_records
            || self.is_of_request(function)
            || self.reaches_records(work.calls);
        if !may_record {
            return Some("nothing waits for it, and nothing that it calls logs or has a span");
        }
        if is_one_of_all {
            return Some("the first task to end ends all that the function started");
        }
        if function
            .block
            .stmts
            .iter()
            .any(|statement| matches!(statement, Stmt::Item(Item::Static(_))))
        {
            return Some("a static of the function says whether it runs, for all requests");
        }
        let container = function.container.as_ref();
        let is_drop = container
            .and_then(|container| container.implements.as_ref())
            .is_some_and(|path| path.last().is_some_and(|name| name == "Drop"));
        if is_drop {
            return Some(
                "a value is dropped wherever its last owner is, which may be in no request",
            );
        }
        let output = &function.signature.output;
        if mentions(output, &|word| {
            word.ends_with("Handle") || word == "Runtime"
        }) {
            return Some("whoever gets its handle or its runtime decides how long it lives");
        }
        if mentions(&function.block, &|word| word == "AbortHandle") {
            return Some("whoever gets the handle to abort it decides how long it lives");
        }
        if sets_a_flag(function) {
            return Some("a flag of the function's says whether it runs, for all requests");
        }
        if takes_an_answer(function) {
            return Some("it answers a message, which came from another task");
        }
        (self.of_rounds.contains(&place(function)) && !self.is_of_request(function)).then_some(
            "the function is called in each round of a loop that takes work; no span is around that",
        )
    }

    /// Whether one of the functions, or of those that they call, logs or has a span.
    fn reaches_records(&self, functions: Vec<&'a Function<'a>>) -> bool {
        let mut known = self.recording.borrow_mut();
        let mut has_records = |function: &&'a Function<'a>| {
            *known
                .entry(place(function))
                .or_insert_with(|| evidence::records_for_its_caller(function))
        };
        // Most show it themselves, which spares the search.
        functions.iter().any(&mut has_records) || {
            let reached = reachable::from(self.program, functions);
            let mut all = reached.certain.iter().chain(&reached.possible);
            all.any(has_records)
        }
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

    pub(super) fn is_of_request(&self, function: &Function<'a>) -> bool {
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
}

/// The functions that loops call in each round: the loops that take work or sleep.
fn called_in_rounds<'a>(program: &Program<'a>) -> HashSet<(&'a str, usize)> {
    let mut called = Vec::new();
    for function in program.of_program() {
        let may_take = may_take_work(function).into_iter();
        for body in rounds(&function.block).into_iter().chain(may_take) {
            called.extend(reachable::called_in(program, body, function));
        }
    }
    let reached = reachable::from(program, called);
    reached.certain.into_iter().map(place).collect()
}

/// The value of a variable that is spawned, or the expression itself.
pub(super) fn whole<'f>(unit: &'f Expr, function: &'f Function<'_>) -> &'f Expr {
    let is_work =
        |value: &&Expr| matches!(value, Expr::Async(_) | Expr::Call(_) | Expr::Closure(_));
    value_of_variable(unit, function)
        .filter(is_work)
        .unwrap_or(unit)
}

/// The value of an expression that is a variable of the function.
pub(super) fn value_of_variable<'f>(unit: &Expr, function: &'f Function<'_>) -> Option<&'f Expr> {
    match unit {
        Expr::Path(path) => value_of(path.path.get_ident()?, function, &|_| true),
        _ => None,
    }
}

/// Whether a function notes that what it spawns runs, so that nobody spawns it twice: `state.is_running = true`,
/// `self.started.swap(true, ..)`.
fn sets_a_flag(function: &Function<'_>) -> bool {
    struct Flags(bool);
    impl<'ast> Visit<'ast> for Flags {
        fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
            self.0 |= is_named_after_a_task(&assign.left) && is_true(&assign.right);
            syn::visit::visit_expr_assign(self, assign);
        }

        fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
            const SETS: &[&str] = &["compare_exchange", "compare_exchange_weak", "store", "swap"];
            self.0 |= SETS.iter().any(|name| call.method == name)
                && is_named_after_a_task(&call.receiver)
                && call.args.iter().any(is_true);
            syn::visit::visit_expr_method_call(self, call);
        }

        fn visit_item(&mut self, _: &'ast Item) {}
    }
    let mut flags = Flags(false);
    flags.visit_block(&function.block);
    flags.0
}

fn is_named_after_a_task(flag: &Expr) -> bool {
    const ENDS: &[&str] = &["running", "spawned", "started"];
    let name = match flag {
        Expr::Field(field) => field.member.to_token_stream().to_string(),
        flag => path_of(flag).pop().unwrap_or_default(),
    };
    ENDS.iter().any(|end| name.to_lowercase().ends_with(end))
}

fn is_true(value: &Expr) -> bool {
    matches!(value, Expr::Lit(literal) if matches!(&literal.lit, syn::Lit::Bool(value) if value.value))
}

/// Whether a function is given the end of a channel for an answer: `response: oneshot::Sender<Rows>`.
fn takes_an_answer(function: &Function<'_>) -> bool {
    let mut inputs = function.signature.inputs.iter();
    inputs.any(|input| mentions(input, &|word| word == "oneshot"))
}

fn place<'a>(function: &Function<'a>) -> (&'a str, usize) {
    (function.file.shown.as_str(), function.start)
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
