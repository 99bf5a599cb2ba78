//! The cache of parsed statements.

use std::fmt;
use std::sync::Arc;

use foldhash::fast::RandomState;
use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

use super::server::System;
use super::statement::Statement;

/// The greatest number of statements in the cache: those of a large program, and some whose text is built at run time.
const MOST_STATEMENTS: usize = 512;

/// The longest text that is cached, in bytes. It bounds the memory to about 20 MiB: for each text the key, the masked
/// text, the attribute and its encoding.
const LONGEST_KEY: usize = 8 * 1024;

/// A cache of statements by their text.
///
/// The key is the text and not its address, which may be reused for another text that is built at run time. The hash is
/// a fast one, with a seed of its own for each cache: texts that are made to collide make a lookup compare as many texts
/// as the cache holds.
pub(crate) struct Statements {
    system: System,
    keeps_literals: bool,
    known: Cache<Box<str>, Arc<Statement>, UnitWeighter, RandomState>,
}

impl Statements {
    pub(crate) fn new(system: System, keeps_literals: bool) -> Self {
        Statements {
            system,
            keeps_literals,
            known: Cache::with(
                MOST_STATEMENTS,
                MOST_STATEMENTS as u64,
                UnitWeighter,
                RandomState::default(),
                DefaultLifecycle::default(),
            ),
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
    fn a_text_is_parsed_once_and_the_cache_is_bounded() {
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
