//! The part of a poll that does not depend on the future's type.

use crate::failure::Failure;

/// The part of a poll that is generic over the future; the rest is compiled once for all of them.
pub(super) trait Step {
    /// Polls the inner future; `true` if it is ready.
    fn poll(&mut self) -> bool;

    /// The failure in the output, if there is one.
    fn observe(&mut self) -> Option<Failure>;
}
