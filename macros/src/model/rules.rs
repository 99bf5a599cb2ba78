//! What arguments may not say together, or of this function.

use syn::ReturnType;

use super::shape::Shape;
use crate::args::Args;
use crate::diagnostics::{self, Errors};
use crate::item::Head;

/// The rules for a function.
pub(super) fn check(args: &Args, head: &Head, shape: &Shape, errors: &mut Errors) {
    check_any(args, errors);
    check_result(args, shape, errors);
    check_observation(args, head, errors);
}

/// The rules for an expression in one.
pub(super) fn check_inside(args: &Args, errors: &mut Errors) {
    check_any(args, errors);
    check_of_function(args, errors);
}

fn check_any(args: &Args, errors: &mut Errors) {
    check_parents(args, errors);
    check_current(args, errors);
    check_skip(args, errors);
}

/// A root has no parent, and any other span has one.
fn check_parents(args: &Args, errors: &mut Errors) {
    let root = args.root.as_ref().map(|root| &root.key);
    let parent = args.parent.as_ref().map(|parent| &parent.key);
    let extract = args.extract.as_ref().map(|extract| &extract.key);
    for (key, other, why) in [
        (root, parent, "a root has no parent"),
        (root, extract, "a root has no parent"),
        (extract, parent, "a span has one parent"),
    ] {
        if let (Some(key), Some(other)) = (key, other) {
            errors.push(diagnostics::conflicting_arguments(key, other, why));
        }
    }
}

/// Without a span of its own, there is nothing to say of one.
fn check_current(args: &Args, errors: &mut Errors) {
    let Some(current) = &args.current else { return };
    let others = [
        args.name.as_ref().map(|arg| &arg.key),
        args.kind.as_ref().map(|arg| &arg.key),
        args.parent.as_ref().map(|arg| &arg.key),
        args.extract.as_ref().map(|arg| &arg.key),
        args.links.as_ref().map(|arg| &arg.key),
        args.scope.as_ref().map(|arg| &arg.key),
        args.root.as_ref().map(|arg| &arg.key),
    ];
    for other in others.into_iter().flatten() {
        let why = "the current span has started already";
        errors.push(diagnostics::conflicting_arguments(other, &current.key, why));
    }
}

/// A function that stands alone is left out by having no attribute.
fn check_skip(args: &Args, errors: &mut Errors) {
    if let Some(skip) = &args.skip {
        errors.push(diagnostics::skip_outside_container(&skip.key));
    }
}

/// What is said of a whole function is not said of an expression in it.
fn check_of_function(args: &Args, errors: &mut Errors) {
    let keys = [
        args.returns.as_ref().map(|arg| &arg.key),
        args.spawn.as_ref().map(|arg| &arg.key),
        args.krate.as_ref().map(|arg| &arg.key),
    ];
    for key in keys.into_iter().flatten() {
        errors.push(diagnostics::says_it_of_function(key));
    }
}

/// A result that stays where it is can be asked whether it is an error, but not
/// for attributes.
fn check_result(args: &Args, shape: &Shape, errors: &mut Errors) {
    let why = match shape {
        Shape::Guarded => "this function returns none that can be looked at",
        Shape::Observed(_) => "this function's body stays as it is",
        Shape::AsyncNever => "this function never returns",
        Shape::Stream(_) => "a stream has many",
        _ => return,
    };
    for list in [&args.on_ok, &args.on_err].into_iter().flatten() {
        errors.push(diagnostics::result_cannot_be_seen(&list.key, why));
    }
}

/// Errors are asked of a function that has some.
fn check_observation(args: &Args, head: &Head, errors: &mut Errors) {
    let Some(error_if) = &args.error_if else {
        return;
    };
    if let Some(off) = &args.errors {
        let why = "one chooses among errors and the other records none";
        errors.push(diagnostics::conflicting_arguments(
            &error_if.key,
            &off.key,
            why,
        ));
    }
    if matches!(head.signature.output, ReturnType::Default) {
        errors.push(diagnostics::error_if_needs_result(&error_if.key));
    }
}
