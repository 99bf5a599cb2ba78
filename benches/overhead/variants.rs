//! The libraries that are compared, each with the same functions.

mod by_hand;
mod c;
mod common;
mod fastrace;
mod otel_instrument;
mod plain;
mod traced;
mod tracing;

use std::hint::black_box;

use common::{block_on, drive};

/// A library, or a way to use it.
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    pub(crate) shapes: &'static [Shape],
    pub(crate) future_size: fn() -> usize,
}

/// A kind of function.
pub(crate) struct Shape {
    pub(crate) name: &'static str,
    /// The number of spans that one call makes.
    pub(crate) spans: u64,
    /// Whether each run executes the same instructions, without the help of another thread.
    pub(crate) is_repeatable: bool,
    pub(crate) run: fn(u64),
}

/// Every variant; `tracing` is measured with a lean subscriber too.
pub(crate) const ALL: [Variant; 8] = [
    variant!("plain", plain),
    variant!("by-hand", by_hand),
    variant!("c", c),
    variant!("traced", traced),
    variant!("tracing", tracing),
    variant!("tracing-lean", tracing),
    variant!("fastrace", fastrace),
    variant!("otel-instrument", otel_instrument),
];

/// Makes `c` cache the tracer of the installed provider.
pub(crate) fn keep_tracer_of_c() {
    c::keep_tracer();
}

/// The variants named in `names`, separated by commas.
pub(crate) fn wanted(names: &str) -> Vec<Variant> {
    let is_wanted = |variant: &Variant| names.split(',').any(|name| name == variant.name);
    ALL.into_iter().filter(is_wanted).collect()
}

macro_rules! variant {
    ($name:literal, $module:ident) => {
        Variant {
            name: $name,
            shapes: &[
                shape!("sync", 1, true, $module::sync(black_box(1))),
                shape!("sync, 4 attributes", 1, true, {
                    $module::attributes(black_box(1), black_box("alice"))
                }),
                shape!("Ok", 1, true, $module::ok(black_box(1)).is_ok()),
                shape!("Err", 1, true, $module::err(black_box(1)).is_err()),
                shape!("nesting 10", 10, true, $module::nested(black_box(10))),
                shape!("async", 1, true, drive($module::ready(black_box(1)))),
                shape!("async, 4 attributes", 1, true, {
                    drive($module::ready_with_attributes(
                        black_box(1),
                        black_box("alice"),
                    ))
                }),
                shape!(
                    "async, 10 yields",
                    1,
                    true,
                    drive($module::ten_yields(black_box(1)))
                ),
                shape!("async, 1 KiB argument", 1, true, {
                    drive($module::kilobyte(black_box([1; 1024])))
                }),
                Shape {
                    name: "tokio::spawn",
                    spans: 2,
                    is_repeatable: false,
                    run: |calls| {
                        block_on(async {
                            for _ in 0..calls {
                                let _ = black_box($module::spawning(black_box(1)).await);
                            }
                        });
                    },
                },
                shape!("thread", 2, false, $module::threading(black_box(1))),
            ],
            future_size: || size_of_val(&$module::kilobyte([0; 1024])),
        }
    };
}
use variant;

macro_rules! shape {
    ($name:literal, $spans:literal, $is_repeatable:literal, $call:expr) => {
        Shape {
            name: $name,
            spans: $spans,
            is_repeatable: $is_repeatable,
            run: |calls| {
                for _ in 0..calls {
                    let _ = black_box($call);
                }
            },
        }
    };
}
use shape;
