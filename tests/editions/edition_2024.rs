//! Edition 2024: see `cases.rs`.

mod asynchronous;
mod cases;

#[test]
fn this_is_the_order_of_edition_2024() {
    let found = cases::order(|log| {
        let _x = {
            let _local = cases::Noisy("local", log);
            cases::Noisy("temporary", log).value()
        };
    });
    assert_eq!(found, ["temporary", "local"]);
}
