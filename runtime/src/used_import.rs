//! Keeps `use traced::traced_spawn;` from being reported as unused.
//!
//! `#[traced]` removes the attribute `#[traced_spawn]` before rustc resolves it, so
//! the import would be unused. The same `use` also imports a trait of this name, and the
//! expansion names a method of the trait.

/// The trait that is imported together with the macro: see the module.
#[allow(non_camel_case_types)]
pub trait traced_spawn {
    /// Never called.
    fn __traced_is_used(&self) {}
}

/// The value whose method the expansion names.
#[derive(Debug)]
pub struct Import;

impl traced_spawn for Import {}

/// The same method for a macro that was not imported, one autoref level lower.
pub trait NotImported {
    /// Never called.
    fn __traced_is_used(&self) {}
}

impl NotImported for &Import {}
