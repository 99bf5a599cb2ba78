//! Every attribute behind a condition, held and not, without a warning: `docs/optional.md`.
#![deny(warnings)]

use std::thread;

#[cfg_attr(all(), traced::traced)]
fn held(#[cfg_attr(all(), attribute("order.id"))] id: u64) -> u64 {
    #[cfg_attr(all(), traced(name = "double"))]
    let doubled = id * 2;
    #[cfg_attr(all(), traced_spawn(detached))]
    let thread = thread::spawn(move || doubled);
    match id {
        #[cfg_attr(all(), traced(name = "zero"))]
        0 => doubled,
        _ => thread.join().unwrap_or(doubled),
    }
}

#[cfg_attr(any(), traced::traced)]
fn not_held(#[cfg_attr(any(), attribute("order.id"))] id: u64) -> u64 {
    #[cfg_attr(any(), traced(name = "double"))]
    let doubled = id * 2;
    #[cfg_attr(any(), traced_spawn(detached))]
    let thread = thread::spawn(move || doubled);
    match id {
        #[cfg_attr(any(), traced(name = "zero"))]
        0 => doubled,
        _ => thread.join().unwrap_or(doubled),
    }
}

#[traced::traced]
fn held_in_part(#[cfg_attr(any(), attribute)] id: u64) -> u64 {
    #[cfg_attr(any(), traced(name = "double"))]
    let doubled = id * 2;
    #[cfg_attr(all(), cfg_attr(any(), traced), allow(unused_variables))]
    let unused = doubled;
    #[cfg_attr(any(), traced(name = "block"))]
    {
        doubled
    }
}

fn main() {
    assert_eq!(held(2), not_held(2));
    assert_eq!(held_in_part(2), 4);
}
