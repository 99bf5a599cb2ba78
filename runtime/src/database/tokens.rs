//! The tokens of a statement, each with its text.

use std::str::CharIndices;

use sqlparser::dialect::{Dialect, GenericDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Whitespace};

use super::server::System;

/// A token and its text.
pub(super) struct Piece<'t> {
    pub(super) token: Token,
    pub(super) text: &'t str,
}

/// The tokens of a text, up to the first place that cannot be tokenized.
pub(super) struct Pieces<'t> {
    pub(super) pieces: Vec<Piece<'t>>,
    /// Whether there is such a place, such as a literal without an end.
    pub(super) is_cut: bool,
}

impl<'t> Pieces<'t> {
    /// Tokenizes a text in the dialect of its database.
    pub(super) fn of(text: &'t str, system: System) -> Self {
        let dialect: &dyn Dialect = match system {
            System::PostgreSql => &PostgreSqlDialect {},
            System::MySql => &MySqlDialect {},
            System::Sqlite => &SQLiteDialect {},
            System::Other => &GenericDialect {},
        };
        // The tokenizer reads the statement in MySQL's comments `/*! .. */`, after which the locations of all tokens
        // are wrong. So the text is cut there.
        let hint = match system {
            System::MySql | System::Other => text.find("/*!"),
            System::PostgreSql | System::Sqlite => None,
        };
        let text = &text[..hint.unwrap_or(text.len())];
        let mut tokens = Vec::new();
        let mut tokenizer = Tokenizer::new(dialect, text).with_unescape(false);
        let read = tokenizer.tokenize_with_location_into_buf(&mut tokens);
        let mut place = Place::start_of(text);
        let mut pieces = Vec::with_capacity(tokens.len());
        for TokenWithSpan { token, span } in tokens {
            let start = place.advance_to(span.start);
            let end = place.advance_to(span.end);
            let text = &text[start..end];
            pieces.push(Piece { token, text });
        }
        Pieces {
            pieces,
            is_cut: hint.is_some() || read.is_err(),
        }
    }
}

impl Piece<'_> {
    /// Whether the token is a literal of any notation: a number, a string or bytes.
    pub(super) fn is_literal(&self) -> bool {
        match &self.token {
            Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::TripleSingleQuotedString(_)
            | Token::TripleDoubleQuotedString(_)
            | Token::DollarQuotedString(_)
            | Token::SingleQuotedByteStringLiteral(_)
            | Token::DoubleQuotedByteStringLiteral(_)
            | Token::TripleSingleQuotedByteStringLiteral(_)
            | Token::TripleDoubleQuotedByteStringLiteral(_)
            | Token::SingleQuotedRawStringLiteral(_)
            | Token::DoubleQuotedRawStringLiteral(_)
            | Token::TripleSingleQuotedRawStringLiteral(_)
            | Token::TripleDoubleQuotedRawStringLiteral(_)
            | Token::NationalStringLiteral(_)
            | Token::QuoteDelimitedStringLiteral(_)
            | Token::NationalQuoteDelimitedStringLiteral(_)
            | Token::EscapedStringLiteral(_)
            | Token::UnicodeStringLiteral(_)
            | Token::HexStringLiteral(_)
            | Token::CopyData { .. } => true,
            // A placeholder is a sign followed by digits or a name; any other text after `$` may be
            // the beginning of a string.
            Token::Placeholder(sign) => !is_placeholder(sign),
            _ => false,
        }
    }

    /// The text of a comment; `None` for other tokens.
    pub(super) fn comment(&self) -> Option<&str> {
        match &self.token {
            Token::Whitespace(Whitespace::SingleLineComment { comment, .. })
            | Token::Whitespace(Whitespace::MultiLineComment(comment)) => Some(comment),
            _ => None,
        }
    }

    pub(super) fn is_space(&self) -> bool {
        matches!(self.token, Token::Whitespace(_))
    }
}

fn is_placeholder(sign: &str) -> bool {
    let mut rest = sign.chars();
    matches!(rest.next(), Some('$' | '?' | ':' | '@'))
        && rest.all(|letter| letter.is_alphanumeric() || letter == '_')
}

/// Converts the lines and columns of consecutive tokens to byte offsets in the text.
struct Place<'t> {
    text: &'t str,
    rest: CharIndices<'t>,
    at: Location,
}

impl<'t> Place<'t> {
    fn start_of(text: &'t str) -> Self {
        Place {
            text,
            rest: text.char_indices(),
            at: Location::new(1, 1),
        }
    }

    /// The offset of a location. A location before the current one yields the current offset.
    fn advance_to(&mut self, location: Location) -> usize {
        while (self.at.line, self.at.column) < (location.line, location.column) {
            match self.rest.next() {
                None => return self.text.len(),
                Some((_, '\n')) => self.at = Location::new(self.at.line + 1, 1),
                Some(_) => self.at.column += 1,
            }
        }
        self.rest.offset()
    }
}
