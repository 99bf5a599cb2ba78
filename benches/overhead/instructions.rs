//! The sections whose instructions callgrind counts. Each has a fixed number of calls;
//! [`callgrind_boundary`] is called between them, at which callgrind writes a dump if `cargo xtask
//! bench-check` runs the program.

use std::hint::black_box;

use crate::modes::Mode;
use crate::variants::{self, Shape};

/// The number of calls in a section.
pub(crate) const CALLS: u64 = 200;

/// Marks the boundary between two sections.
#[inline(never)]
pub(crate) fn callgrind_boundary() {
    black_box(());
}

/// Runs every shape of every variant wanted, and prints the name of each section.
pub(crate) fn run(mode: Mode, wanted: &str) {
    mode.install(false);
    for variant in variants::wanted(wanted) {
        for shape in variant.shapes.iter().filter(|shape| shape.is_repeatable) {
            section(mode, variant.name, shape);
        }
    }
}

fn section(mode: Mode, variant: &str, shape: &Shape) {
    let surroundings = mode.surroundings(variant);
    // Leaves out what only the first calls do: lookups, thread-local values, allocated blocks.
    (shape.run)(2 * CALLS);
    mode.flush();
    callgrind_boundary();
    (shape.run)(CALLS);
    callgrind_boundary();
    drop(surroundings);
    let calls = CALLS * shape.spans;
    println!(
        "section\t{}\t{}\t{variant}\t{calls}",
        mode.name(),
        shape.name
    );
}
