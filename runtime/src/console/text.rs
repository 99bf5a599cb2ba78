//! Escapes, measures and truncates text of the user's.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

/// The greatest number of characters that are used, so that a megabyte of SQL costs no more than what is shown of it,
/// and long runs of zero-width characters are truncated too.
const LONGEST: usize = 2_000;

/// The number of columns that `text` takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// Escapes everything that could move the cursor, change colours or reorder the
/// line: a span name may come from a request, and must not control the terminal.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len().min(LONGEST));
    for (position, character) in text.chars().enumerate() {
        if position == LONGEST {
            safe.push('…');
            break;
        }
        match character {
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            hostile if is_hostile(hostile) => {
                // Writing to a `String` cannot fail.
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(hostile));
            }
            harmless => safe.push(harmless),
        }
    }
    safe
}

/// Replaces each run of white space by one space, and removes it at both ends.
pub(super) fn collapse(text: &str) -> String {
    let mut collapsed = String::new();
    for word in text.split_whitespace() {
        if !collapsed.is_empty() {
            collapsed.push(' ');
        }
        collapsed.push_str(word);
        // This many bytes are enough for the characters that are shown.
        if collapsed.len() > LONGEST * size_of::<char>() {
            break;
        }
    }
    match collapsed.is_empty() && !text.is_empty() {
        true => " ".to_owned(),
        false => collapsed,
    }
}

/// Whether it is a control character, a separator that some terminals treat as a line end, or a mark that reverses the
/// direction of text.
fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Truncates `text` to at most `columns`; the last of them is an ellipsis if anything was removed.
pub(super) fn truncate(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let mut kept = 0;
    for (start, character) in text.char_indices() {
        let end = start + character.len_utf8();
        if width(&text[..end]) > columns - 1 {
            break;
        }
        kept = end;
    }
    format!("{}…", text[..kept].trim_end())
}

/// The first eight hexadecimal digits, which are enough to distinguish ids by eye.
pub(super) fn short(id: impl std::fmt::Display) -> String {
    let mut id = id.to_string();
    id.truncate(8);
    id
}

/// `1 span`, `2 spans`.
pub(super) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_leaves_printable_text_alone() {
        assert_eq!(escape("Größe 注文 🦀"), "Größe 注文 🦀");
    }

    #[test]
    fn escape_defuses_terminal_sequences() {
        assert_eq!(escape("\x1b[2Jx\u{9b}31m"), "\\u{1b}[2Jx\\u{9b}31m");
    }

    #[test]
    fn escape_keeps_one_line_one_line() {
        assert_eq!(escape("a\nb\r\tc\u{2028}"), "a\\nb\\r\\tc\\u{2028}");
    }

    #[test]
    fn escape_defuses_reversed_text() {
        assert_eq!(escape("a\u{202e}b"), "a\\u{202e}b");
    }

    #[test]
    fn escape_stops_at_the_longest_text() {
        assert_eq!(
            escape(&"\u{301}".repeat(LONGEST * 2)).chars().count(),
            LONGEST + 1
        );
    }

    #[test]
    fn collapse_makes_a_line_of_many() {
        let sql = "\n    SELECT id,\r\n\t name\n    FROM orders\n";
        assert_eq!(collapse(sql), "SELECT id, name FROM orders");
    }

    #[test]
    fn collapse_keeps_a_blank() {
        assert_eq!(
            (collapse(" \n "), collapse("")),
            (" ".to_owned(), String::new())
        );
    }

    #[test]
    fn truncate_keeps_what_fits() {
        assert_eq!(truncate("order", 5), "order");
    }

    #[test]
    fn truncate_ends_with_an_ellipsis() {
        assert_eq!(truncate("orders", 5), "orde…");
    }

    #[test]
    fn truncate_counts_columns_not_characters() {
        assert_eq!(truncate("注文番号", 5), "注文…");
    }

    #[test]
    fn truncate_to_nothing_is_empty() {
        assert_eq!(truncate("x", 0), "");
    }
}
