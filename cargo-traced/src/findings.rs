//! What a command reports: findings, which are certain, and notes, which are not.

use std::ops::Range;

use crate::sources::SourceFile;

/// How certain a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// It is so, and traces break by it.
    Warning,
    /// It may be so.
    Note,
}

impl Level {
    /// rustc's word.
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
    pub(crate) file: &'a SourceFile,
    pub(crate) range: Range<usize>,
    /// What is wrong, as rustc would say it.
    pub(crate) message: String,
    /// What stands beside the marked place.
    pub(crate) label: Option<String>,
    pub(crate) help: Vec<Help>,
    /// `Type::method`, for baselines.
    pub(crate) function: String,
    /// Where the function starts, as a comment above it counts too.
    pub(crate) function_start: Option<usize>,
}

/// What to do, with the edits that do it, if they are known.
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

/// How many sites carry the context, and how many entry points have a span.
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
