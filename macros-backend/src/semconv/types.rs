//! What the tables of the semantic conventions say of an attribute.

/// The type of an attribute, as far as a literal can contradict it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    String,
    Int,
    Double,
    Boolean,
    Strings,
    Ints,
    /// Of several types, or one of a list of values that may be of any.
    Any,
    /// The start of a key: `http.request.header.<name>`.
    Template,
}

/// What to write instead of a deprecated key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instead {
    Renamed(&'static str),
    /// What the conventions advise, in their words.
    Note(&'static str),
    Removed,
    /// Still in force, in conventions of their own that are not among the data.
    Moved,
}
