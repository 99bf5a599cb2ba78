//! Messages that a function without a span receives and hands to an annotated one:
//! `while let Some(job) = queue.recv().await { run(job).await }`.

use std::collections::HashMap;

use syn::parse::{Parse, ParseStream};
use syn::visit::{self, Visit};
use syn::{
    Expr, ExprCall, ExprForLoop, ExprLet, ExprMatch, ExprMethodCall, FnArg, Item, Local, Macro,
    Pat, PatIdent, Token, Type, parse2,
};

use super::ends::{RECEIVERS, RECEIVING, SENDING, Types, Variables};
use crate::audit::program::Program;
use crate::audit::reachable;
use crate::functions::Function;
use crate::syntax::{mentions, path_of};

/// The types of the messages that `receiver` hands on, and the annotated functions that it gives them to.
pub(super) fn handed_on<'a>(
    program: &Program<'a>,
    receiver: &Function<'a>,
    declared: &Types,
) -> Vec<(String, &'a Function<'a>)> {
    let mut search = Search {
        program,
        receiver,
        variables: Variables::all(receiver, declared),
        declared,
        received: HashMap::new(),
        found: Vec::new(),
    };
    search.visit_block(&receiver.block);
    search.found
}

/// The type of a message, where it is known by the type of the channel.
type Message = Option<String>;

struct Search<'p, 'a> {
    program: &'p Program<'a>,
    receiver: &'p Function<'a>,
    variables: Variables<'p>,
    declared: &'p Types,
    /// The variables that are messages, or parts of one.
    received: HashMap<String, Message>,
    found: Vec<(String, &'a Function<'a>)>,
}

impl<'a> Search<'_, 'a> {
    /// Notes the variables of a pattern that is given a message or a part of one.
    fn bind(&mut self, pattern: &Pat, value: &Expr) {
        if let Some(message) = self.message(value) {
            let mut names = Names(Vec::new());
            names.visit_pat(pattern);
            let names = names.0.into_iter();
            self.received
                .extend(names.map(|name| (name, message.clone())));
        }
    }

    /// Whether a value is a message that was received, or a part of one.
    fn message(&self, value: &Expr) -> Option<Message> {
        if let Some(known) = root(value).and_then(|name| self.received.get(&name)) {
            return Some(known.clone());
        }
        let mut receives = Receives {
            variables: &self.variables,
            found: None,
        };
        receives.visit_expr(value);
        receives.found
    }

    /// A call of an annotated function, where one of the arguments is a message.
    fn consider<'e>(&mut self, callee: &'a Function<'a>, given: impl Iterator<Item = &'e Expr>) {
        if !callee.is_traced() || says_where_it_belongs(callee) {
            return;
        }
        let parameters = callee.signature.inputs.iter();
        let parameters = parameters.filter_map(|input| match input {
            FnArg::Typed(parameter) => Some(&*parameter.ty),
            FnArg::Receiver(_) => None,
        });
        for (argument, parameter) in given.zip(parameters) {
            let Some(known) = root(argument).and_then(|name| self.received.get(&name)) else {
                continue;
            };
            let of_parameter =
                || is_whole(argument).then(|| self.declared.message_name(behind(parameter)));
            let message = known.clone().or_else(|| of_parameter().flatten());
            self.found.extend(message.map(|message| (message, callee)));
        }
    }
}

