//! The attributes that are recorded for a statement.

use std::sync::OnceLock;

use super::server::System;
use super::summary::Summary;
use super::tokens::Pieces;
use crate::attributes::Constant;
use crate::panic_hook::catch_silently;

/// The number of bytes of a text that are parsed and recorded: parsing a text of a megabyte would take as long as
/// executing it, and no backend shows it.
const LONGEST_TEXT: usize = 32 * 1024;

/// The attributes of a statement: `db.query.text`, and others that are derived from it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Statement {
    /// `db.query.text`.
    pub(crate) text: String,
    /// `db.query.summary`, and the name of the span. Empty if the text has no words.
    pub(crate) summary: String,
    /// `db.operation.name`, if there is one operation.
    pub(crate) operation: Option<String>,
    /// `db.collection.name`, if there is one table.
    pub(crate) collection: Option<String>,
    /// `db.stored_procedure.name` of a `CALL`.
    pub(crate) procedure: Option<String>,
    /// The attributes, made when they are first needed.
    encoded: OnceLock<Constant>,
}

impl Statement {
    /// The attributes of the statement.
    pub(crate) fn attributes(&self) -> &Constant {
        self.encoded.get_or_init(|| {
            Constant::new(|attributes| {
                attributes.value("db.query.text", &self.text);
                if !self.summary.is_empty() {
                    attributes.value("db.query.summary", &self.summary);
                }
                attributes.value("db.operation.name", &self.operation);
                attributes.value("db.collection.name", &self.collection);
                attributes.value("db.stored_procedure.name", &self.procedure);
            })
        })
    }

    /// Whether its only operation changes rows, and does not read them.
    #[cfg(feature = "sqlx")]
    pub(crate) fn changes_rows(&self) -> bool {
        let operation = self.operation.as_deref().unwrap_or_default();
        ["INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"]
            .iter()
            .any(|change| change.eq_ignore_ascii_case(operation))
    }

    /// Parses a text in the dialect of its database.
    ///
    /// With `keeps_literals` the text is recorded unchanged. Otherwise comments are left
    /// out, and `?` replaces each literal, and everything after a place that cannot be parsed.
    pub(crate) fn read(text: &str, system: System, keeps_literals: bool) -> Self {
        // A statement at which the tokenizer of another crate panics is still sent, with `?` as its text.
        let read = catch_silently(|| read(text, system, keeps_literals));
        read.unwrap_or_else(|_| Statement {
            text: "?".to_owned(),
            ..Statement::default()
        })
    }

    /// A statement that controls a transaction and is not written by the user.
    #[cfg(feature = "sqlx")]
    pub(crate) fn of_transaction(text: &'static str) -> Self {
        Statement {
            text: text.to_owned(),
            summary: text.to_owned(),
            operation: Some(text.to_owned()),
            ..Statement::default()
        }
    }

    /// The attributes for preparing this statement.
    #[cfg(feature = "sqlx")]
    pub(crate) fn prepared(&self) -> Self {
        let summary = format!("PREPARE {}", self.summary);
        Statement {
            text: self.text.clone(),
            summary: summary.trim_end().to_owned(),
            operation: Some("PREPARE".to_owned()),
            collection: self.collection.clone(),
            procedure: None,
            encoded: OnceLock::new(),
        }
    }
}

fn read(text: &str, system: System, keeps_literals: bool) -> Statement {
    let head = head_of(text);
    let tokens = Pieces::of(head, system);
    let summary = Summary::of(&tokens.pieces);
    Statement {
        text: match keeps_literals {
            true => head.to_owned(),
            false => masked(&tokens, head.len()),
        },
        operation: summary.operation(),
        collection: summary.collection(),
        procedure: summary.procedure(),
        summary: summary.text(),
        encoded: OnceLock::new(),
    }
}

/// The beginning of a text that is too long. If it ends within a literal, that is masked, as it has no end.
fn head_of(text: &str) -> &str {
    let mut length = text.len().min(LONGEST_TEXT);
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    &text[..length]
}

fn masked(tokens: &Pieces<'_>, length: usize) -> String {
    let mut text = String::with_capacity(length);
    for piece in &tokens.pieces {
        if piece.is_literal() {
            text.push('?');
        } else if piece.comment().is_some() {
            // A comment may contain the same data as a literal.
            text.push(' ');
        } else {
            text.push_str(piece.text);
        }
    }
    if tokens.is_cut {
        text.push('?');
    }
    let trimmed = text.trim_ascii();
    match trimmed.len() == text.len() {
        true => text,
        false => trimmed.to_owned(),
    }
}
