//! The global meter provider, and how it is noticed that it was replaced.
//!
//! An instrument that was made before the provider was installed does nothing for ever, and the API gives no signal.
//! So instruments are made again in each generation, and where nobody said that there is a new one, the provider is
//! looked at now and then.

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

/// Counts the meter providers that were noticed.
static GENERATION: AtomicU64 = AtomicU64::new(1);

/// The provider that was noticed last. Weak, so that one that was replaced is dropped; its address is not used again
/// meanwhile.
static NOTICED: ForkMutex<Option<Weak<dyn MeterProvider + Send + Sync>>> = ForkMutex::new(None);

/// What makes instruments of its own with each provider.
static ON_NEW: OnceLock<fn()> = OnceLock::new();

/// Calls `make` whenever there is a new provider.
pub(crate) fn on_new_provider(make: fn()) {
    let _ = ON_NEW.set(make);
}

/// The number of the provider that was noticed last.
pub(super) fn generation() -> u64 {
    GENERATION.load(Ordering::Acquire)
}

/// Installs `provider` as the global meter provider and tells the metrics of `traced`
/// ([`TelemetryBuilder::metrics`](crate::telemetry::TelemetryBuilder::metrics)), which go to it from now on.
///
/// A provider that is installed with [`opentelemetry::global::set_meter_provider`] is noticed too: at once before the
/// first calls of functions, and within a second of a call afterwards.
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
/// [`opentelemetry::global::set_meter_provider`], and you do not want to wait until that is noticed.
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

/// Looks whether the provider is another.
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

/// So many calls of a thread look at the provider each, so that one that is installed right after the start is noticed at
/// once.
const EAGER_LOOKS: u32 = 256;

/// How often a thread looks afterwards.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

thread_local! {
    /// How often this thread looked, and when it did last.
    static LOOKED: Cell<(u32, Option<Instant>)> = const { Cell::new((0, None)) };
}

/// Looks at the provider, if it is time to.
pub(super) fn look_now_and_then() {
    let is_time = LOOKED.try_with(|looked| {
        let (times, last) = looked.get();
        if times < EAGER_LOOKS {
            looked.set((times + 1, last));
            return true;
        }
        let now = Instant::now();
        let is_time = last.is_none_or(|last| now.duration_since(last) >= BETWEEN_LOOKS);
        if is_time {
            looked.set((times, Some(now)));
        }
        is_time
    });
    if is_time == Ok(true) {
        refresh_meter_provider();
    }
}

/// An instrument of telemetry itself, which is made again for each provider.
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

/// The meter of telemetry itself.
pub(crate) fn own_meter() -> Meter {
    let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME"));
    let scope = scope.with_version(env!("CARGO_PKG_VERSION")).build();
    global::meter_provider().meter_with_scope(scope)
}

/// Runs code of the meter provider, if metrics are wanted.
pub(crate) fn recorded_if_wanted(record: impl FnOnce()) {
    if start_flags::has(start_flags::MEASURES) {
        recorded(record);
    }
}

thread_local! {
    /// Code of the meter provider runs, which may call annotated functions itself.
    static IS_RECORDING: Cell<bool> = const { Cell::new(false) };
}

/// Whether the meter provider is at work on this thread; also where that cannot be known, as the thread is ending.
pub(super) fn is_recording() -> bool {
    IS_RECORDING.try_with(Cell::get).unwrap_or(true)
}

/// Runs code of the meter provider. What it calls is not measured, and a panic in it does not reach the program.
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
