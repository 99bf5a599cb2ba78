//! The rules about arguments that exclude each other or do not fit the function.

use proc_macro2::Ident;
use syn::{Expr, ReturnType, Type};

use super::return_type::is_no_result;
use super::shape::{Shape, Unobserved};
use super::types::is_unit;
use crate::args::{Args, OfSpan, Place};
use crate::diagnostics::{self, Errors};
use crate::item::Head;

/// The rules for a function.
pub(super) fn check(args: &Args, head: &Head, shape: &Shape, errors: &mut Errors) {
    check_any(args, errors);
    check_result(args, head, shape, errors);
    check_observation(args, errors);
}

/// The rules for an expression inside a function.
pub(super) fn check_inside(args: &Args, errors: &mut Errors) {
    check_any(args, errors);
    check_place(args, errors);
}

fn check_any(args: &Args, errors: &mut Errors) {
    check_parents(args, errors);
    check_current(args, errors);
    check_skip(args, errors);
}

/// A span has one parent, and a root has none.
fn check_parents(args: &Args, errors: &mut Errors) {
    if let Some(parent) = &args.parent {
        if matches!(&parent.value, Expr::Path(path) if path.path.is_ident("None")) {
            errors.push(diagnostics::none_for_parent(&parent.value));
        }
    }
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

/// With `current` there is no new span, so the arguments that describe its start have no meaning.
fn check_current(args: &Args, errors: &mut Errors) {
    let Some(current) = &args.current else { return };
    let of_own_span = args.given().filter(|(_, row)| row.span == OfSpan::Own);
    for (other, _) in of_own_span {
        let why = "the current span has started already";
        errors.push(diagnostics::conflicting_arguments(other, &current.key, why));
    }
}

/// `skip` has a meaning only in an annotated container.
fn check_skip(args: &Args, errors: &mut Errors) {
    if let Some(skip) = &args.skip {
        errors.push(diagnostics::skip_outside_container(&skip.key));
    }
}

/// Rejects the arguments that apply only to whole functions where they stand on an expression.
fn check_place(args: &Args, errors: &mut Errors) {
    let of_functions = args
        .given()
        .filter(|(_, row)| row.place == Place::FunctionsOnly);
    for (key, _) in of_functions {
        errors.push(diagnostics::applies_to_whole_function(key));
    }
}

/// Arguments that look at the result need a function whose result can be observed.
fn check_result(args: &Args, head: &Head, shape: &Shape, errors: &mut Errors) {
    let on_ok = args.on_ok.as_ref().map(|list| &list.key);
    let on_err = args.on_err.as_ref().map(|list| &list.key);
    let error_if = args.error_if.as_ref().map(|error_if| &error_if.key);
    let fail_if = args.fail_if.as_ref().map(|fail_if| &fail_if.key);
    let attributes = on_ok.into_iter().chain(on_err).chain(fail_if);
    let of_errors = || on_err.into_iter().chain(error_if);
    let is_no_result = result(head, shape).is_none_or(is_no_result);
    if is_no_result {
        of_errors().for_each(|key| errors.push(diagnostics::needs_result(key)));
    }
    let has_value = result(head, shape).is_some_and(|returned| !is_unit(returned));
    if let (Some(key), false) = (fail_if, has_value) {
        errors.push(diagnostics::needs_value(key));
        return;
    }
    let mut reject = |key: &Ident, why: &str| {
        if !(is_no_result && of_errors().any(|other| other == key)) {
            errors.push(diagnostics::result_cannot_be_seen(key, why));
        }
    };
    let stays_in_place = "the body of a `#[track_caller]` function cannot be put into a closure";
    // Where the body stays in place, an exit is only tested for an error, and no attribute is recorded.
    match shape {
        Shape::GuardOnly(cause) => {
            let why = match cause {
                Unobserved::NeverReturns => "this function never returns".to_owned(),
                Unobserved::Opaque => "the return type does not say what it is".to_owned(),
                Unobserved::InPlace => stays_in_place.to_owned(),
                Unobserved::PassesOn(what) => {
                    format!("this function passes on a {what} that it did not make")
                }
            };
            attributes.chain(error_if).for_each(|key| reject(key, &why));
        }
        Shape::Observed(exit) => {
            let why = match exit.is_opaque {
                true => "the type of its `impl Trait` cannot be named",
                false => stays_in_place,
            };
            attributes.for_each(|key| reject(key, why));
        }
        Shape::AsyncNever => {
            attributes.for_each(|key| reject(key, "this function never returns"));
        }
        // Each item of the stream would record the same keys again.
        Shape::Stream(_) => on_ok
            .into_iter()
            .for_each(|key| reject(key, "a stream has many items")),
        _ => {}
    }
}

/// The type that is observed: the output of a future, the item of a stream, or the return type.
fn result<'m>(head: &'m Head, shape: &'m Shape) -> Option<&'m Type> {
    match (shape, &head.signature.output) {
        (Shape::Future(future), ReturnType::Type(_, returned)) => {
            Some(future.output.as_ref().unwrap_or(returned))
        }
        (Shape::Stream(stream), ReturnType::Type(_, returned)) => {
            Some(stream.item.as_ref().unwrap_or(returned))
        }
        (_, ReturnType::Type(_, returned)) => Some(returned),
        (_, ReturnType::Default) => None,
    }
}

/// `error_if` chooses among the errors, so it needs them to be recorded.
fn check_observation(args: &Args, errors: &mut Errors) {
    if let (Some(error_if), Some(off)) = (&args.error_if, &args.errors) {
        let why = "one chooses among errors and the other records none";
        errors.push(diagnostics::conflicting_arguments(
            &error_if.key,
            &off.key,
            why,
        ));
    }
}
