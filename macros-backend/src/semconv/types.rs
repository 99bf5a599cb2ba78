//! The columns of the tables of the semantic conventions.

/// The type of an attribute, for a comparison with literals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    String,
    Int,
    Double,
    Boolean,
    Strings,
    Ints,
    /// Several types, or an enumeration of values.
    Any,
    /// The start of a key: `http.request.header.<name>`.
    Template,
}

/// The replacement of a deprecated key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instead {
    Renamed(&'static str),
    /// The advice of the conventions, as it is written there.
    Note(&'static str),
    Removed,
    /// Still in force, in other conventions that are not in the tables.
    Moved,
}
