//! Nothing: the tests of the package are in `main.rs`.
