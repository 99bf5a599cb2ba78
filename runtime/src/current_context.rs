//! The contexts that are current on this thread. OpenTelemetry keeps them in a thread-local value, and this
//! is the only module that accesses it.
//!
//! When a thread ends, its thread-local values are destroyed one after the other, and the
//! destructor of a user's value may call an annotated function or drop a future (as an async runtime that is
//! stored there drops its tasks). If OpenTelemetry's value is gone by then, every access to it
//! panics, and a panic in such a destructor aborts the process. The API does not tell whether it is gone.
//!
//! So this module keeps track itself: thread-local values are destroyed in the reverse of the order in which
//! their destructors were registered (by glibc, and by the list that std keeps elsewhere). [`Closing`] is
//! registered right after OpenTelemetry's value, so it is destroyed right before it and sets [`STATE`] to
//! [`State::Gone`]: from then on no span starts on the thread. `STATE` has no destructor, so it stays readable.

use std::cell::Cell;
use std::marker::PhantomData;
use std::mem;

#[cfg(any(feature = "metrics", feature = "stream"))]
use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, ContextGuard};

use crate::panic_hook::catch_silently;

// The order matters: `state >= State::Open` means that the value exists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    /// OpenTelemetry's value was not accessed on this thread yet.
    Unknown,
    /// OpenTelemetry's value is being accessed for the first time.
    Opening,
    /// The value is destroyed, or about to be.
    Gone,
    /// The value exists, and no span has ended on this thread.
    Open,
    /// The value exists, and a span has ended on this thread, so the thread-local values of span processors exist
    /// too.
    Used,
}

thread_local! {
    static STATE: Cell<State> = const { Cell::new(State::Unknown) };
    static BEFORE_CONTEXTS: Closing = const { Closing };
    static BEFORE_PROCESSORS: Closing = const { Closing };
}

/// A thread-local value whose destructor ends recording on its thread.
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
/// Valid until the function that got it returns, as no thread-local value is destroyed during a call. Must not
/// be stored.
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

    /// Whether the current context suppresses telemetry.
    #[cfg(feature = "metrics")]
    pub(crate) fn is_suppressed(self) -> bool {
        Context::is_current_telemetry_suppressed()
    }

    #[inline]
    pub(crate) fn attach(self, context: Context) -> ContextGuard {
        context.attach()
    }

    /// Attaches the current context without its span if that is recording, so that nothing can be recorded on it. Only
    /// the span's identity stays, so that spans that start are its children.
    #[cfg(any(feature = "metrics", feature = "stream"))]
    pub(crate) fn attach_unrecorded(self) -> Option<ContextGuard> {
        let current = self.current();
        let span = current.span();
        span.is_recording().then(|| {
            let bare = span.span_context().clone();
            self.attach(current.with_remote_span_context(bare))
        })
    }
}

/// The first access on this thread.
#[cold]
#[inline(never)]
fn open() -> Option<ContextStack> {
    // The access below allocates, and a user's allocator may call an annotated function, which comes here again.
    set_state(State::Opening);
    // On a thread that used OpenTelemetry without this crate and is ending, only this panic tells that the
    // value is gone.
    let is_there = catch_silently(|| Context::map_current(|_| ())).is_ok();
    let is_there = is_there && BEFORE_CONTEXTS.try_with(|_| ()).is_ok();
    set_state(if is_there { State::Open } else { State::Gone });
    is_there.then_some(ContextStack(PhantomData))
}

/// To be called after a span has ended on this thread.
///
/// Its processors may have made thread-local values of their own (the SDK's simple processor exports with
/// `futures::executor::block_on`, which has one). These are destroyed before [`BEFORE_CONTEXTS`], and a span that
/// ended after them would panic in the processor. So a second [`Closing`] is registered after them, which is
/// destroyed first.
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
            leak(context);
            None
        }
    }
}

/// Suppresses telemetry in the current context until the guard is dropped.
pub(crate) fn suppress_telemetry() -> Option<ContextGuard> {
    let stack = ContextStack::of_this_thread()?;
    Some(stack.attach(stack.current().with_telemetry_suppressed()))
}

/// Leaks a value that holds a context, once the stack is gone.
///
/// Dropping it might end a span, whose processors and exporters access thread-local values that may be gone too.
#[cold]
pub(crate) fn leak<T>(holds_a_context: T) {
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

    /// Whether a line calls `Context::attach`. The method of the same name of `captured` values is of this crate.
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
