//! Messages that a function without a span receives and hands to an annotated one:
//! `while let Some(job) = queue.recv().await { run(job).await }`.

use std::collections::{HashMap, HashSet};

use syn::visit::{self, Visit};
use syn::{
    Expr, ExprCall, ExprForLoop, ExprLet, ExprMatch, ExprMethodCall, FnArg, Item, Local, Macro,
    Pat, PatIdent, PatType,
};

use super::carried::is_message;
use super::handled::{Doubt, Handled};
use super::kinds::{RECEIVERS, RECEIVING, SENDING, behind, message_of};
use super::parents::Parent;
use super::tree::{Kind, Ty};
use super::types::Types;
use super::variables::Variables;
use crate::audit::branches::{Branch, branches};
use crate::audit::program::Program;
use crate::audit::reachable;
use crate::functions::Function;
use crate::syntax::{mentions, path_of};

/// The messages that `receiver` hands on, and the annotated functions that it gives them to.
pub(super) fn handed_on<'a>(
    program: &Program<'a>,
    receiver: &'a Function<'a>,
    types: &Types<'_>,
) -> Vec<Handled<'a>> {
    let mut search = Search {
        program,
        receiver,
        variables: Variables::all(receiver, types),
        types,
        received: HashMap::new(),
        made_of_messages: HashSet::new(),
        found: Vec::new(),
    };
    search.visit_block(&receiver.block);
    search.found
}

/// A message that was received.
#[derive(Clone)]
struct Received {
    /// Its type, where it is known by the type of the channel.
    message: Option<Ty>,
    /// Whether it certainly comes from a channel, and not from a socket with a method `recv`.
    is_certain: bool,
}

struct Search<'p, 'a> {
    program: &'p Program<'a>,
    receiver: &'a Function<'a>,
    variables: Variables<'p>,
    types: &'p Types<'p>,
    /// The variables that are messages, or parts of one.
    received: HashMap<String, Received>,
    /// The variables that are made of them: `let context = extract(&order.headers);`
    made_of_messages: HashSet<String>,
    found: Vec<Handled<'a>>,
}

