//! The columns of the table of arguments.

use syn::parse::ParseStream;
use syn::{Token, token};

use super::parsers::has_no_value;

/// A row of the table of arguments.
pub(crate) struct Argument {
    pub(crate) name: &'static str,
    pub(crate) syntax: Syntax,
    pub(crate) accepted: Accepted,
    pub(crate) container: InContainer,
    pub(crate) span: OfSpan,
    pub(crate) place: Place,
}

/// How the argument is written, with an example of its value for messages.
#[derive(Clone, Copy)]
pub(crate) enum Syntax {
    /// `key = value`
    Assigned(&'static str),
    /// `key(list)`
    Listed(&'static str),
    /// `key`
    Bare,
}

/// The attribute macros that accept the argument.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accepted {
    Traced,
    TracedSpawn,
    Both,
}

/// The meaning of the argument on an `impl`, a trait or a module.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum InContainer {
    /// It holds for every function without an attribute of its own.
    ForFunctions,
    /// It also holds for the functions with an attribute of their own.
    Inherited,
    /// It would be the same for every function, and is rejected.
    Rejected,
}

/// Whether the argument describes the start of a new span, so that `current` excludes it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfSpan {
    /// It does.
    Own,
    /// It does not. If it acts at the start, it does so with `current` too: see `current` in `emit/start.rs`.
    Any,
}

/// The places where the argument is allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Anywhere,
    /// On a whole function, and not on an expression in it.
    FunctionsOnly,
}

/// The attribute macro that was called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `#[traced]`.
    Span,
    /// `#[traced_spawn]`.
    SpawnSitesOnly,
}

impl Syntax {
    /// An example of the argument.
    pub(crate) fn example(self, name: &str) -> String {
        match self {
            Syntax::Assigned(value) => format!("{name} = {value}"),
            Syntax::Listed(list) => format!("{name}({list})"),
            Syntax::Bare => name.to_owned(),
        }
    }

    /// Whether the tokens after a key may be the start of its value.
    pub(super) fn may_start(self, input: ParseStream<'_>) -> bool {
        match self {
            Syntax::Assigned(_) => {
                let input = input.fork();
                input.parse::<Token![=]>().is_ok() && !has_no_value(&input)
            }
            Syntax::Listed(_) => input.peek(token::Paren),
            // A bare word has no value.
            Syntax::Bare => false,
        }
    }
}

impl Mode {
    /// `traced` or `traced_spawn`.
    pub fn macro_name(self) -> &'static str {
        match self {
            Mode::Span => "traced",
            Mode::SpawnSitesOnly => "traced_spawn",
        }
    }

    pub(crate) fn accepts(self, argument: &Argument) -> bool {
        match argument.accepted {
            Accepted::Both => true,
            Accepted::Traced => self == Mode::Span,
            Accepted::TracedSpawn => self == Mode::SpawnSitesOnly,
        }
    }
}
