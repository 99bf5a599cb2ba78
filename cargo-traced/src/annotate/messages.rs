//! Loops that take messages. A function that is such a loop runs for as long as the program; what it calls for each
//! message is where an engineer looks for a span.

use syn::visit::{self, Visit};
use syn::{
    Block, Expr, ExprLoop, ExprMethodCall, ExprWhile, FnArg, GenericArgument, Local, PatType,
    PathArguments, ReturnType, Stmt, Type,
};

use crate::functions::Function;
use crate::syntax::mentions;

/// Methods that wait for a message of a channel.
const RECEIVES: &[&str] = &["blocking_recv", "recv", "recv_async", "recv_many"];

/// Calls that give a stream of messages from elsewhere.
const SUBSCRIBES: &[&str] = &["basic_consume", "queue_subscribe", "subscribe"];

/// Whether the function takes messages, until their channel is closed, from a channel that was there before it: one of
/// `self`, of a parameter, or that it subscribes to. A function with a result collects what it takes, and ends.
pub(super) fn takes_messages_for_ever(function: &Function<'_>) -> bool {
    let mut statements = function.block.stmts.iter();
    has_no_result(&function.signature.output)
        && statements.any(|statement| match statement {
            Stmt::Expr(Expr::While(looped), _) => {
                takes(&looped.cond).is_some_and(|call| is_lasting(call, function))
            }
            Stmt::Expr(Expr::Loop(looped), _) => taken_in(looped)
                .into_iter()
                .any(|call| is_lasting(call, function)),
            _ => false,
        })
}

/// Calls `each` with the body of each loop that takes messages, those of closures and `async` blocks included.
pub(super) fn loops(block: &Block, each: &mut dyn FnMut(&Block)) {
    struct Loops<'e> {
        each: &'e mut dyn FnMut(&Block),
    }
    impl<'ast> Visit<'ast> for Loops<'_> {
        fn visit_expr_while(&mut self, looped: &'ast ExprWhile) {
            if takes(&looped.cond).is_some() {
                (self.each)(&looped.body);
            }
            visit::visit_expr_while(self, looped);
        }

        fn visit_expr_loop(&mut self, looped: &'ast ExprLoop) {
            if !taken_in(looped).is_empty() {
                (self.each)(&looped.body);
            }
            visit::visit_expr_loop(self, looped);
        }

        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    Loops { each }.visit_block(block);
}

/// The call by which the statements of a `loop` take a message: `let Some(job) = rx.recv().await else { break };`.
fn taken_in(looped: &ExprLoop) -> Vec<&ExprMethodCall> {
    let statements = looped.body.stmts.iter();
    let found = statements.filter_map(|statement| match statement {
        Stmt::Local(Local {
            init: Some(init), ..
        }) => takes(&init.expr),
        Stmt::Expr(Expr::Match(matched), _) => takes(&matched.expr),
        Stmt::Expr(Expr::If(condition), _) => takes(&condition.cond),
        _ => None,
    });
    found.collect()
}

/// The call in `let Some(job) = rx.recv().await`, or in `rx.recv().await?`.
fn takes(expr: &Expr) -> Option<&ExprMethodCall> {
    match expr {
        Expr::Let(condition) => takes(&condition.expr),
        Expr::Await(awaited) => takes(&awaited.base),
        Expr::Try(tried) => takes(&tried.expr),
        Expr::Paren(inner) => takes(&inner.expr),
        Expr::MethodCall(call) => {
            let is = |names: &[&str]| names.iter().any(|name| call.method == name);
            match is(RECEIVES) || is(&["next", "try_next"]) {
                true => Some(call),
                false => takes(&call.receiver),
            }
        }
        _ => None,
    }
}

/// Whether the channel of the call was there before the function, or is one that it subscribes to.
fn is_lasting(call: &ExprMethodCall, function: &Function<'_>) -> bool {
    let Some(name) = root(&call.receiver) else {
        return false;
    };
    let is_channel = RECEIVES.iter().any(|name| call.method == name);
    let subscribes = |init: &Expr| {
        mentions(init, &|word| {
            SUBSCRIBES.contains(&word) || is_of_consumer(word)
        })
    };
    let statements = function.block.stmts.iter();
    let mut init = statements.filter_map(|statement| match statement {
        Stmt::Local(local) if mentions(&local.pat, &|word| word == name) => local.init.as_ref(),
        _ => None,
    });
    match init.next_back() {
        Some(init) if subscribes(&init.expr) => true,
        Some(init) => is_channel && mentions(&init.expr, &|word| word == "self"),
        None if name == "self" => is_channel || mentions(&call.receiver, &is_of_consumer),
        None => parameter(&name, function)
            .is_some_and(|parameter| is_channel || mentions(&parameter.ty, &is_of_consumer)),
    }
}

/// Whether a name is that of what gives messages from elsewhere: `StreamConsumer`, `subscriber`.
fn is_of_consumer(word: &str) -> bool {
    let word = word.to_lowercase();
    ["consumer", "subscriber", "subscription"]
        .iter()
        .any(|end| word.ends_with(end))
}

fn parameter<'f>(name: &str, function: &'f Function<'_>) -> Option<&'f PatType> {
    let mut inputs = function.signature.inputs.iter();
    inputs.find_map(|input| match input {
        FnArg::Typed(parameter) if mentions(&parameter.pat, &|word| word == name) => {
            Some(parameter)
        }
        _ => None,
    })
}

/// The variable that an expression begins with: `rx` of `(&mut rx.inner).as_mut()`.
fn root(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        Expr::Field(field) => root(&field.base),
        Expr::MethodCall(call) => root(&call.receiver),
        Expr::Reference(reference) => root(&reference.expr),
        Expr::Paren(inner) => root(&inner.expr),
        Expr::Await(awaited) => root(&awaited.base),
        Expr::Try(tried) => root(&tried.expr),
        _ => None,
    }
}

/// `()`, `!`, or a type around them, such as `Result<()>`.
fn has_no_result(output: &ReturnType) -> bool {
    fn is_nothing(ty: &Type) -> bool {
        match ty {
            Type::Tuple(tuple) => tuple.elems.is_empty(),
            Type::Never(_) => true,
            Type::Path(path) => path.path.segments.last().is_some_and(|last| {
                let PathArguments::AngleBracketed(arguments) = &last.arguments else {
                    return false;
                };
                let first = arguments.args.first();
                matches!(first, Some(GenericArgument::Type(inner)) if is_nothing(inner))
            }),
            _ => false,
        }
    }
    match output {
        ReturnType::Default => true,
        ReturnType::Type(_, ty) => is_nothing(ty),
    }
}
