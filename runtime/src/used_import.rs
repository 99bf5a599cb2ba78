//! `use traced::traced_spawn;` for a macro that stands on statements only.
//!
//! `#[traced]` takes the attribute off the statement before rustc looks for a macro of its name, so
//! that the import would be unused. With the macro the same `use` imports a trait, of which the
//! expansion mentions a method.

/// See the module.
#[allow(non_camel_case_types)]
pub trait traced_spawn {
    /// Never called.
    fn __traced_is_used(&self) {}
}

/// For which the method is found.
#[derive(Debug)]
pub struct Import;

impl traced_spawn for Import {}

/// The same method for a macro that was not imported, one autoref level lower.
pub trait NotImported {
    /// Never called.
    fn __traced_is_used(&self) {}
}

impl NotImported for &Import {}
