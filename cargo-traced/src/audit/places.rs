//! Where in its function a spawn site stands, and whether the function waits for what it spawns.

use std::collections::HashSet;
use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{
    Expr, ExprAsync, ExprAwait, ExprForLoop, ExprLoop, ExprMethodCall, ExprWhile, Item, Local,
    Macro, Pat,
};

use super::loops::rounds::may_take_work;
use super::loops::waiting::{for_takes, loop_takes, pauses, while_takes};
use crate::functions::Function;

/// What a function does, by places in its file.
pub(super) struct Places<'f> {
    function: &'f Function<'f>,
    /// The bodies of loops that take work.
    loops: Vec<Range<usize>>,
    /// The bodies of loops that may take work.
    loops_without_proof: Vec<Range<usize>>,
    /// The `async` blocks.
    blocks: Vec<(Range<usize>, &'f ExprAsync)>,
    /// The names of functions and methods that an `.await` or a `.join()` waits for.
    waited: HashSet<usize>,
    /// The variables that are waited for.
    waited_variables: HashSet<String>,
    /// The variables, and the names of functions and methods in their values.
    variables: Vec<(String, Vec<usize>)>,
    /// The variables on which a method is called, with its name and those of the functions in its arguments.
    kept: Vec<(String, Vec<usize>)>,
    /// The names of the methods of each chain, and their arguments.
    chains: Vec<(Vec<usize>, Vec<&'f Expr>)>,
}

impl<'f> Places<'f> {
    pub(super) fn of(function: &'f Function<'_>) -> Self {
        let mut places = Places {
            function,
            loops: Vec::new(),
            loops_without_proof: may_take_work(function)
                .into_iter()
                .filter_map(|body| function.file.range_of(body))
                .collect(),
            blocks: Vec::new(),
            waited: HashSet::new(),
            waited_variables: HashSet::new(),
            variables: Vec::new(),
            kept: Vec::new(),
            chains: Vec::new(),
        };
        places.visit_block(&function.block);
        places
    }

    /// Whether the site is in a loop that takes work: each round is work of its own.
    pub(super) fn is_in_a_loop(&self, site: usize) -> bool {
        self.loops.iter().any(|body| body.contains(&site))
    }

    /// Whether the site is in a loop that takes work, or reads what a request has to read: its end does not tell.
    pub(super) fn may_be_in_a_loop(&self, site: usize) -> bool {
        let mut bodies = self.loops_without_proof.iter();
        bodies.any(|body| body.contains(&site))
    }

    /// The `async` blocks around a site.
    pub(super) fn blocks_around(&self, site: usize) -> impl Iterator<Item = &'f ExprAsync> {
        let around = self
            .blocks
            .iter()
            .filter(move |(range, _)| range.contains(&site));
        around.map(|(_, block)| *block)
    }

    /// Whether the function waits until what the site spawns has ended, as far as it shows.
    pub(super) fn is_waited_for(&self, site: usize) -> bool {
        let mut values = self
            .variables
            .iter()
            .filter(|(_, names)| names.contains(&site));
        self.waited.contains(&site)
            || values.any(|(variable, _)| self.waited_variables.contains(variable))
            || self.is_kept_in_what_is_waited_for(site)
    }

    /// `tasks.spawn(work())` before `tasks.join_next().await`, or `tasks.push(tokio::spawn(work()))` before
    /// `join_all(tasks).await`.
    fn is_kept_in_what_is_waited_for(&self, site: usize) -> bool {
        let mut kept = self.kept.iter();
        kept.any(|(variable, names)| {
            names.contains(&site) && self.waited_variables.contains(variable)
        })
    }

    /// The arguments of all methods of the chain that the site is in: `ids.par_iter().map(load).collect()`.
    pub(super) fn arguments_of_chain(&self, site: usize) -> &[&'f Expr] {
        let mut chains = self.chains.iter();
        let chain = chains.find(|(names, _)| names.contains(&site));
        chain.map_or(&[], |(_, arguments)| arguments)
    }

    fn start_of(&self, named: impl Spanned) -> usize {
        self.function.file.range(named.span()).start
    }

    /// The names of the functions and methods that make a value, and of those that make their receivers and arguments.
    fn makers(&self, value: &Expr, found: &mut Vec<usize>) {
        match value {
            Expr::Await(inner) => self.makers(&inner.base, found),
            Expr::Paren(inner) => self.makers(&inner.expr, found),
            Expr::Try(inner) => self.makers(&inner.expr, found),
            Expr::MethodCall(call) => {
                found.push(self.start_of(&call.method));
                self.makers(&call.receiver, found);
            }
            Expr::Call(call) => {
                if let Expr::Path(path) = &*call.func
                    && let Some(last) = path.path.segments.last()
                {
                    found.push(self.start_of(&last.ident));
                }
                for argument in &call.args {
                    self.makers(argument, found);
                }
            }
            _ => {}
        }
    }

    fn waits_for(&mut self, value: &Expr) {
        let mut names = Vec::new();
        self.makers(value, &mut names);
        self.waited.extend(names);
        self.waits_for_variables(value);
    }

    fn waits_for_variables(&mut self, value: &Expr) {
        match value {
            Expr::Path(path) => {
                let name = path.path.get_ident().map(ToString::to_string);
                self.waited_variables.extend(name);
            }
            Expr::MethodCall(call) => self.waits_for_variables(&call.receiver),
            Expr::Reference(inner) => self.waits_for_variables(&inner.expr),
            Expr::Call(call) => {
                for argument in &call.args {
                    self.waits_for_variables(argument);
                }
            }
            _ => {}
        }
    }
}

