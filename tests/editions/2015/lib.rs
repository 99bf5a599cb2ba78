//! The tests stand beside this package, as each edition shares them.
