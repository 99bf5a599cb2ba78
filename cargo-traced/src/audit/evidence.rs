//! Whether spawned work logs, makes spans, or calls functions of the program that do. Where none of this happens, no span
//! can be lost, and there is nothing to report.

use syn::punctuated::Punctuated;
use syn::{Block, Expr, ExprMethodCall, Macro, Token};

use super::calls::{Call, in_block, in_expression};
use super::needless::METHODS;
use super::program::Program;
use super::reachable::type_of;
use crate::functions::{Function, has_attribute};
use crate::syntax::{mentions, path_of};

/// What spawned work does, as far as the function that spawns it shows.
pub(super) struct Work<'a> {
    /// It logs or makes a span itself.
    pub(super) records: bool,
    /// The functions of the program that it calls.
    pub(super) calls: Vec<&'a Function<'a>>,
    /// It calls functions that do not look at the context: `#[traced(root)]`, `#[traced(parent = order)]`.
    pub(super) begins_traces: bool,
}

/// The work of expressions of a function. A method of an unknown type may be any of its name that takes as many arguments.
pub(super) fn of<'a>(units: &[&Expr], program: &Program<'a>, from: &Function<'a>) -> Work<'a> {
    let mut records = false;
    let mut called: Vec<&'a Function<'a>> = Vec::new();
    for unit in units {
        // `spawn_blocking(load)`
        called.extend(program.resolve(&path_of(unit), from));
        in_expression(unit, &mut |call| match call {
            // `.map_err(|error| Error::io(error))`
            Call::Function(path) if makes_an_error(path) => {}
            Call::Function(path) => called.extend(program.resolve(path, from)),
            Call::Method(call) => {
                // `ids.map(load)`
                let given = call.args.iter().map(path_of);
                called.extend(given.filter_map(|path| program.resolve(&path, from)));
                let name = call.method.to_string();
                let owner = type_of(program, &call.receiver, from);
                let is_foreign = match &owner {
                    Some(owner) => !may_be_of_program(owner, program, from),
                    None => is_made_by_another_crate(&call.receiver, program, from),
                };
                let of_trait = owner.as_ref().map(|owner| of_trait(owner, call, program));
                let typed = owner.and_then(|owner| program.resolve(&[owner, name.clone()], from));
                match typed {
                    Some(method) => called.push(method),
                    None if of_trait.as_ref().is_some_and(|methods| !methods.is_empty()) => {
                        called.extend(of_trait.into_iter().flatten());
                    }
                    None if is_foreign => {}
                    // `path.display()` is the standard library's, as far as anybody knows.
                    None if METHODS.contains(&name.as_str()) => {}
                    None => called.extend(program.named(&name).filter(|method| {
                        method.signature.receiver().is_some()
                            && method.signature.inputs.len() == call.args.len() + 1
                    })),
                }
            }
            Call::Macro(mac) => records |= is_record(mac),
        });
    }
    let calls = called.len();
    called.retain(|function| !function.has_parent_of_its_own());
    Work {
        records,
        begins_traces: called.len() < calls,
        calls: called,
    }
}

/// Whether a value comes from a call of another crate and what is called on that, without anything of the program among the
/// arguments: `runtime::Builder::new_current_thread().enable_all()`.
fn is_made_by_another_crate(value: &Expr, program: &Program<'_>, from: &Function<'_>) -> bool {
    let takes_nothing = |arguments: &Punctuated<Expr, Token![,]>| {
        arguments.iter().all(|one| matches!(one, Expr::Lit(_)))
    };
    match value {
        Expr::Await(inner) => is_made_by_another_crate(&inner.base, program, from),
        Expr::Try(inner) => is_made_by_another_crate(&inner.expr, program, from),
        Expr::MethodCall(call) => {
            takes_nothing(&call.args) && is_made_by_another_crate(&call.receiver, program, from)
        }
        Expr::Call(call) => {
            let path = program.full_path(&path_of(&call.func), from);
            let is_of_crate = path.len() > 1
                && (path[0] == "std" || program.package.dependencies.has_crate(&path[0]));
            is_of_crate && takes_nothing(&call.args) && program.resolve(&path, from).is_none()
        }
        _ => false,
    }
}

fn makes_an_error(path: &[String]) -> bool {
    matches!(path, [.., owner, _] if owner.ends_with("Error"))
}

/// The methods of the types of the program that implement a trait: `repo.find(id)` with `repo: Arc<dyn Repo>`.
fn of_trait<'a>(
    owner: &str,
    call: &ExprMethodCall,
    program: &Program<'a>,
) -> Vec<&'a Function<'a>> {
    let name = call.method.to_string();
    let named = program.named(&name);
    named.filter(|method| implements(method, owner)).collect()
}

fn implements(function: &Function<'_>, name: &str) -> bool {
    let container = function.container.as_ref();
    let implemented = container.and_then(|container| container.implements.as_ref());
    implemented.is_some_and(|path| path.last().is_some_and(|last| last == name))
}

/// Whether a type or trait has methods in the program, or is a parameter of the function's generics.
fn may_be_of_program(owner: &str, program: &Program<'_>, from: &Function<'_>) -> bool {
    owner == "Self"
        || owner == "dyn"
        || mentions(&from.signature.generics, &|word| word == owner)
        || program.functions.iter().any(|function| {
            let container = function.container.as_ref();
            container.is_some_and(|container| container.name == owner)
                || implements(function, owner)
        })
}

/// Whether a function has a span that is a part of its caller's trace, makes one or logs there.
pub(super) fn records_for_its_caller(function: &Function<'_>) -> bool {
    !function.has_parent_of_its_own() && has_records(function)
}

/// Whether a function has a span, makes one or logs.
pub(super) fn has_records(function: &Function<'_>) -> bool {
    function.is_traced()
        || has_attribute(&function.attributes, &["instrument"])
        || logs(&function.block)
}

/// Whether a block logs or makes a span.
pub(super) fn logs(block: &Block) -> bool {
    let mut found = false;
    in_block(block, &mut |call| {
        if let Call::Macro(mac) = call {
            found |= is_record(mac);
        }
    });
    found
}

/// `info!(..)`, `tracing::event!(..)`, `error_span!(..)`, `traced::span!(..)`; also in the branches of `select!`.
fn is_record(mac: &Macro) -> bool {
    const RECORDS: &[&str] = &["debug", "error", "event", "info", "log", "trace", "warn"];
    let is_one = |name: &str| RECORDS.contains(&name) || name == "span" || name.ends_with("_span");
    let last = mac.path.segments.last();
    last.is_some_and(|last| {
        let name = last.ident.to_string();
        is_one(&name)
            || (name.starts_with("select") && mentions(mac.tokens.clone(), &|word| is_one(word)))
    })
}
