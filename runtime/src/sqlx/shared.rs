//! The state that a pool shares with its connections.

use std::sync::Arc;

use crate::database::{Statements, Tracing};

/// The state that a pool shares with its connections and transactions.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) tracing: Tracing,
    pub(super) statements: Statements,
}

impl Shared {
    pub(super) fn new(tracing: Tracing) -> Arc<Self> {
        let statements = Statements::new(tracing.server.system, tracing.keeps_literals);
        Arc::new(Shared {
            tracing,
            statements,
        })
    }
}
