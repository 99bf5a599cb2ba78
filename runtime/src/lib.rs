//! `traced`.
