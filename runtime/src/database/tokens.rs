//! The tokens of a statement, each with the piece of the text that it stands for.

use std::str::CharIndices;

use sqlparser::dialect::{Dialect, GenericDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer, Whitespace};

use super::server::System;

/// A token, and where it stands in the text.
pub(super) struct Piece<'t> {
    pub(super) token: Token,
    pub(super) text: &'t str,
}

/// The pieces of a text up to the first that is no token of SQL.
pub(super) struct Pieces<'t> {
    pub(super) pieces: Vec<Piece<'t>>,
    /// Whether something follows that is no token, such as a literal without its end.
    pub(super) is_cut: bool,
}

impl<'t> Pieces<'t> {
    /// Reads a text in the dialect of its database.
    pub(super) fn of(text: &'t str, system: System) -> Self {
        let dialect: &dyn Dialect = match system {
            System::PostgreSql => &PostgreSqlDialect {},
            System::MySql => &MySqlDialect {},
            System::Sqlite => &SQLiteDialect {},
            System::Other => &GenericDialect {},
        };
        // The tokenizer reads the statement in a comment `/*! .. */` of MySQL, and then the places of all
        // tokens after it are wrong: what begins there is not read.
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
            // A placeholder is a sign followed by digits or a name; other text after `$` may begin
            // a string.
            Token::Placeholder(sign) => !is_placeholder(sign),
            _ => false,
        }
    }

    /// The comment that the piece is.
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

/// Turns the lines and columns of tokens, which come in order, into bytes of the text.
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

    /// The byte at a location; a location that was passed is the current one.
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
