//! The two attribute macros.

/// Which macro was called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `#[traced]`.
    Span,
    /// `#[traced_spawn]`.
    SpawnSitesOnly,
}

impl Mode {
    pub(crate) fn macro_name(self) -> &'static str {
        match self {
            Mode::Span => "traced",
            Mode::SpawnSitesOnly => "traced_spawn",
        }
    }
}
