//! The histogram of each function.
//!
//! Attribute sets are made once for each call site, and every thread caches those that it uses, so that threads do
//! not contend here, whatever the meter provider does.

use std::cell::RefCell;
use std::mem;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use opentelemetry::metrics::Histogram;
use opentelemetry::{InstrumentationScope, KeyValue, global};

use super::meters::{self, recorded};
use super::outcome::Outcome;
use crate::call_site::CallSite;
use crate::fork::ForkMutex;

/// The semantic conventions define no metric for functions, so the name is ours. As they prescribe for durations, it
/// ends in `duration` and the unit is the second.
const NAME: &str = "traced.function.duration";

/// In seconds. The SDK's default boundaries are meant for milliseconds, and functions may take microseconds.
const BOUNDARIES: [f64; 16] = [
    0.000_01, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0, 30.0,
];

/// The greatest number of values of `error.type` for one function, as an [`Outcome`](crate::Outcome) may make any
/// number. Further ones are recorded as `_OTHER`, as the conventions prescribe.
const MAX_ERROR_TYPES: usize = 16;

/// The histogram of one function, and an attribute set for each outcome.
#[derive(Debug)]
struct Function {
    duration: Histogram<f64>,
    returned: [KeyValue; 1],
    panicked: [KeyValue; 2],
    cancelled: [KeyValue; 2],
    /// By the value of `error.type`.
    failed: RwLock<Vec<Failed>>,
    other: [KeyValue; 2],
}

/// A value of `error.type`, and the attributes of calls that failed with it.
type Failed = (Arc<str>, Arc<[KeyValue; 2]>);

impl Function {
    fn new(site: &CallSite) -> Self {
        let scope = InstrumentationScope::builder(site.scope.name);
        let scope = match site.scope.version {
            "" => scope.build(),
            version => scope.with_version(version).build(),
        };
        let duration = global::meter_provider()
            .meter_with_scope(scope)
            .f64_histogram(NAME)
            .with_unit("s")
            .with_description("How long calls of annotated functions take, sampled or not.")
            .with_boundaries(BOUNDARIES.to_vec())
            .build();
        let name = KeyValue::new("code.function.name", Arc::<str>::from(site.function_path()));
        let failed = |error_type| [name.clone(), KeyValue::new("error.type", error_type)];
        Function {
            duration,
            panicked: failed("panic"),
            cancelled: [name.clone(), KeyValue::new("traced.cancelled", true)],
            failed: RwLock::default(),
            other: failed("_OTHER"),
            returned: [name],
        }
    }

    fn record(&self, took: Duration, outcome: &Outcome) {
        let took = took.as_secs_f64();
        match outcome {
            Outcome::Returned => self.duration.record(took, &self.returned),
            Outcome::Panicked => self.duration.record(took, &self.panicked),
            Outcome::Cancelled => self.duration.record(took, &self.cancelled),
            Outcome::Failed(None) => self.duration.record(took, &self.other),
            Outcome::Failed(Some(error_type)) => self.record_failed(took, error_type),
        }
    }

    fn record_failed(&self, took: f64, error_type: &str) {
        let known = self.failed.read().unwrap_or_else(PoisonError::into_inner);
        let position = known.iter().position(|(known, _)| **known == *error_type);
        // Cloned, as the histogram is code of the user, which runs without a lock of ours.
        let attributes = position.map(|position| Arc::clone(&known[position].1));
        let is_full = known.len() >= MAX_ERROR_TYPES;
        drop(known);
        match attributes {
            Some(attributes) => self.duration.record(took, &*attributes),
            None if is_full => self.duration.record(took, &self.other),
            None => {
                self.add_error_type(error_type);
                self.record_failed(took, error_type);
            }
        }
    }

    /// Makes the attribute set of a new error type, unless another thread has made it or there are too many.
    fn add_error_type(&self, error_type: &str) {
        let [name] = self.returned.clone();
        let error_type = Arc::<str>::from(error_type);
        let value = KeyValue::new("error.type", Arc::clone(&error_type));
        let fresh = (Arc::clone(&error_type), Arc::new([name, value]));
        let mut known = self.failed.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MAX_ERROR_TYPES && !known.iter().any(|(known, _)| *known == error_type) {
            known.push(fresh);
        }
    }
}

/// The histogram of a call site in one generation of the meter provider.
#[derive(Debug, Default)]
struct Made {
    generation: u64,
    function: Option<Arc<Function>>,
}