impl<'f> Visit<'f> for Places<'f> {
    fn visit_expr_async(&mut self, block: &'f ExprAsync) {
        let range = self.function.file.range_of(block);
        self.blocks.extend(range.map(|range| (range, block)));
        visit::visit_expr_async(self, block);
    }

    fn visit_expr_await(&mut self, awaited: &'f ExprAwait) {
        self.waits_for(&awaited.base);
        visit::visit_expr_await(self, awaited);
    }

    fn visit_expr_method_call(&mut self, call: &'f ExprMethodCall) {
        if let Expr::Path(receiver) = &*call.receiver
            && let Some(variable) = receiver.path.get_ident()
        {
            let mut names = vec![self.start_of(&call.method)];
            for argument in &call.args {
                self.makers(argument, &mut names);
            }
            self.kept.push((variable.to_string(), names));
        }
        if call.method == "join" && call.args.is_empty() {
            self.waits_for(&call.receiver);
        }
        let (mut names, mut arguments, mut link) = (Vec::new(), Vec::new(), call);
        loop {
            names.push(self.start_of(&link.method));
            arguments.extend(&link.args);
            match &*link.receiver {
                Expr::MethodCall(inner) => link = inner,
                _ => break,
            }
        }
        self.chains.push((names, arguments));
        visit::visit_expr_method_call(self, call);
    }

    fn visit_local(&mut self, local: &'f Local) {
        if let (Pat::Ident(name), Some(init)) = (&local.pat, &local.init) {
            let mut names = Vec::new();
            self.makers(&init.expr, &mut names);
            self.variables.push((name.ident.to_string(), names));
        }
        visit::visit_local(self, local);
    }

    fn visit_macro(&mut self, mac: &'f Macro) {
        let last = mac.path.segments.last();
        let name = last.map(|last| last.ident.to_string()).unwrap_or_default();
        if matches!(name.as_str(), "join" | "select" | "try_join") {
            add_words(mac.tokens.clone(), &mut self.waited_variables);
        }
    }

    fn visit_expr_while(&mut self, looped: &'f ExprWhile) {
        if while_takes(looped) {
            self.loops.extend(self.function.file.range_of(&looped.body));
        }
        visit::visit_expr_while(self, looped);
    }

    fn visit_expr_loop(&mut self, looped: &'f ExprLoop) {
        if loop_takes(looped) || pauses(looped) {
            self.loops.extend(self.function.file.range_of(&looped.body));
        }
        visit::visit_expr_loop(self, looped);
    }

    fn visit_expr_for_loop(&mut self, looped: &'f ExprForLoop) {
        if for_takes(looped) {
            self.loops.extend(self.function.file.range_of(&looped.body));
        }
        visit::visit_expr_for_loop(self, looped);
    }

    fn visit_item(&mut self, _: &'f Item) {}
}

fn add_words(tokens: TokenStream, found: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(word) => {
                found.insert(word.to_string());
            }
            TokenTree::Group(group) => add_words(group.stream(), found),
            _ => {}
        }
    }
}
