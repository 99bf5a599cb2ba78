//! The global meter provider, and how its replacement is noticed.
//!
//! An instrument that was made before the provider was installed never records anything, and the API gives no signal
//! when a provider is installed. So instruments are made again in each generation, and the global provider is checked
//! from time to time for one that was installed without this crate.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::time::{Duration, Instant};

use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry::{InstrumentationScope, global};

use crate::fork::ForkMutex;
use crate::self_log::{self, Level};
use crate::start_flags;

/// Counts the meter providers that have been noticed.
static GENERATION: AtomicU64 = AtomicU64::new(1);

/// The provider that was noticed last. Weak, so that a replaced provider is dropped; the weak reference keeps its
/// address from being reused.
static NOTICED: ForkMutex<Option<Weak<dyn MeterProvider + Send + Sync>>> = ForkMutex::new(None);

/// Called for each new provider, to make the instruments that report about telemetry itself.
static ON_NEW: OnceLock<fn()> = OnceLock::new();

/// Has `make` called for each new provider.
pub(crate) fn on_new_provider(make: fn()) {
    let _ = ON_NEW.set(make);
}

/// The number of the provider that was noticed last.
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

/// Installs `provider` as the global meter provider and tells the metrics of `traced`
/// ([`TelemetryBuilder::metrics`](crate::telemetry::TelemetryBuilder::metrics)), which are recorded with it from now
/// on.
///
/// A provider that is installed with [`opentelemetry::global::set_meter_provider`] is noticed too: at once during the
/// first calls of functions in a thread, and within a second later on.
///
/// Specification: OpenTelemetry, *Metrics API*, "`MeterProvider`".
///
/// ```
/// use opentelemetry_sdk::metrics::SdkMeterProvider;
///
/// let provider = SdkMeterProvider::builder().build();
/// traced::set_meter_provider(provider.clone());
/// // ... the program ...
/// provider.shutdown().unwrap();
/// ```
pub fn set_meter_provider<P: MeterProvider + Send + Sync + 'static>(provider: P) {
    global::set_meter_provider(provider);
    refresh_meter_provider();
}

/// Tells the metrics of `traced` that the global meter provider was replaced.
///
/// [`set_meter_provider`] does this itself. Call this function if code that is not yours installs the provider with
/// [`opentelemetry::global::set_meter_provider`] and you do not want to wait until that is noticed.
///
/// ```
/// use opentelemetry_sdk::metrics::SdkMeterProvider;
///
/// opentelemetry::global::set_meter_provider(SdkMeterProvider::builder().build());
/// traced::refresh_meter_provider();
/// ```
pub fn refresh_meter_provider() {
    notice(&global::meter_provider());
}

/// Starts a new generation if the provider is not the one that was noticed last.
fn notice(provider: &Arc<dyn MeterProvider + Send + Sync>) {
    let Some(mut noticed) = NOTICED.lock() else {
        return;
    };
    let address = Arc::as_ptr(provider).cast::<()>();
    let is_known = noticed
        .as_ref()
        .is_some_and(|noticed| noticed.as_ptr().cast::<()>() == address);
    if is_known {
        return;
    }
    let before = noticed.replace(Arc::downgrade(provider));
    GENERATION.fetch_add(1, Ordering::Release);
    drop(noticed);
    drop(before);
    if let Some(make) = ON_NEW.get() {
        make();
    }
}

/// How many calls of a thread check the provider each, so that a provider that is installed right after the start is
/// noticed at once.
const EAGER_CHECKS: u32 = 256;
/// How often a thread checks the provider afterwards.
const BETWEEN_CHECKS: Duration = Duration::from_secs(1);

thread_local! {
    /// How often this thread checked the provider, and when it did so last.
    static CHECKED: Cell<(u32, Option<Instant>)> = const { Cell::new((0, None)) };
}

/// Checks the provider, if it is time to.
pub(super) fn check_provider() {
    let is_time = CHECKED.try_with(|checked| {
        let (times, last) = checked.get();
        if times < EAGER_CHECKS {
            checked.set((times + 1, last));
            return true;
        }
        let now = Instant::now();
        let is_time = last.is_none_or(|last| now.duration_since(last) >= BETWEEN_CHECKS);
        if is_time {
            checked.set((times, Some(now)));
        }
        is_time
    });
    if is_time == Ok(true) {
        refresh_meter_provider();
    }
}

/// An instrument that reports about telemetry itself, and is made again for each provider.
#[derive(Debug)]
pub(crate) struct Remade<T> {
    generation: u64,
    made: Option<T>,
}

impl<T> Default for Remade<T> {
    fn default() -> Self {
        Remade {
            generation: 0,
            made: None,
        }
    }
}

impl<T> Remade<T> {
    pub(crate) fn get(&mut self, make: impl FnOnce(&Meter) -> T) -> &T {
        let generation = generation();
        if self.generation != generation {
            self.generation = generation;
            self.made = None;
        }
        self.made.get_or_insert_with(|| make(&own_meter()))
    }
}

/// The meter of the instruments that report about telemetry itself.
pub(crate) fn own_meter() -> Meter {
    let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME"));
    let scope = scope.with_version(env!("CARGO_PKG_VERSION")).build();
    global::meter_provider().meter_with_scope(scope)
}

/// Runs code of the meter provider, if metrics are enabled.
pub(crate) fn recorded_if_enabled(record: impl FnOnce()) {
    if start_flags::has(start_flags::MEASURES) {
        recorded(record);
    }
}

thread_local! {
    /// Whether code of the meter provider runs, which may call annotated functions.
    static IS_RECORDING: Cell<bool> = const { Cell::new(false) };
}

/// Whether code of the meter provider runs on this thread; true while the thread is ending, as that is unknown then.
pub(super) fn is_recording() -> bool {
    IS_RECORDING.try_with(Cell::get).unwrap_or(true)
}

/// Runs code of the meter provider. Functions that it calls are not measured, and its panics are caught.
pub(super) fn recorded<R>(record: impl FnOnce() -> R) -> Option<R> {
    let before = IS_RECORDING.try_with(|is_recording| is_recording.replace(true));
    let result = catch_unwind(AssertUnwindSafe(record));
    if let Ok(before) = before {
        let _ = IS_RECORDING.try_with(|is_recording| is_recording.set(before));
    }
    if result.is_err() {
        self_log::once(
            Level::Error,
            "meter provider panicked",
            "the meter provider panicked; what was to be recorded is lost",
        );
    }
    result.ok()
}
