//! Code in the destructor of a thread-local value, where a panic aborts the process.
//!
//! Each use of the crate runs while its thread ends, in a process of its own: on a joined thread,
//! and on the main thread after `main` has returned. The result depends on which thread-local
//! values were created before, as they are destroyed in the reverse of that order.

// The cases keep the exact code that the macro has to handle, so clippy's suggestions do not apply.
#![allow(clippy::redundant_closure, clippy::semicolon_if_nothing_returned)]

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::pending;
use std::io::Write as _;
use std::pin::Pin;
use std::process::{Command, ExitCode};
use std::task::{Context as TaskContext, Poll, Waker};

use futures_core::Stream;
use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use traced::{traced, traced_spawn};

/// Calls a closure when it is dropped.
struct OnDrop(Option<Box<dyn FnOnce()>>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        if let Some(call) = self.0.take() {
            call();
            // `println!` could panic here.
            let _ = std::io::stdout().write_all(b"survived\n");
        }
    }
}

thread_local! {
    static LAST: RefCell<OnDrop> = const { RefCell::new(OnDrop(None)) };
}

fn touch_last() {
    LAST.with(|_| ());
}

#[traced]
fn work() -> u8 {
    7
}

#[traced]
fn fails() -> Result<u8, String> {
    Err("no".to_owned())
}

#[traced(attributes(value = 1), lazy(later = 2))]
async fn waits() {
    pending::<()>().await;
}

#[traced]
async fn answers() -> u8 {
    7
}

#[traced(current, attributes(value = 1))]
fn in_the_current() {}

#[traced(baggage(tenant = "a"))]
fn with_baggage() {}

#[traced(kind = "producer", inject = headers)]
fn send(mut headers: HashMap<String, String>) -> HashMap<String, String> {
    headers.insert("sent".to_owned(), "yes".to_owned());
    headers
}

#[traced(kind = "consumer", extract = headers)]
fn receive(headers: &HashMap<String, String>) {}

#[traced(parent = parent)]
fn below(parent: SpanContext) {}

#[traced(parent = parent)]
fn below_context(parent: Context) {}

#[traced(root, links = [other])]
fn linked(other: SpanContext) {}

#[traced(enabled = false, baggage(tenant = "a"))]
fn disabled() {}

#[traced]
fn spawns() -> u8 {
    std::thread::spawn(work).join().unwrap()
}

#[traced_spawn(name = "unit", link)]
fn spawns_in_a_span() -> u8 {
    std::thread::spawn(|| work()).join().unwrap()
}

#[traced]
#[track_caller]
fn in_place(text: &str) -> Result<u8, std::num::ParseIntError> {
    Ok(text.parse::<u8>()?)
}

#[traced]
fn boxed() -> Pin<Box<dyn Future<Output = u8>>> {
    let value = work();
    Box::pin(async move { value })
}

struct Endless;

impl Stream for Endless {
    type Item = u8;

    fn poll_next(self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Option<u8>> {
        Poll::Ready(Some(work()))
    }
}

#[traced]
fn endless() -> impl Stream<Item = u8> {
    Endless
}

fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut TaskContext::from_waker(Waker::noop()))
}

fn poll_stream<S: Stream + ?Sized>(stream: Pin<&mut S>) -> Poll<Option<S::Item>> {
    stream.poll_next(&mut TaskContext::from_waker(Waker::noop()))
}

/// Prepares a use while the thread runs; the returned closure is called when the thread ends.
type Use = fn() -> Box<dyn FnOnce()>;