impl<'ast> Visit<'ast> for Search<'_, '_> {
    fn visit_expr_let(&mut self, condition: &'ast ExprLet) {
        self.bind(&condition.pat, &condition.expr);
        visit::visit_expr_let(self, condition);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if let Some(init) = &local.init {
            self.bind(&local.pat, &init.expr);
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_match(&mut self, found: &'ast ExprMatch) {
        for arm in &found.arms {
            self.bind(&arm.pat, &found.expr);
        }
        visit::visit_expr_match(self, found);
    }

    fn visit_expr_for_loop(&mut self, found: &'ast ExprForLoop) {
        if let Some(message) = self.variables.message(&found.expr, RECEIVERS) {
            let mut names = Names(Vec::new());
            names.visit_pat(&found.pat);
            let names = names.0.into_iter();
            self.received
                .extend(names.map(|name| (name, Some(message.clone()))));
        } else {
            // `for job in queue.iter()`
            self.bind(&found.pat, &found.expr);
        }
        visit::visit_expr_for_loop(self, found);
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        let path = path_of(&call.func);
        if let Some(callee) = self.program.resolve(&path, self.receiver) {
            // `Worker::run(&worker, job)`
            let own = usize::from(callee.signature.receiver().is_some());
            self.consider(callee, call.args.iter().skip(own));
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        // `queue.send(job)` is that of a channel, unless the type is known.
        let callee = match SENDING.iter().any(|method| call.method == method) {
            true => reachable::method_of_type(self.program, call, self.receiver),
            false => reachable::method(self.program, call, self.receiver),
        };
        if let Some(callee) = callee {
            self.consider(callee, call.args.iter());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        let last = mac.path.segments.last();
        if last.is_some_and(|last| last.ident.to_string().starts_with("select"))
            && let Ok(Branches(branches)) = parse2(mac.tokens.clone())
        {
            for Branch {
                pattern,
                future,
                body,
            } in &branches
            {
                self.bind(pattern, future);
                self.visit_expr(future);
                self.visit_expr(body);
            }
        }
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// Whether the attribute says which trace a call belongs to.
fn says_where_it_belongs(callee: &Function<'_>) -> bool {
    let ours = callee.ours.as_ref();
    ours.is_some_and(|ours| {
        mentions(ours.args.clone(), &|word| {
            matches!(word, "extract" | "links" | "parent" | "root")
        })
    })
}

/// Finds a call that receives a message.
struct Receives<'v> {
    variables: &'v Variables<'v>,
    found: Option<Message>,
}

impl<'ast> Visit<'ast> for Receives<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        // Iterators have a `next` too.
        let is_certain = call.method.to_string().contains("recv");
        let message = || self.variables.message(&call.receiver, RECEIVERS);
        if RECEIVING.iter().any(|method| call.method == method) {
            match message() {
                Some(message) => self.found = Some(Some(message)),
                None if is_certain => self.found = Some(None),
                None => {}
            }
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_expr_block(&mut self, _: &'ast syn::ExprBlock) {}
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}

/// The variables that a pattern binds.
struct Names(Vec<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_pat_ident(&mut self, name: &'ast PatIdent) {
        self.0.push(name.ident.to_string());
        visit::visit_pat_ident(self, name);
    }
}

/// The variable that a value is, or is a part of: `job` of `&job.id`, `job.clone()`.
fn root(value: &Expr) -> Option<String> {
    match value {
        Expr::Path(_) => match path_of(value).as_slice() {
            [name] => Some(name.clone()),
            _ => None,
        },
        Expr::Field(part) => root(&part.base),
        Expr::MethodCall(call) => root(&call.receiver),
        Expr::Paren(same) => root(&same.expr),
        Expr::Reference(same) => root(&same.expr),
        Expr::Try(same) => root(&same.expr),
        Expr::Unary(same) => root(&same.expr),
        _ => None,
    }
}

/// Whether a value is all of its variable.
fn is_whole(value: &Expr) -> bool {
    match value {
        Expr::Path(_) => true,
        Expr::MethodCall(call) => call.method == "clone" && is_whole(&call.receiver),
        Expr::Reference(same) => is_whole(&same.expr),
        _ => false,
    }
}

fn behind(ty: &Type) -> &Type {
    match ty {
        Type::Reference(reference) => behind(&reference.elem),
        _ => ty,
    }
}

/// The branches of `select!`: `Some(job) = queue.recv() => run(job).await,`.
struct Branches(Vec<Branch>);

struct Branch {
    pattern: Pat,
    future: Expr,
    body: Expr,
}

impl Parse for Branches {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut branches = Vec::new();
        // `biased;`
        if input.peek2(Token![;]) {
            input.parse::<syn::Ident>()?;
            input.parse::<Token![;]>()?;
        }
        while !input.is_empty() {
            // `else => ..`, `complete => ..`
            let received = match input.peek2(Token![=>]) {
                true => {
                    input.call(<syn::Ident as syn::ext::IdentExt>::parse_any)?;
                    None
                }
                false => Some(received(input)?),
            };
            input.parse::<Token![=>]>()?;
            let body = Expr::parse_with_earlier_boundary_rule(input)?;
            input.parse::<Option<Token![,]>>()?;
            branches.extend(received.map(|(pattern, future)| Branch {
                pattern,
                future,
                body,
            }));
        }
        Ok(Branches(branches))
    }
}

/// `Some(job) = queue.recv(), if is_open`
fn received(input: ParseStream<'_>) -> syn::Result<(Pat, Expr)> {
    let pattern = Pat::parse_multi_with_leading_vert(input)?;
    input.parse::<Token![=]>()?;
    let future = input.parse()?;
    if input.parse::<Option<Token![,]>>()?.is_some() {
        input.parse::<Token![if]>()?;
        input.parse::<Expr>()?;
    }
    Ok((pattern, future))
}
