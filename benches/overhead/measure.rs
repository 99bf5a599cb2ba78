//! Times, allocations and sizes, one line of tab-separated text for each.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::allocations::{self, Allocated};
use crate::attach;
use crate::modes::{self, Mode};
use crate::undisturbed::{ratio, undisturbed};
use crate::variants::{self, Shape, Variant};

/// The time a batch of calls should take: long compared with the clock's resolution, short compared
/// with interruptions.
const BATCH: Duration = Duration::from_millis(2);
/// fastrace drops spans beyond 10,240 below one local root, and a variant that drops spans must not
/// be measured.
const MOST_SPANS: u64 = 9_000;
const ROUNDS: usize = 31;

/// Prints `time` lines: the nanoseconds of a span, and the ratio to `c`, whose rounds alternate
/// with those of the others.
pub(crate) fn time(mode: Mode, wanted: &str) {
    time_shapes(mode, wanted, None);
    scaling(mode, &variants::wanted(wanted));
    if mode == Mode::Recording {
        attach::time(mode);
    }
}

/// As [`time`], without threads, for the shapes in `shapes`, or all of them.
pub(crate) fn time_shapes(mode: Mode, wanted: &str, shapes: Option<&str>) {
    mode.install(wanted.contains("lean"));
    let variants = variants::wanted(wanted);
    for (index, shape) in variants[0].shapes.iter().enumerate() {
        if shapes.is_none_or(|names| names.split(';').any(|name| name == shape.name)) {
            time_shape(mode, &variants, index);
        }
    }
}

fn time_shape(mode: Mode, variants: &[Variant], index: usize) {
    let shapes: Vec<(&Variant, &Shape, u64)> = variants
        .iter()
        .map(|variant| {
            let shape = &variant.shapes[index];
            (variant, shape, calls_in_a_batch(mode, variant.name, shape))
        })
        .collect();
    let mut rounds = vec![Vec::with_capacity(ROUNDS); shapes.len()];
    for _ in 0..ROUNDS {
        for ((variant, shape, calls), times) in shapes.iter().zip(&mut rounds) {
            let spent = timed(mode, variant.name, shape, *calls);
            times.push(spent.as_nanos() as f64 / (calls * shape.spans) as f64);
        }
    }
    let c = shapes.iter().position(|(variant, ..)| variant.name == "c");
    for ((variant, shape, _), times) in shapes.iter().zip(&rounds) {
        println!(
            "time\t{}\t{}\t{}\t{:.2}\t{:.3}",
            mode.name(),
            shape.name,
            variant.name,
            undisturbed(times),
            ratio(times, c.map(|c| &rounds[c])),
        );
    }
}

fn calls_in_a_batch(mode: Mode, variant: &str, shape: &Shape) -> u64 {
    let most = (MOST_SPANS / shape.spans).max(1);
    let warm_up = most.min(400);
    timed(mode, variant, shape, warm_up);
    let spent = timed(mode, variant, shape, warm_up);
    let calls = BATCH.as_nanos() * u128::from(warm_up) / spent.as_nanos().max(1);
    u64::try_from(calls).unwrap_or(most).clamp(
        4,
        // No spans accumulate, and a call takes a few nanoseconds, so a round can have many calls.
        match mode.has_no_provider() || (mode == Mode::FilterOff && variant != "c") {
            true => u64::MAX,
            false => most,
        },
    )
}

fn timed(mode: Mode, variant: &str, shape: &Shape, calls: u64) -> Duration {
    let surroundings = mode.surroundings(variant);
    let seen = modes::exported();
    let start = Instant::now();
    (shape.run)(calls);
    let spent = start.elapsed();
    drop(surroundings);
    mode.flush();
    assert_exported(mode, variant, seen, calls * shape.spans);
    spent
}

/// A variant that drops spans is faster and must not be measured.
fn assert_exported(mode: Mode, variant: &str, before: u64, spans: u64) {
    if mode.is_batched() && !matches!(variant, "plain" | "fastrace") {
        let exported = modes::exported() - before;
        assert_eq!(exported, spans, "{variant}: spans were dropped");
    }
}

/// Prints `threads` lines: the nanoseconds of a span on each of 1, 2, 4 and 8
/// threads that record at once, and their ratio to those of `c`.
fn scaling(mode: Mode, variants: &[Variant]) {
    const THREAD_ROUNDS: usize = 15;
    let c = variants.iter().position(|variant| variant.name == "c");
    for threads in [1, 2, 4, 8] {
        let mut rounds = vec![Vec::new(); variants.len()];
        for _ in 0..THREAD_ROUNDS {
            for (variant, times) in variants.iter().zip(&mut rounds) {
                times.push(at_once(mode, variant, threads));
            }
        }
        for (variant, times) in variants.iter().zip(&rounds) {
            println!(
                "threads\t{}\t{threads}\t{}\t{:.2}\t{:.3}",
                mode.name(),
                variant.name,
                undisturbed(times),
                ratio(times, c.map(|c| &rounds[c])),
            );
        }
    }
}

fn at_once(mode: Mode, variant: &Variant, threads: usize) -> f64 {
    const WARM_UP: u64 = 500;
    const CALLS: u64 = 4_000;
    let shape = &variant.shapes[0];
    let seen = modes::exported();
    let barrier = Barrier::new(threads);
    let slowest = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let surroundings = mode.surroundings(variant.name);
                    (shape.run)(WARM_UP);
                    barrier.wait();
                    let start = Instant::now();
                    (shape.run)(CALLS);
                    let spent = start.elapsed();
                    drop(surroundings);
                    spent
                })
            })
            .collect();
        let spent = workers
            .into_iter()
            .map(|worker| worker.join().expect("it only works"));
        spent.max().unwrap_or_default()
    });
    mode.flush();
    let spans = threads as u64 * (WARM_UP + CALLS) * shape.spans;
    assert_exported(mode, variant.name, seen, spans);
    slowest.as_nanos() as f64 / CALLS as f64
}

/// Prints `allocations` lines: the number and bytes of a span's allocations.
pub(crate) fn allocations(mode: Mode, wanted: &str) {
    const CALLS: u64 = 256;
    mode.install(wanted.contains("lean"));
    for variant in variants::wanted(wanted) {
        for shape in variant.shapes.iter().filter(|shape| shape.is_repeatable) {
            let surroundings = mode.surroundings(variant.name);
            (shape.run)(2 * CALLS);
            mode.flush();
            let Allocated { times, bytes } = allocations::during(|| (shape.run)(CALLS));
            drop(surroundings);
            mode.flush();
            let spans = (CALLS * shape.spans) as f64;
            println!(
                "allocations\t{}\t{}\t{}\t{:.2}\t{:.1}",
                mode.name(),
                shape.name,
                variant.name,
                times as f64 / spans,
                bytes as f64 / spans,
            );
        }
    }
}

/// Runs one shape of one variant and nothing else, for a profiler.
pub(crate) fn repeat(mode: Mode, variant: &str, shape: &str, calls: u64) {
    mode.install(variant.contains("lean"));
    for variant in variants::wanted(variant) {
        let shapes = variant.shapes.iter();
        for shape in shapes.filter(|known| known.name == shape) {
            timed(mode, variant.name, shape, calls);
        }
    }
}

/// Prints `future` lines: the size of a future whose argument has 1 KiB.
pub(crate) fn sizes() {
    for variant in variants::ALL {
        println!("future\t{}\t{}", variant.name, (variant.future_size)());
    }
}
