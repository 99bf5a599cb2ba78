//! What a measured call allocates: nothing, once its function is known. The allocator is the process's.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::Sampler;
use traced::telemetry::TelemetryBuilder;
use traced::traced;

thread_local! {
    static ALLOCATED: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

#[allow(unsafe_code)] // An allocator is nothing else.
// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATED.try_with(|allocated| allocated.set(allocated.get() + 1));
        // SAFETY: as for this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as for this function.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[traced]
fn plain() {}

#[traced]
fn failing(fails: bool) -> Result<(), std::num::ParseIntError> {
    match black_box(fails) {
        true => "x".parse::<u8>().map(drop),
        false => Ok(()),
    }
}

#[traced]
async fn later() {
    Yielding(false).await;
}

#[traced]
async fn cancelled() {
    Yielding(false).await;
}

/// Pending once.
struct Yielding(bool);

impl Future for Yielding {
    type Output = ();

    fn poll(mut self: std::pin::Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        match std::mem::replace(&mut self.0, true) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

fn poll(future: impl Future<Output = ()>, polls: u32) {
    let mut future = pin!(future);
    for _ in 0..polls {
        let _ = future
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
    }
}

/// One call of each kind.
fn calls() {
    plain();
    let _ = failing(false);
    let _ = failing(true);
    poll(later(), 2);
    poll(cancelled(), 1);
}

fn allocations(run: impl Fn()) -> u64 {
    // What is allocated once for a thread, a function, an error type; and the provider is looked at in these.
    (0..300).for_each(|_| run());
    let before = ALLOCATED.with(Cell::get);
    (0..100).for_each(|_| run());
    ALLOCATED.with(Cell::get) - before
}

#[test]
fn a_measured_call_allocates_what_it_does_unmeasured() {
    let reader = PeriodicReader::builder(InMemoryMetricExporter::default()).build();
    let meters = SdkMeterProvider::builder().with_reader(reader).build();
    traced::set_meter_provider(meters);
    let count = |builder: TelemetryBuilder, filter: &str| {
        let telemetry = builder
            .no_exporter()
            .filter(filter.parse().unwrap())
            .init()
            .unwrap();
        let counted = allocations(calls);
        drop(telemetry);
        counted
    };
    let off = || TelemetryBuilder::default().metrics(false);
    let on = || TelemetryBuilder::default().metrics(true);
    // Without a span there is nothing to allocate at all.
    assert_eq!(count(off(), "off"), 0);
    assert_eq!(count(on(), "off"), 0);
    let unsampled = || on().sampler(Sampler::AlwaysOff);
    let unmeasured = count(off().sampler(Sampler::AlwaysOff), "on");
    assert_eq!(count(unsampled(), "on"), unmeasured);
    let unmeasured = count(off(), "on");
    assert_eq!(count(on(), "on"), unmeasured);
}
