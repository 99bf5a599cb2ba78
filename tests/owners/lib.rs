//! An empty library: the tests of the package are in `main.rs`.
