//! The contexts that are current on this thread. OpenTelemetry keeps them in a thread-local value, and this
//! is the only module that accesses it.
//!
//! When a thread ends, its thread-local values are destroyed one after the other, and the
//! destructor of a user's value may call an annotated function or drop a future (as a runtime that is
//! stored there drops its tasks). OpenTelemetry's value may be gone by then, every access to it
//! panics, and a panic in such a destructor aborts the process. The API cannot be asked whether it is gone.
//!
//! So this module finds out itself: values are destroyed in the reverse order in which their destructors
//! were registered (glibc, and the list that std keeps elsewhere), and [`Closing`] is registered
//! right after OpenTelemetry's value and destroyed right before it. From then on there are no
//! spans on the thread. [`STATE`] says so; it has no destructor, so it stays readable to the end.

use std::cell::Cell;
use std::marker::PhantomData;
use std::mem;

use opentelemetry::{Context, ContextGuard};

use crate::panic_hook::catch_silently;

// In this order, so that one comparison says whether the value exists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// The value was not accessed on this thread yet.
    Unknown,
    /// OpenTelemetry's value is being accessed for the first time.
    Opening,
    /// The value is destroyed, or about to be.
    Gone,
    /// The value exists, and no span has ended on this thread.
    Open,
    /// The value exists, and a span has ended on this thread: so the thread-local values of processors exist,
    /// too.
    Used,
}

thread_local! {
    static STATE: Cell<State> = const { Cell::new(State::Unknown) };
    static BEFORE_CONTEXTS: Closing = const { Closing };
    static BEFORE_PROCESSORS: Closing = const { Closing };
}

/// A thread-local value whose destructor ends the recording on its thread.
struct Closing;

impl Drop for Closing {
    fn drop(&mut self) {
        set_state(State::Gone);
    }
}

#[inline(always)]
fn state() -> State {
    STATE.try_with(Cell::get).unwrap_or(State::Gone)
}

fn set_state(state: State) {
    let _ = STATE.try_with(|current| current.set(state));
}

/// The permission to access the stack of current contexts of this thread.
///
/// Valid for the length of a function call, as no thread-local value is destroyed during a call. Must not be
/// stored.
#[derive(Clone, Copy)]
pub(crate) struct ContextStack(PhantomData<*const ()>);

impl ContextStack {
    /// The stack; `None` if the thread is ending and the stack is gone.
    #[inline(always)]
    pub(crate) fn of_this_thread() -> Option<Self> {
        match state() {
            state if state >= State::Open => Some(ContextStack(PhantomData)),
            State::Unknown => open(),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn current(self) -> Context {
        Context::current()
    }

    /// Whether nothing is to be recorded in the current context.
    #[cfg(feature = "metrics")]
    pub(crate) fn is_suppressed(self) -> bool {
        Context::is_current_telemetry_suppressed()
    }

    #[inline]
    pub(crate) fn attach(self, context: Context) -> ContextGuard {
        context.attach()
    }
}

/// The first access on this thread.
#[cold]
#[inline(never)]
fn open() -> Option<ContextStack> {
    // The allocator, which this calls, may be an annotated function.
    set_state(State::Opening);
    // A thread that is ending may have used OpenTelemetry but nothing of ours. Then only the panic
    // tells that the value is gone.
    let is_there = catch_silently(|| Context::map_current(|_| ())).is_ok();
    let is_there = is_there && BEFORE_CONTEXTS.try_with(|_| ()).is_ok();
    set_state(if is_there { State::Open } else { State::Gone });
    is_there.then_some(ContextStack(PhantomData))
}

/// A span has ended on this thread.
///
/// Its processors may have made thread-local values of their own (`futures::executor::block_on`,
/// with which the SDK's simple processor exports, has one). They are destroyed before
/// [`BEFORE_CONTEXTS`] is, and a span that ended after them would panic in the processor: a
/// second [`Closing`], registered after them, is destroyed first.
#[inline(always)]
pub(crate) fn note_ended_span() {
    if state() == State::Open {
        close_before_processors();
    }
}

#[cold]
#[inline(never)]
fn close_before_processors() {
    set_state(State::Used);
    if BEFORE_PROCESSORS.try_with(|_| ()).is_err() {
        set_state(State::Gone);
    }
}

/// The current context; an empty one if the stack is gone.
#[inline]
pub(crate) fn current() -> Context {
    match ContextStack::of_this_thread() {
        Some(stack) => stack.current(),
        None => Context::new(),
    }
}

/// Makes a context current until the guard is dropped, unless the stack is gone.
#[inline]
pub(crate) fn attach(context: Context) -> Option<ContextGuard> {
    match ContextStack::of_this_thread() {
        Some(stack) => Some(stack.attach(context)),
        None => {
            leave(context);
            None
        }
    }
}

/// Makes the current context one in which nothing is recorded, until the guard is dropped.
pub(crate) fn suppress_telemetry() -> Option<ContextGuard> {
    let stack = ContextStack::of_this_thread()?;
    Some(stack.attach(stack.current().with_telemetry_suppressed()))
}

/// Leaks a value that holds a context, while the stack is gone.
///
/// It is not dropped: it may be the last to hold a span, which would then end, and the processors
/// and exporters that it would come to access thread-local values too.
#[cold]
pub(crate) fn leave<T>(holds_a_context: T) {
    mem::forget(holds_a_context);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    /// The calls of the API that access its thread-local value.
    const ACCESSES: &[&str] = &[
        "Context::current",
        "Context::map_current",
        "Context::enter_telemetry_suppressed_scope",
        "Context::is_current_telemetry_suppressed",
        "Context::attach",
        "get_active_span",
        "mark_span_as_active",
        "current_with_",
        "with_current_context",
        ".in_span(",
        "tracer.start(",
        "builder.start(",
        ".build(&",
    ];

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    /// A context is attached by the method of `Context`; that of a captured context is ours.
    fn attaches(line: &str) -> bool {
        line.match_indices(".attach()")
            .any(|(at, _)| !line[..at].ends_with("captured"))
    }

    #[test]
    fn no_other_module_accesses_the_thread_local_of_opentelemetry() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        sources(&root, &mut files);
        let is_test = |file: &PathBuf| file.components().any(|part| part.as_os_str() == "tests");
        files.retain(|file| !file.ends_with("tests.rs") && !is_test(file));
        let mut wrong = Vec::new();
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
            for (number, line) in code.lines().enumerate() {
                let is_comment = line.trim_start().starts_with("//");
                let is_access =
                    ACCESSES.iter().any(|access| line.contains(access)) || attaches(line);
                if is_access && !is_comment && !file.ends_with("current_context.rs") {
                    wrong.push(format!("{}:{}: {line}", file.display(), number + 1));
                }
            }
        }
        assert!(
            wrong.is_empty(),
            "use `current_context` instead:\n{}",
            wrong.join("\n")
        );
    }
}
