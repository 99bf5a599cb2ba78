//! An allocator that ends spans wherever the recorder allocates or frees memory: the recorder must
//! hold no lock or borrow there.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use traced::telemetry::Batch;
use traced::traced;
use traced_tests_recorder::{Counting, assert_exact, builder};

thread_local! {
    /// Whether this thread's allocator makes spans. It is off while it makes one, as spans allocate
    /// too.
    static IS_TRACED: Cell<bool> = const { Cell::new(false) };
}

static SPANS: AtomicU64 = AtomicU64::new(0);

#[traced]
fn allocating(size: usize) -> usize {
    SPANS.fetch_add(1, Ordering::SeqCst);
    size
}

struct Traced;

impl Traced {
    fn note(size: usize) {
        let is_traced = IS_TRACED.try_with(|traced| traced.replace(false));
        if is_traced == Ok(true) {
            allocating(size);
            let _ = IS_TRACED.try_with(|traced| traced.set(true));
        }
    }
}

#[allow(unsafe_code)] // An allocator is nothing else.
// SAFETY: every call goes to the system's allocator.
unsafe impl GlobalAlloc for Traced {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Traced::note(layout.size());
        // SAFETY: the caller's contract is that of this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        Traced::note(layout.size());
        // SAFETY: the caller's contract is that of this function.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Traced = Traced;

#[traced(attributes(text = %text))]
fn with_text(text: &str) -> Result<String, String> {
    match text.len() % 3 {
        0 => Err(text.to_owned()),
        _ => Ok(text.repeat(2)),
    }
}

/// Makes spans of all kinds on a new thread whose allocator is traced from the first span to the
/// last.
fn on_a_thread(rounds: u64) -> u64 {
    std::thread::spawn(move || {
        IS_TRACED.set(true);
        for round in 0..rounds {
            let text = "x".repeat(usize::try_from(round % 70).unwrap());
            let _ = with_text(&text);
        }
        IS_TRACED.set(false);
        rounds
    })
    .join()
    .unwrap()
}

#[test]
fn an_annotated_allocator_neither_deadlocks_nor_loses_a_span() {
    let exporter = Counting::default();
    let batch = Batch::new().max_queue_size(1 << 20);
    let telemetry = builder()
        .span_exporter(exporter.clone())
        .span_batch(batch)
        .init()
        .unwrap();
    // Each thread is new, so slots, pools and thread-local values are created under the traced
    // allocator.
    let bodies: u64 = (0..20).map(|_| on_a_thread(100)).sum();
    let report = telemetry.shutdown();
    // A function that is called while the tracer is looked up has no span.
    let missing = bodies + SPANS.load(Ordering::SeqCst) - report.ended;
    assert!(missing <= 20 * 100, "{report}, {missing} have no span");
    assert!(report.ended > 20_000, "{report}");
    assert_eq!(report.dropped, 0, "{report}");
    assert_exact(&report, report.ended, &exporter);
}
