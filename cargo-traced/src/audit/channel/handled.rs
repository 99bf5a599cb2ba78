//! A message that is received and handled in a span, and why it may need no context.

use super::tree::Ty;
use crate::functions::Function;

/// A message that is received, and handled in a span.
pub(super) struct Handled<'a> {
    pub(super) message: Ty,
    /// The annotated function in whose span it is handled.
    pub(super) by: &'a Function<'a>,
    /// The function that receives it.
    pub(super) receiver: &'a Function<'a>,
    pub(super) doubt: Option<Doubt>,
}

/// Why a message may need no context, or not be the one that was sent.
#[derive(Clone, Copy)]
pub(super) enum Doubt {
    /// Both sides may run in one trace.
    SameTrace,
    /// Another type has the same name.
    OtherType,
    /// Another channel has messages of the type.
    OtherChannel,
    /// What it is received from may be a socket.
    NoChannel,
    /// The function that handles it names a parent.
    OtherParent,
    /// The message may have its context with it.
    MayCarry,
}

impl Doubt {
    pub(super) fn as_text(self) -> &'static str {
        match self {
            Doubt::SameTrace => "both may belong to the trace of a function that calls them",
            Doubt::OtherType => "it may be another type of this name",
            Doubt::OtherChannel => "it may be that of another channel",
            Doubt::NoChannel => "it may be received from something else than a channel",
            Doubt::OtherParent => "it names a parent, which may be that of the message",
            Doubt::MayCarry => "the type may have it in a form that cannot be seen here",
        }
    }
}
