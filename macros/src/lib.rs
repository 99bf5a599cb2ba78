//! The attribute macros of `traced`.