const USES: &[(&str, Use)] = &[
    ("sync", || Box::new(|| assert_eq!(work(), 7))),
    ("error", || Box::new(|| assert!(fails().is_err()))),
    ("started_future", || {
        let mut future = Box::pin(waits());
        assert!(poll_once(future.as_mut()).is_pending());
        Box::new(move || drop(future))
    }),
    ("started_future_is_polled", || {
        let mut future = Box::pin(waits());
        assert!(poll_once(future.as_mut()).is_pending());
        Box::new(move || assert!(poll_once(future.as_mut()).is_pending()))
    }),
    ("future", || {
        let mut future = Box::pin(answers());
        Box::new(move || assert_eq!(poll_once(future.as_mut()), Poll::Ready(7)))
    }),
    ("new_future", || {
        Box::new(|| assert!(poll_once(Box::pin(waits()).as_mut()).is_pending()))
    }),
    ("boxed_future", || {
        Box::new(|| assert_eq!(poll_once(boxed().as_mut()), Poll::Ready(7)))
    }),
    ("started_stream", || {
        let mut stream = Box::pin(endless());
        let _ = poll_stream(stream.as_mut());
        Box::new(move || assert_eq!(poll_stream(stream.as_mut()), Poll::Ready(Some(7))))
    }),
    ("runtime_with_tasks", || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            tokio::spawn(traced::carry(waits()));
            tokio::task::yield_now().await;
        });
        Box::new(move || drop(runtime))
    }),
    ("event", || Box::new(|| traced::event!("gone", value = 1))),
    ("set_attributes", || {
        Box::new(|| traced::set_attributes!(value = 1))
    }),
    ("record_error", || Box::new(|| traced::record_error("gone"))),
    ("add_link", || {
        Box::new(|| traced::add_link(SpanContext::empty_context()))
    }),
    ("current", || {
        Box::new(|| assert!(!traced::current().is_recording()))
    }),
    ("span", || {
        Box::new(|| assert_eq!(traced::span!("block", value = 1, { 7 }), 7))
    }),
    ("spawn_site", || Box::new(|| assert_eq!(spawns(), 7))),
    ("spawn_site_in_a_span", || {
        Box::new(|| assert_eq!(spawns_in_a_span(), 7))
    }),
    ("carry", || {
        let carried = Box::pin(traced::carry(waits()));
        Box::new(move || {
            let mut carried = carried;
            assert!(poll_once(carried.as_mut()).is_pending());
            drop(carried);
            assert_eq!(
                poll_once(Box::pin(traced::carry(answers())).as_mut()),
                Poll::Ready(7)
            );
        })
    }),
    ("carry_fn", || {
        let carried = traced::carry_fn(work);
        Box::new(move || {
            assert_eq!(carried(), 7);
            assert_eq!(traced::carry_fn(work)(), 7);
        })
    }),
    ("argument_current", || Box::new(in_the_current)),
    ("argument_baggage", || Box::new(with_baggage)),
    ("argument_inject", || {
        Box::new(|| assert_eq!(send(HashMap::new())["sent"], "yes"))
    }),
    ("argument_extract", || Box::new(|| receive(&HashMap::new()))),
    ("argument_parent", || {
        Box::new(|| {
            below(SpanContext::empty_context());
            below_context(Context::new());
        })
    }),
    ("argument_links", || {
        Box::new(|| linked(SpanContext::empty_context()))
    }),
    ("argument_enabled", || Box::new(disabled)),
    ("in_place", || Box::new(|| assert!(in_place("x").is_err()))),
    ("inject", || {
        Box::new(|| traced::inject(&mut HashMap::<String, String>::new()))
    }),
    ("extract", || {
        Box::new(|| {
            let caller = traced::extract(&HashMap::<String, String>::new());
            assert!(!caller.has_active_span());
        })
    }),
];

/// The thread-local values that were used before, which determine those left at the end of the
/// thread.
const ORDERS: &[(&str, fn())] = &[
    ("nothing_before", || {}),
    ("value_before_spans", || {
        touch_last();
        work();
    }),
    ("value_after_spans", || {
        work();
        touch_last();
    }),
    ("value_in_the_first_span", || {
        traced::span!("first", { touch_last() })
    }),
    ("value_before_contexts", || {
        touch_last();
        drop(Context::current());
    }),
    ("value_between_contexts_and_spans", || {
        drop(Context::current());
        touch_last();
        work();
    }),
];

fn prepare(order: &str, used: &str) {
    let (_, before) = ORDERS.iter().find(|(name, _)| *name == order).unwrap();
    let (_, make) = USES.iter().find(|(name, _)| *name == used).unwrap();
    before();
    // Where contexts must not have been used yet, the value is made without using them.
    let call = match order {
        "nothing_before" | "value_before_contexts" => Box::new(move || make()()),
        _ => make(),
    };
    LAST.with_borrow_mut(|last| last.0 = Some(call));
}

fn child(thread: &str, order: &str, used: &str) {
    traced::propagation::use_w3c();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(InMemorySpanExporter::default())
        .build();
    traced::set_tracer_provider(provider);
    match thread {
        "main" => prepare(order, used),
        _ => {
            let (order, used) = (order.to_owned(), used.to_owned());
            std::thread::spawn(move || prepare(&order, &used))
                .join()
                .unwrap();
        }
    }
}

/// Whether the process ends as it would without the attribute.
fn survives(thread: &str, order: &str, used: &str) -> bool {
    let this = std::env::current_exe().unwrap();
    let output = Command::new(this)
        .args([thread, order, used])
        .env("CASE_OF_A_THREAD_LOCAL", "1")
        .output()
        .unwrap();
    let is_well =
        output.status.success() && output.stdout == b"survived\n" && output.stderr.is_empty();
    if !is_well {
        eprintln!(
            "{thread} {order} {used}: {}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    is_well
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let ([thread, order, used], Some(_)) =
        (&*arguments, std::env::var_os("CASE_OF_A_THREAD_LOCAL"))
    {
        child(thread, order, used);
        return ExitCode::SUCCESS;
    }
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let (mut cases, mut failed) = (0, 0);
    for thread in ["main", "spawned"] {
        for (order, _) in ORDERS {
            for (used, _) in USES {
                cases += 1;
                failed += u32::from(!survives(thread, order, used));
            }
        }
    }
    println!("{} of {cases} processes ended well", cases - failed);
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