/// Shared by all threads, by the number of the call site.
static FUNCTIONS: ForkMutex<Vec<Made>> = ForkMutex::new(Vec::new());

thread_local! {
    /// The cache of this thread, by the number of the call site.
    static OWN: RefCell<Vec<Made>> = const { RefCell::new(Vec::new()) };
}

/// Records one call.
///
/// In a forked child nothing is recorded until telemetry is initialised there: a thread of the parent may have held
/// locks of the meter provider, and the exporting thread does not exist.
pub(super) fn record(site: &'static CallSite, took: Duration, outcome: &Outcome) {
    if !is_home() {
        return;
    }
    recorded(|| {
        meters::check_provider();
        let Some(number) = number(site) else {
            return;
        };
        let generation = meters::generation();
        let _ = OWN.try_with(|own| {
            let is_known = own
                .borrow()
                .get(number)
                .is_some_and(|made| made.generation == generation && made.function.is_some());
            if !is_known {
                let function = shared(site, number, generation);
                let made = Made {
                    generation,
                    function,
                };
                // Dropped after the borrow, as it may be the last reference to a provider.
                let before = put(&mut own.borrow_mut(), number, made);
                drop(before);
            }
            // Calls within a recording are not recorded, so nothing else borrows this meanwhile.
            let own = own.borrow();
            if let Some(function) = &own[number].function {
                function.record(took, outcome);
            }
        });
    });
}

fn put(own: &mut Vec<Made>, number: usize, made: Made) -> Made {
    if own.len() <= number {
        own.resize_with(number + 1, Made::default);
    }
    mem::replace(&mut own[number], made)
}

/// The number of a call site, which is assigned at its first call.
fn number(site: &'static CallSite) -> Option<usize> {
    let number = &site.number_plus_one;
    if let Some(number) = number.load(Ordering::Relaxed).checked_sub(1) {
        return Some(number);
    }
    let mut functions = FUNCTIONS.lock()?;
    if number.load(Ordering::Relaxed) == 0 {
        functions.push(Made::default());
        number.store(functions.len(), Ordering::Relaxed);
    }
    number.load(Ordering::Relaxed).checked_sub(1)
}

/// The histogram of a call site in a generation, which all threads share.
fn shared(site: &'static CallSite, number: usize, generation: u64) -> Option<Arc<Function>> {
    let known = |made: &Made| (made.generation == generation).then(|| made.function.clone())?;
    if let Some(function) = known(FUNCTIONS.lock()?.get(number)?) {
        return Some(function);
    }
    // Outside of the lock, as this calls the provider, which is user code.
    let function = Arc::new(Function::new(site));
    let mut functions = FUNCTIONS.lock()?;
    let made = functions.get_mut(number)?;
    if let Some(function) = known(made) {
        return Some(function);
    }
    let before = mem::replace(
        made,
        Made {
            generation,
            function: Some(Arc::clone(&function)),
        },
    );
    drop(functions);
    drop(before);
    Some(function)
}

/// The id of the process in which telemetry was initialised.
static HOME: AtomicU32 = AtomicU32::new(0);

/// Lets this process record.
pub(super) fn set_home() {
    HOME.store(std::process::id(), Ordering::Relaxed);
}

fn is_home() -> bool {
    HOME.load(Ordering::Relaxed) == std::process::id()
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use opentelemetry::metrics::SyncInstrument;

    use super::*;

    static FUNCTION: OnceLock<Function> = OnceLock::new();

    /// Does what another thread does that meets a new type of error meanwhile.
    struct Meddling;

    impl SyncInstrument<f64> for Meddling {
        fn measure(&self, _: f64, attributes: &[KeyValue]) {
            assert_eq!(attributes[1].key.as_str(), "error.type");
            assert!(FUNCTION.get().unwrap().failed.try_write().is_ok());
        }
    }

    #[test]
    fn the_histogram_is_called_without_a_lock() {
        let name = KeyValue::new("code.function.name", "shop::pay");
        let failed = |error_type| [name.clone(), KeyValue::new("error.type", error_type)];
        let function = FUNCTION.get_or_init(|| Function {
            duration: Histogram::new(Arc::new(Meddling)),
            panicked: failed("panic"),
            cancelled: failed("none"),
            failed: RwLock::default(),
            other: failed("_OTHER"),
            returned: [name.clone()],
        });
        for number in 0..=MAX_ERROR_TYPES {
            let outcome = Outcome::Failed(Some(number.to_string().into()));
            function.record(Duration::from_secs(1), &outcome);
        }
    }
}