impl<'a> Search<'_, 'a> {
    /// Notes the variables of a pattern that is given a message or a part of one.
    fn bind(&mut self, pattern: &Pat, value: &Expr) {
        if let Some(message) = self.message(value) {
            self.bind_to(pattern, &message);
        } else if self.is_of_message(value) {
            self.made_of_messages.extend(names(pattern));
        }
    }

    fn bind_to(&mut self, pattern: &Pat, message: &Received) {
        let names = names(pattern).into_iter();
        self.received
            .extend(names.map(|name| (name, message.clone())));
    }

    /// Whether a value is a message that was received, or a part of one.
    fn message(&self, value: &Expr) -> Option<Received> {
        if let Some(known) = root(value).and_then(|name| self.received.get(&name)) {
            return Some(known.clone());
        }
        let mut receives = Receives {
            variables: &self.variables,
            types: self.types,
            found: None,
        };
        receives.visit_expr(value);
        receives.found
    }

    fn is_of_message(&self, value: &Expr) -> bool {
        mentions(value, &|word| {
            self.received.contains_key(word) || self.made_of_messages.contains(word)
        })
    }

    /// A call of an annotated function, where one of the arguments is a message.
    fn consider<'e>(&mut self, callee: &'a Function<'a>, given: impl Iterator<Item = &'e Expr>) {
        if !callee.is_traced() {
            return;
        }
        let parameters = callee.signature.inputs.iter();
        let parameters = parameters.filter_map(|input| match input {
            FnArg::Typed(parameter) => Some(parameter),
            FnArg::Receiver(_) => None,
        });
        let given: Vec<(&Expr, &PatType)> = given.zip(parameters).collect();
        let of_messages = given.iter().filter(|(value, _)| self.is_of_message(value));
        let of_messages = of_messages.flat_map(|(_, parameter)| names(&parameter.pat));
        let has_other_parent = match Parent::of(callee, &of_messages.collect()) {
            Parent::OfMessage => return,
            Parent::Other => true,
            Parent::None => false,
        };
        for (value, parameter) in given {
            let Some(Received {
                message,
                is_certain,
            }) = root(value).and_then(|name| self.received.get(&name))
            else {
                continue;
            };
            let of_parameter =
                || is_whole(value).then(|| self.type_of_parameter(callee, parameter));
            let message = message.clone().or_else(|| of_parameter().flatten());
            self.found.extend(message.map(|message| Handled {
                message,
                by: callee,
                receiver: self.receiver,
                doubt: match (is_certain, has_other_parent) {
                    (false, _) => Some(Doubt::NoChannel),
                    (true, true) => Some(Doubt::OtherParent),
                    (true, false) => None,
                },
            }));
        }
    }

    fn type_of_parameter(&self, callee: &Function<'_>, parameter: &PatType) -> Option<Ty> {
        let mut ty = self.types.ty(&parameter.ty, &self.types.place(callee));
        while let Kind::Reference(same) = ty.kind {
            ty = *same;
        }
        is_message(self.types, &ty).then_some(ty)
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
        let end = self.variables.type_of(&found.expr);
        match end.and_then(|end| received(&end, self.types)) {
            Some(message) => self.bind_to(&found.pat, &message),
            // `for job in queue.iter()`
            None => self.bind(&found.pat, &found.expr),
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
        for Branch {
            pattern,
            future,
            body,
        } in &branches(mac).unwrap_or_default()
        {
            self.bind(pattern, future);
            self.visit_expr(future);
            self.visit_expr(body);
        }
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// What is received from an end of a channel, unless it has its context with it.
fn received(end: &Ty, types: &Types<'_>) -> Option<Received> {
    let message = message_of(end, RECEIVERS)?;
    let known = is_message(types, message).then(|| message.clone());
    (known.is_some() || message.is_inferred()).then_some(Received {
        message: known,
        is_certain: true,
    })
}

/// Whether a type that is no end of a channel may take messages out of one: a type of the program around such an end, or
/// one that another crate names like that.
fn may_receive(end: &Ty, types: &Types<'_>) -> bool {
    let end = behind(end);
    match end.name_elsewhere() {
        Some(name) => name.ends_with("Receiver") && !RECEIVERS.contains(&name),
        None => {
            let fields = types.fields(end);
            fields
                .iter()
                .any(|(_, field)| message_of(field, RECEIVERS).is_some())
        }
    }
}

/// Finds a call that receives a message.
struct Receives<'v> {
    variables: &'v Variables<'v>,
    types: &'v Types<'v>,
    found: Option<Received>,
}

impl Receives<'_> {
    fn received(&self, call: &ExprMethodCall) -> Option<Received> {
        // Iterators have a `next` too.
        let may_be_channel = call.method.to_string().contains("recv");
        let unknown = Received {
            message: None,
            is_certain: false,
        };
        match self.variables.type_of(&call.receiver) {
            Some(end) => received(&end, self.types)
                .or_else(|| (may_be_channel && may_receive(&end, self.types)).then_some(unknown)),
            None => may_be_channel.then_some(unknown),
        }
    }
}

impl<'ast> Visit<'ast> for Receives<'_> {
    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if RECEIVING.iter().any(|method| call.method == method)
            && let Some(received) = self.received(call)
        {
            self.found = Some(received);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
    fn visit_expr_block(&mut self, _: &'ast syn::ExprBlock) {}
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
    fn visit_item(&mut self, _: &'ast Item) {}
}

/// The variables that a pattern binds.
fn names(pattern: &Pat) -> Vec<String> {
    struct Names(Vec<String>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, name: &'ast PatIdent) {
            self.0.push(name.ident.to_string());
            visit::visit_pat_ident(self, name);
        }
    }
    let mut names = Names(Vec::new());
    names.visit_pat(pattern);
    names.0
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
