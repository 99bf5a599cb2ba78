//! Counts what this thread allocates.
#![expect(
    unsafe_code,
    reason = "an allocator is an unsafe trait; this one hands every call on to the system's"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[global_allocator]
static COUNTING: Counting = Counting;

struct Counting;

/// How often and how much a thread allocated.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Allocated {
    pub(crate) times: u64,
    pub(crate) bytes: u64,
}

thread_local! {
    // Per thread, so that exporters that work beside us are not counted.
    static ALLOCATED: Cell<Allocated> = const { Cell::new(Allocated { times: 0, bytes: 0 }) };
}

fn count(bytes: usize) {
    // A constant without a destructor: the access cannot allocate, nor fail.
    ALLOCATED.with(|allocated| {
        let Allocated { times, bytes: sum } = allocated.get();
        allocated.set(Allocated {
            times: times + 1,
            bytes: sum + bytes as u64,
        });
    });
}

// SAFETY: every method hands its arguments unchanged to `System`, which keeps the
// contract of the trait; counting touches nothing but a `Cell` of this thread.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller's promise is the one that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        // SAFETY: as above; `block` came from `System`, as all of ours do.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) }
    }
}

/// What this thread allocates while `work` runs.
pub(crate) fn during(work: impl FnOnce()) -> Allocated {
    let before = ALLOCATED.get();
    work();
    let after = ALLOCATED.get();
    Allocated {
        times: after.times - before.times,
        bytes: after.bytes - before.bytes,
    }
}
