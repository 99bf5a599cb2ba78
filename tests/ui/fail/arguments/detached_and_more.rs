//! A detached site is left as it is, so nothing can be said of its span.

use traced::traced_spawn;

#[traced_spawn(detached, name = "job", link)]
fn conflicting() {}

#[traced_spawn(also)]
fn no_paths() {}

#[traced_spawn(link = true)]
fn no_value() {}

#[traced_spawn(error_if = |_| true)]
fn of_functions_only() {}

#[traced::traced(detached)]
fn of_units_only() {}

fn main() {
    conflicting();
    no_paths();
    no_value();
    of_functions_only();
    of_units_only();
}
