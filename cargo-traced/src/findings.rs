//! The reports of a command: findings, which are certain, and notes, which are not.

use std::ops::Range;

use crate::sources::Text;

/// The certainty of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Certain: traces break here.
    Warning,
    /// Possible.
    Note,
}

impl Level {
    /// The level as rustc names it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Level::Warning => "warning",
            Level::Note => "note",
        }
    }
}

/// One report about a place in a file.
pub(crate) struct Finding<'a> {
    pub(crate) rule: &'static str,
    pub(crate) level: Level,
    pub(crate) file: &'a Text,
    pub(crate) range: Range<usize>,
    /// The message, in the style of rustc.
    pub(crate) message: String,
    /// The label beside the marked place.
    pub(crate) label: Option<String>,
    pub(crate) help: Vec<Help>,
    /// `Type::method`, for baselines.
    pub(crate) function: String,
    /// The start of the function, because an `allow` in a comment above the function counts too.
    pub(crate) function_start: Option<usize>,
}

/// The advice, with the edits that follow it if they are known.
pub(crate) struct Help {
    pub(crate) message: String,
    pub(crate) edits: Vec<(Range<usize>, String)>,
}

impl Help {
    pub(crate) fn text(message: impl Into<String>) -> Self {
        Help {
            message: message.into(),
            edits: Vec::new(),
        }
    }

    pub(crate) fn edit(message: impl Into<String>, edit: (Range<usize>, String)) -> Self {
        Help {
            message: message.into(),
            edits: vec![edit],
        }
    }
}

/// A rule as formats list it.
#[derive(Clone, Copy)]
pub(crate) struct RuleName {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
}

/// The numbers of sites that carry the context, and of entry points that have a span.
#[derive(Clone, Copy, Default)]
pub(crate) struct Coverage {
    pub(crate) carried: usize,
    pub(crate) sites: usize,
    pub(crate) traced: usize,
    pub(crate) entry_points: usize,
}

impl std::fmt::Display for Coverage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "spawn sites {}/{} carried · entry points {}/{}",
            self.carried, self.sites, self.traced, self.entry_points
        )
    }
}
