//! The kinds of copies of a crate.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Annotated,
    Migrated,
}

impl Kind {
    pub(super) fn folder(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Annotated => "annotated",
            Self::Migrated => "migrated",
        }
    }
}
