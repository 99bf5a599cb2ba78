//! What callgrind counts: sections of a fixed number of calls, with a call of
//! [`callgrind_boundary`] between them, at which callgrind dumps its counts if
//! `cargo xtask bench-check` runs it.

use std::hint::black_box;

use crate::modes::Mode;
use crate::variants::{self, Shape};

/// How many calls stand in a section.
pub(crate) const CALLS: u64 = 200;

/// Where one section ends and the next begins.
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
    // Past the first lookups, allocations of thread-local blocks and the like.
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
