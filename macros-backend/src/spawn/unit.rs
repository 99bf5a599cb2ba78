//! The kind of unit that a spawner takes, as far as its path shows it.

use proc_macro2::TokenTree;

use super::scan::names_before;
use crate::spawners::{ByPath, CRATES, OWNERS, OWNERS_OF_CLOSURES, Spawner};

/// The kind of unit that a spawner takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    Future,
    Closure,
    /// The spawner may be the user's own, so the type decides.
    Anything,
}

/// The kind of unit of a spawner, if the tokens before its name end in one of its owners and `::`.
pub(super) fn unit_behind(before: &[TokenTree], spawner: &Spawner) -> Option<Unit> {
    let path = names_before(before);
    let is = |names: &[&str], word: &str| names.contains(&word);
    let (first, owner) = (path.first()?, path.last()?);
    if !is(OWNERS, owner) {
        return None;
    }
    let unit = match spawner.by_path {
        ByPath::Never => return None,
        ByPath::Closure => Unit::Closure,
        ByPath::Future if is(OWNERS_OF_CLOSURES, owner) => Unit::Closure,
        ByPath::Future => Unit::Future,
    };
    Some(match is(CRATES, first) {
        true => unit,
        false => Unit::Anything,
    })
}
