//! The functions that a function calls, itself or through other functions.

use std::collections::HashSet;

use syn::{Block, Expr, ExprMethodCall, Pat};

use super::branches::{NamedCall, calls_in_branches};
use super::calls::{Call, in_block};
use super::program::{Program, type_name};
use super::variables::value_of;
use crate::functions::Function;
use crate::syntax::path_of;

/// The depth to which calls are followed.
const DEPTH: usize = 5;

/// The functions that functions call, themselves included.
pub(super) struct Reachable<'a> {
    /// The functions of calls that have one possible target.
    pub(super) certain: Vec<&'a Function<'a>>,
    /// The functions of method calls that have several possible targets, because the type is not known.
    pub(super) possible: Vec<&'a Function<'a>>,
    /// Whether it calls a function of this package that is in no source, because a macro makes it.
    pub(super) is_unknown: bool,
}

pub(super) fn from<'a>(program: &Program<'a>, starts: Vec<&'a Function<'a>>) -> Reachable<'a> {
    let mut search = Search {
        program,
        seen: HashSet::new(),
        candidates: Vec::new(),
        is_unknown: false,
    };
    let certain = search.follow(starts);
    // Methods that only these call by an unknown type are not followed: a second guess would be worth nothing.
    let candidates = std::mem::take(&mut search.candidates);
    let is_unknown = search.is_unknown;
    let possible = search.follow(candidates);
    Reachable {
        certain,
        possible,
        is_unknown,
    }
}

/// The functions that a block of a function certainly calls, also in the branches of `select!` and `join!`.
pub(super) fn called_in<'a>(
    program: &Program<'a>,
    block: &Block,
    from: &Function<'a>,
) -> Vec<&'a Function<'a>> {
    let mut found = Vec::new();
    in_block(block, &mut |call| match call {
        Call::Function(path) => found.extend(program.resolve(path, from)),
        Call::Method(call) => found.extend(method(program, call, from)),
        Call::Macro(_) => {}
    });
    found.extend(
        calls_in_branches(block)
            .iter()
            .filter_map(|call| match call {
                NamedCall::Function(path) => program.resolve(path, from),
                NamedCall::Method(name) => only_method(program, name),
            }),
    );
    found
}

/// The method that a call certainly leads to: that of the receiver's type, or the only one of its name.
pub(super) fn method<'a>(
    program: &Program<'a>,
    call: &ExprMethodCall,
    from: &Function<'_>,
) -> Option<&'a Function<'a>> {
    method_of_type(program, call, from).or_else(|| only_method(program, &call.method.to_string()))
}

/// The method that a call leads to, if the function shows the type of the receiver.
pub(super) fn method_of_type<'a>(
    program: &Program<'a>,
    call: &ExprMethodCall,
    from: &Function<'_>,
) -> Option<&'a Function<'a>> {
    let owner = type_of(program, &call.receiver, from)?;
    program.resolve(&[owner, call.method.to_string()], from)
}

fn only_method<'a>(program: &Program<'a>, name: &str) -> Option<&'a Function<'a>> {
    let mut methods = methods(program, name);
    methods.next().filter(|_| methods.next().is_none())
}

/// The methods of a name, whatever the type.
fn methods<'a>(program: &Program<'a>, name: &str) -> impl Iterator<Item = &'a Function<'a>> {
    program
        .named(name)
        .filter(|function| function.container.is_some())
}

struct Search<'p, 'a> {
    program: &'p Program<'a>,
    /// The functions that were looked at, by file and place.
    seen: HashSet<(&'a str, usize)>,
    /// The possible targets of method calls whose type is not known.
    candidates: Vec<&'a Function<'a>>,
    is_unknown: bool,
}

impl<'a> Search<'_, 'a> {
    fn follow(&mut self, starts: Vec<&'a Function<'a>>) -> Vec<&'a Function<'a>> {
        let mut found = Vec::new();
        let mut level = starts;
        for _ in 0..=DEPTH {
            let seen = &mut self.seen;
            level.retain(|function| seen.insert((function.file.shown.as_str(), function.start)));
            let next = level.iter().flat_map(|function| self.called(function));
            let next = next.collect();
            found.append(&mut level);
            level = next;
        }
        found
    }

    /// The functions that a body certainly calls.
    fn called(&mut self, function: &'a Function<'a>) -> Vec<&'a Function<'a>> {
        let mut found = Vec::new();
        in_block(&function.block, &mut |call| match call {
            Call::Function(path) => match self.program.resolve(path, function) {
                Some(callee) => found.push(callee),
                None => self.is_unknown |= self.is_missing(path, function),
            },
            Call::Method(call) => found.extend(self.method(call, function)),
            Call::Macro(_) => {}
        });
        found
    }

