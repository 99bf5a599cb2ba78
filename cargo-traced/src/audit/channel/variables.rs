//! The variables of a function whose types are written: at its parameters, at those of its closures, and where they are
//! made of others.

use std::collections::HashMap;

use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Expr, ExprCall, FnArg, GenericArgument, Item, Local, Pat, PatTupleStruct, PathArguments,
};

use super::kinds::{behind, maker};
use super::tree::Ty;
use super::types::{Place, Types};
use crate::functions::Function;
use crate::syntax::path_of;

/// Methods whose result stands for their receiver, or for the value in it.
const SAME: &[&str] = &[
    "as_mut",
    "as_ref",
    "borrow",
    "borrow_mut",
    "by_ref",
    "clone",
    "expect",
    "get_mut",
    "lock",
    "read",
    "take",
    "unwrap",
    "write",
];

pub(super) struct Variables<'f> {
    by_name: HashMap<String, Ty>,
    types: &'f Types<'f>,
    place: Place,
    /// The type that the function is a method of.
    own: Option<Ty>,
    /// Whether the ends of channels that the function makes are among them.
    has_own_channels: bool,
}

impl<'f> Variables<'f> {
    /// Those that the function is given, and what it makes of them.
    pub(super) fn given(function: &Function<'_>, types: &'f Types<'f>) -> Self {
        Self::of(function, types, false)
    }

    /// The same, and the ends of channels that it makes.
    pub(super) fn all(function: &Function<'_>, types: &'f Types<'f>) -> Self {
        Self::of(function, types, true)
    }

    fn of(function: &Function<'_>, types: &'f Types<'f>, has_own_channels: bool) -> Self {
        let place = types.place(function);
        let mut variables = Variables {
            by_name: HashMap::new(),
            types,
            own: place.own().cloned(),
            place,
            has_own_channels,
        };
        for input in &function.signature.inputs {
            if let FnArg::Typed(parameter) = input {
                let ty = types.ty(&parameter.ty, &variables.place);
                variables.declare(&parameter.pat, ty);
            }
        }
        variables.visit_block(&function.block);
        variables
    }

    pub(super) fn type_of(&self, expr: &Expr) -> Option<Ty> {
        match expr {
            Expr::Path(_) => match path_of(expr).as_slice() {
                [name] if name == "self" => self.own.clone(),
                [name] => self.by_name.get(name).cloned(),
                _ => None,
            },
            Expr::Field(field) => {
                let owner = self.type_of(&field.base)?;
                let member = field.member.to_token_stream().to_string();
                self.types.field(behind(&owner), &member)
            }
            Expr::MethodCall(call) if SAME.iter().any(|method| call.method == method) => {
                self.type_of(&call.receiver)
            }
            Expr::Await(same) => self.type_of(&same.base),
            Expr::Paren(same) => self.type_of(&same.expr),
            Expr::Reference(same) => self.type_of(&same.expr),
            Expr::Try(same) => self.type_of(&same.expr),
            Expr::Unary(same) => self.type_of(&same.expr),
            _ => None,
        }
    }

    /// `jobs: Sender<Job>`, and `State(jobs): State<Sender<Job>>`.
    fn declare(&mut self, pattern: &Pat, ty: Ty) {
        match pattern {
            Pat::Ident(name) => drop(self.by_name.insert(name.ident.to_string(), ty)),
            Pat::Type(typed) => {
                let ty = self.types.ty(&typed.ty, &self.place);
                self.declare(&typed.pat, ty);
            }
            Pat::TupleStruct(PatTupleStruct { elems, .. }) if elems.len() == 1 => {
                if let Some(content) = ty.first_argument() {
                    self.declare(&elems[0], content.clone());
                }
            }
            _ => {}
        }
    }

    /// `let (jobs, queue) = mpsc::channel::<Job>(8);`
    fn declare_channel(&mut self, ends: [&Pat; 2], call: &ExprCall) {
        let Some(made) = maker(&call.func) else {
            return;
        };
        let written = match &made.arguments {
            PathArguments::AngleBracketed(arguments) => arguments.args.first(),
            _ => None,
        };
        let message = match written {
            Some(GenericArgument::Type(message)) => self.types.ty(message, &self.place),
            _ => Ty::inferred(),
        };
        for (end, name) in ends.into_iter().zip(["Sender", "Receiver"]) {
            self.declare(end, Ty::foreign(name, message.clone()));
        }
    }
}

impl<'ast> Visit<'ast> for Variables<'_> {
    fn visit_local(&mut self, local: &'ast Local) {
        let made = local.init.as_ref().map(|init| &*init.expr);
        match (&local.pat, made) {
            (Pat::Type(typed), _) => {
                let ty = self.types.ty(&typed.ty, &self.place);
                self.declare(&typed.pat, ty);
            }
            // `let jobs = self.jobs.clone();`
            (name @ Pat::Ident(_), Some(made)) => {
                if let Some(ty) = self.type_of(made) {
                    self.declare(name, ty);
                }
            }
            (Pat::Tuple(pair), Some(Expr::Call(call)))
                if self.has_own_channels && pair.elems.len() == 2 =>
            {
                self.declare_channel([&pair.elems[0], &pair.elems[1]], call);
            }
            _ => {}
        }
        visit::visit_local(self, local);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}
