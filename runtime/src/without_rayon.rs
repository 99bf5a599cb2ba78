//! Makes a parallel iterator an error without the feature `rayon`, as it would silently lose its context.

/// The length of an iterator that is not rayon's. No value of it is ever made.
#[derive(Debug)]
pub struct NoLength;

/// A method with the same name as one of rayon's iterators, for one more reference, so that
/// rayon's method is found first.
pub trait NotOfRayon {
    /// Never called.
    fn opt_len(&self) -> NoLength;
}

impl<I> NotOfRayon for &I {
    fn opt_len(&self) -> NoLength {
        NoLength
    }
}

/// The lengths of iterators that are not rayon's, which need no feature.
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
