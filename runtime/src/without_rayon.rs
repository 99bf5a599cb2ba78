//! Parallel iterators without the feature `rayon`, which would leave their trace in silence.

/// The length of an iterator that is not rayon's; the type has no value.
#[derive(Debug)]
pub struct NoLength;

/// A method of the name that rayon's iterators have, behind one reference more than theirs, so that
/// theirs is found first.
pub trait NotOfRayon {
    /// Never called.
    fn opt_len(&self) -> NoLength;
}

impl<I> NotOfRayon for &I {
    fn opt_len(&self) -> NoLength {
        NoLength
    }
}

/// An iterator that is carried without a feature, told by its length.
#[diagnostic::on_unimplemented(
    message = "carrying the context into a parallel iterator needs the feature `rayon` of `traced`",
    label = "what this iterator does would be in no span",
    note = "list `rayon` among the features of `traced` in Cargo.toml, or leave the iterator alone with \
            `#[traced_spawn(detached)]` on the statement"
)]
pub trait NeedsNoFeature {}

impl NeedsNoFeature for NoLength {}

/// Fails to compile for the length of rayon's iterators.
pub fn carried_without_feature<L: NeedsNoFeature>(_: L) {}
