//! The measurements are `[[bench]]` targets; this library is empty.
