//! The recorded attributes of statements, ordinary and hostile ones.

mod literals;
mod summaries;

use super::server::System;
use super::statement::Statement;

fn read(text: &str, system: System) -> Statement {
    Statement::read(text, system, false)
}
