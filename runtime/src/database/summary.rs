//! The summary of a statement: its operations and their targets, in the order of the text.
//!
//! It is made from the tokens and not from a syntax tree, so that statements in any dialect have a summary.
//!
//! Specification: OpenTelemetry semantic conventions, *Database client spans*, "Generating a summary of the
//! query".

mod modifiers;
mod reader;

use self::reader::Item;
use super::tokens::Piece;

/// The greatest length of a summary in bytes, by the specification.
const LONGEST_SUMMARY: usize = 255;

/// The operations and targets of a statement.
#[derive(Debug, Default)]
pub(super) struct Summary {
    items: Vec<Item>,
}

impl Summary {
    pub(super) fn of(pieces: &[Piece<'_>]) -> Self {
        Summary {
            items: reader::items(pieces),
        }
    }

    /// The summary, truncated between two words if it is too long.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for item in &self.items {
            let (Item::Operation(name) | Item::Table(name) | Item::Procedure(name)) = item;
            if text.len() + 1 + name.len() > LONGEST_SUMMARY {
                break;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(name);
        }
        text
    }

    /// The operation, if there is one.
    pub(super) fn operation(&self) -> Option<String> {
        self.only(|item| match item {
            Item::Operation(name) => Some(name),
            _ => None,
        })
    }

    /// The table, if there is one operation on one table.
    pub(super) fn collection(&self) -> Option<String> {
        self.operation()?;
        self.only(|item| match item {
            Item::Table(name) => Some(name),
            _ => None,
        })
    }

    pub(super) fn procedure(&self) -> Option<String> {
        self.only(|item| match item {
            Item::Procedure(name) => Some(name),
            _ => None,
        })
    }

    fn only<'s>(&'s self, named: impl Fn(&'s Item) -> Option<&'s String>) -> Option<String> {
        let mut found = self.items.iter().filter_map(named);
        let first = found.next()?;
        found
            .all(|other| other == first)
            .then(|| first.clone())
            .filter(|_| {
                let operations = self.items.iter();
                let operations = operations.filter(|item| matches!(item, Item::Operation(_)));
                operations.count() == 1
            })
    }
}
