//! Edition 2018: see `cases.rs`.

// The cases depend on when temporaries are dropped, so clippy's shorter forms do not apply.
#![allow(
    clippy::redundant_pattern_matching,
    clippy::semicolon_if_nothing_returned
)]

mod asynchronous;
mod cases;

#[test]
fn this_is_the_order_of_edition_2018() {
    let found = cases::order(|log| {
        let _x = {
            let _local = cases::Noisy("local", log);
            cases::Noisy("temporary", log).value()
        };
    });
    assert_eq!(found, ["local", "temporary"]);
}
