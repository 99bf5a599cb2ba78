//! A text and the places in it, which findings point at.

use std::path::{Path, PathBuf};

/// The text of a file, or a text that messages show like a file.
pub(crate) struct Text {
    pub(crate) path: PathBuf,
    /// Relative to the workspace, with `/`.
    pub(crate) shown: String,
    pub(crate) text: String,
    /// Whether there is a file that an editor could open.
    pub(crate) is_file: bool,
    line_starts: Vec<usize>,
}

/// Line and column, from one; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Text {
    pub(crate) fn of_file(path: &Path, shown: String, text: String) -> Self {
        let line_starts = [0].into_iter();
        let line_starts = line_starts.chain(text.match_indices('\n').map(|(at, _)| at + 1));
        Text {
            path: path.to_owned(),
            shown,
            line_starts: line_starts.collect(),
            text,
            is_file: true,
        }
    }

    /// A text that is in no file, under a name that says where it comes from.
    pub(crate) fn without_file(shown: &str, text: String) -> Self {
        Text {
            is_file: false,
            ..Text::of_file(Path::new(""), shown.to_owned(), text)
        }
    }

    /// The line and column of a byte.
    pub(crate) fn place(&self, at: usize) -> Place {
        let line = self.line_starts.partition_point(|start| *start <= at);
        let start = self.line_starts[line - 1];
        Place {
            line,
            column: self.text[start..at].chars().count() + 1,
        }
    }

    /// The text of a line, from one, without its end.
    pub(crate) fn line(&self, line: usize) -> &str {
        let Some(start) = line
            .checked_sub(1)
            .and_then(|line| self.line_starts.get(line))
        else {
            return "";
        };
        let end = self.line_starts.get(line).copied();
        self.text[*start..end.unwrap_or(self.text.len())].trim_end_matches(['\n', '\r'])
    }

    /// The white space that the line of this byte begins with.
    pub(crate) fn indentation(&self, at: usize) -> &str {
        let line = self.line(self.place(at).line);
        &line[..line.len() - line.trim_start().len()]
    }

    /// The line ending of the text.
    pub(crate) fn newline(&self) -> &'static str {
        let first = self.text.find('\n');
        match first.is_some_and(|at| self.text[..at].ends_with('\r')) {
            true => "\r\n",
            false => "\n",
        }
    }
}