    /// Whether a path leads to a function of this package that is not in its sources.
    fn is_missing(&self, path: &[String], from: &Function<'_>) -> bool {
        let begins_small = |name: &String| name.starts_with(char::is_lowercase);
        self.program
            .in_library(path, from)
            .is_some_and(|path| path.iter().all(begins_small))
    }

    fn method(
        &mut self,
        call: &ExprMethodCall,
        from: &'a Function<'a>,
    ) -> Option<&'a Function<'a>> {
        let found = method(self.program, call, from);
        if found.is_none() {
            let name = call.method.to_string();
            self.candidates.extend(methods(self.program, &name));
        }
        found
    }
}

/// The name of the type of a value, if the function shows it: `Broker::new(..)`, or a variable that is declared as
/// such a value.
pub(super) fn type_of(program: &Program<'_>, value: &Expr, from: &Function<'_>) -> Option<String> {
    /// Methods whose result stands for their receiver, or for the value in it.
    const SAME: &[&str] = &["await", "clone", "expect", "unwrap", "unwrap_or_else"];
    match value {
        Expr::Await(inner) => type_of(program, &inner.base, from),
        Expr::Group(inner) => type_of(program, &inner.expr, from),
        Expr::Paren(inner) => type_of(program, &inner.expr, from),
        Expr::Reference(inner) => type_of(program, &inner.expr, from),
        Expr::Try(inner) => type_of(program, &inner.expr, from),
        Expr::Struct(made) => made.path.segments.last().map(|last| last.ident.to_string()),
        Expr::Call(call) => {
            let path = path_of(&call.func);
            let (_, owners) = path.split_last()?;
            let owner = owners.last()?;
            let is_type = owner.starts_with(char::is_uppercase);
            match program.resolve(&path, from) {
                Some(maker) => made_by(maker),
                None => is_type.then(|| owner.clone()),
            }
        }
        Expr::MethodCall(call) if SAME.iter().any(|name| call.method == name) => {
            type_of(program, &call.receiver, from)
        }
        Expr::MethodCall(call) => {
            let owner = type_of(program, &call.receiver, from)?;
            let path = [owner, call.method.to_string()];
            made_by(program.resolve(&path, from)?)
        }
        Expr::Field(field) => {
            let owner = type_of(program, &field.base, from)?;
            match &field.member {
                syn::Member::Named(name) => program.field_type(&owner, &name.to_string()),
                syn::Member::Unnamed(_) => None,
            }
        }
        Expr::Path(path) if path.path.is_ident("self") => {
            from.container.as_ref().map(|around| around.name.clone())
        }
        Expr::Path(path) => {
            let name = path.path.get_ident()?;
            match value_of(name, from, &|_| true) {
                Some(value) => type_of(program, value, from),
                None => parameter_type(from, &name.to_string()),
            }
        }
        _ => None,
    }
}

/// The type of a parameter, also of one that is taken out of a wrapper: `State(app): State<App>`.
fn parameter_type(from: &Function<'_>, name: &str) -> Option<String> {
    from.signature.inputs.iter().find_map(|input| match input {
        syn::FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(pattern) if pattern.ident == name => type_name(&typed.ty),
            Pat::TupleStruct(wrapper) => match wrapper.elems.first()? {
                Pat::Ident(pattern) if pattern.ident == name => wrapped_type(&typed.ty),
                _ => None,
            },
            _ => None,
        },
        syn::FnArg::Receiver(_) => None,
    })
}

/// `App` of `State<App>`.
fn wrapped_type(wrapper: &syn::Type) -> Option<String> {
    let syn::Type::Path(path) = wrapper else {
        return None;
    };
    match &path.path.segments.last()?.arguments {
        syn::PathArguments::AngleBracketed(arguments) => match arguments.args.first()? {
            syn::GenericArgument::Type(inner) => type_name(inner),
            _ => None,
        },
        _ => None,
    }
}

/// The name of the type that a function returns, also in a `Result` or an `Option`.
fn made_by(maker: &Function<'_>) -> Option<String> {
    let syn::ReturnType::Type(_, ty) = &maker.signature.output else {
        return None;
    };
    let name = type_name(in_result(ty))?;
    match name == "Self" {
        true => Some(maker.container.as_ref()?.name.clone()),
        false => Some(name),
    }
}

/// `T` of `Result<T, E>`. What is in a pointer or an `Option` is found by [`type_name`].
fn in_result(ty: &syn::Type) -> &syn::Type {
    let last = match ty {
        syn::Type::Path(path) => path.path.segments.last(),
        _ => None,
    };
    let arguments = last.filter(|last| last.ident.to_string().ends_with("Result"));
    match arguments.map(|last| &last.arguments) {
        Some(syn::PathArguments::AngleBracketed(arguments)) => match arguments.args.first() {
            Some(syn::GenericArgument::Type(inner)) => inner,
            _ => ty,
        },
        _ => ty,
    }
}
