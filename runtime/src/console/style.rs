//! Colours, and lines of coloured pieces whose width is known.

use super::text;

/// The role of a piece of text, which determines its colour. Only basic colours are used, so that
/// every theme of every terminal keeps them readable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    /// Attributes, rails and other text that should be less visible than names.
    Dim,
    /// The name of a trace.
    Title,
    /// Errors, and bars of failed spans.
    Error,
    /// The name of a failed span.
    ErrorName,
    /// Marks of spans without a regular end: running, cancelled, dropped.
    Warning,
    /// Marks of spawned work and links.
    Mark,
    Success,
    Internal,
    Server,
    Client,
    Messaging,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Style::Plain => "",
            Style::Dim => "\x1b[2m",
            Style::Title => "\x1b[1m",
            Style::Error => "\x1b[31m",
            Style::ErrorName => "\x1b[1;31m",
            Style::Warning | Style::Messaging => "\x1b[33m",
            Style::Mark => "\x1b[35m",
            Style::Client => "\x1b[36m",
            Style::Success | Style::Server => "\x1b[32m",
            Style::Internal => "\x1b[34m",
        }
    }
}

/// A line of output, as pieces that can be written with or without colour.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pieces: Vec<(Style, String)>,
    width: usize,
}

impl Line {
    pub(super) fn new() -> Self {
        Line::default()
    }

    pub(super) fn push(&mut self, style: Style, piece: impl Into<String>) {
        let piece = piece.into();
        self.width += text::width(&piece);
        self.pieces.push((style, piece));
    }

    pub(super) fn with(mut self, style: Style, piece: impl Into<String>) -> Self {
        self.push(style, piece);
        self
    }

    pub(super) fn append(&mut self, other: Line) {
        self.width += other.width;
        self.pieces.extend(other.pieces);
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn is_empty(&self) -> bool {
        self.width == 0
    }

    /// Fills with blanks up to `columns`; a longer line is not changed.
    pub(super) fn pad(&mut self, columns: usize) {
        if self.width < columns {
            self.push(Style::Plain, " ".repeat(columns - self.width));
        }
    }

    /// Truncates the line to `columns`; the piece that does not fit ends with an ellipsis.
    pub(super) fn fit(mut self, columns: usize) -> Self {
        if self.width <= columns {
            return self;
        }
        let mut fitted = Line::new();
        for (style, piece) in self.pieces.drain(..) {
            let room = columns - fitted.width;
            // A piece that ends exactly at the edge would hide that more follows.
            if text::width(&piece) < room {
                fitted.push(style, piece);
            } else {
                let mut cut = text::truncate(&piece, room);
                if !cut.ends_with('…') {
                    cut = text::truncate(&format!("{piece} "), room);
                }
                fitted.push(style, cut);
                break;
            }
        }
        fitted
    }

    /// Writes the line and a line break, without trailing blanks.
    pub(super) fn write(&self, color: bool, out: &mut String) {
        let start = out.len();
        for (style, piece) in &self.pieces {
            let code = style.code();
            if color && !code.is_empty() && !piece.trim().is_empty() {
                out.push_str(code);
                out.push_str(piece);
                out.push_str("\x1b[0m");
            } else {
                out.push_str(piece);
            }
        }
        out.truncate(start + out[start..].trim_end_matches(' ').len());
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(line: &Line) -> String {
        let mut out = String::new();
        line.write(false, &mut out);
        out
    }

    #[test]
    fn a_plain_line_has_no_escape_sequences() {
        let line = Line::new()
            .with(Style::Error, "bad")
            .with(Style::Dim, " worse");
        assert_eq!(plain(&line), "bad worse\n");
    }

    #[test]
    fn a_coloured_piece_resets_its_colour() {
        let mut out = String::new();
        Line::new().with(Style::Error, "bad").write(true, &mut out);
        assert_eq!(out, "\x1b[31mbad\x1b[0m\n");
    }

    #[test]
    fn trailing_blanks_are_not_written() {
        let mut line = Line::new().with(Style::Plain, "x");
        line.pad(10);
        assert_eq!(plain(&line), "x\n");
    }

    #[test]
    fn a_long_line_is_cut_in_the_piece_that_does_not_fit() {
        let line = Line::new()
            .with(Style::Plain, "name ")
            .with(Style::Dim, "key=value")
            .fit(8);
        assert_eq!(plain(&line), "name ke…\n");
    }

    #[test]
    fn a_cut_at_the_end_of_a_piece_still_shows() {
        let line = Line::new()
            .with(Style::Plain, "name")
            .with(Style::Dim, "key=value")
            .fit(4);
        assert_eq!(plain(&line), "nam…\n");
    }
}
