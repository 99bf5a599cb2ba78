//! `traced`.

#[cfg(feature = "console")]
pub mod console;
