//! Computation: how to pack an order.

use std::thread;

use traced::traced;

/// The sizes of the boxes, in pieces.
const BOXES: [u32; 4] = [1, 5, 12, 31];

/// The fewest boxes that hold exactly `pieces`.
#[traced(name = "pack", attributes(pieces, thread.name = thread::current().name()))]
pub(crate) fn fewest(pieces: u32) -> u32 {
    let mut fewest = vec![0_u32];
    for held in 1..=pieces {
        let before = BOXES.iter().filter_map(|size| held.checked_sub(*size));
        let before = before.map(|rest| fewest[rest as usize]);
        fewest.push(1 + before.min().unwrap_or_default());
    }
    fewest[pieces as usize]
}
