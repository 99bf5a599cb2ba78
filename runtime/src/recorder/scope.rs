//! The instrumentation scopes of a provider, which are numbered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::InstrumentationScope;

/// A scope in a tracer or a record: a number, because a reference count that all threads share would make them
/// contend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope {
    Known(u32),
    /// A scope beyond the first [`MOST`]: the program makes new scopes as it runs.
    Own(Arc<InstrumentationScope>),
}

/// The number of scopes that are kept for the life of the provider.
const MOST: usize = 1024;

/// The scopes of one provider.
#[derive(Debug, Default)]
pub(crate) struct Scopes(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    scopes: Vec<InstrumentationScope>,
    numbers: HashMap<InstrumentationScope, u32>,
}

impl Scopes {
    pub(crate) fn intern(&self, scope: InstrumentationScope) -> Scope {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known.numbers.get(&scope) {
            return Scope::Known(*number);
        }
        let number = known.scopes.len();
        match u32::try_from(number) {
            Ok(key) if number < MOST => {
                known.scopes.push(scope.clone());
                known.numbers.insert(scope, key);
                Scope::Known(key)
            }
            _ => Scope::Own(Arc::new(scope)),
        }
    }

    pub(crate) fn get(&self, scope: &Scope) -> InstrumentationScope {
        match scope {
            Scope::Known(number) => {
                let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                known
                    .scopes
                    .get(*number as usize)
                    .cloned()
                    .unwrap_or_default()
            }
            Scope::Own(scope) => InstrumentationScope::clone(scope),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_kept_once_and_made_up_ones_are_not_kept() {
        let scopes = Scopes::default();
        let scope = |name: String| InstrumentationScope::builder(name).build();
        let first = scopes.intern(scope("first".into()));
        for number in 0..2 * MOST {
            let made_up = scopes.intern(scope(number.to_string()));
            assert_eq!(scopes.get(&made_up).name(), number.to_string());
        }
        assert_eq!(scopes.intern(scope("first".into())), first);
        assert_eq!(scopes.get(&first).name(), "first");
        assert_eq!(scopes.0.lock().unwrap().scopes.len(), MOST);
    }
}
