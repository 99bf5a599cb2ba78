//! The statements that were read already.

use std::fmt;
use std::sync::Arc;

use quick_cache::sync::Cache;

use super::server::System;
use super::statement::Statement;

/// Statements that are remembered: those of a large program, with room for texts that are put together.
const MOST_STATEMENTS: usize = 512;

/// Bytes of a text that is remembered, so that the memory is bounded: 20 MiB for the key, the masked text, its attribute
/// and that one encoded, of the longest texts.
const LONGEST_KEY: usize = 8 * 1024;

/// Reads each text once, as long as it is in use.
///
/// The key is the text itself and not its address: a text that was put together may lie where another lay.
pub(crate) struct Statements {
    system: System,
    keeps_literals: bool,
    known: Cache<Box<str>, Arc<Statement>>,
}

impl Statements {
    pub(crate) fn new(system: System, keeps_literals: bool) -> Self {
        Statements {
            system,
            keeps_literals,
            known: Cache::new(MOST_STATEMENTS),
        }
    }

    /// The attributes of a statement.
    pub(crate) fn get(&self, text: &str) -> Arc<Statement> {
        if let Some(known) = self.known.get(text) {
            return known;
        }
        let statement = Arc::new(Statement::read(text, self.system, self.keeps_literals));
        if text.len() <= LONGEST_KEY {
            self.known.insert(Box::from(text), statement.clone());
        }
        statement
    }
}

impl fmt::Debug for Statements {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Statements");
        debug
            .field("known", &self.known.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_once() {
        let statements = Statements::new(System::PostgreSql, false);
        let first = statements.get("SELECT 1");
        assert!(std::sync::Arc::ptr_eq(&first, &statements.get("SELECT 1")));
        assert!(!std::sync::Arc::ptr_eq(&first, &statements.get("SELECT 2")));
        for number in 0..10_000 {
            statements.get(&format!("SELECT {number}"));
        }
        assert!(
            format!("{statements:?}").contains("known: 5"),
            "bounded: {statements:?}"
        );
    }
}
