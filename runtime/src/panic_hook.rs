//! The panic hook of the process: ours, in front of the hook that was there.
//!
//! It tells a listener of each panic and then calls the hook that was there, so a panic prints what it
//! did without us.

use std::any::Any;
use std::cell::Cell;
use std::panic::{PanicHookInfo, UnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// Is told of each panic, within the hook.
pub(crate) type Listener = fn(&PanicHookInfo<'_>);

static LISTENER: OnceLock<Listener> = OnceLock::new();

/// Whether our hook is known to be in front.
static IN_FRONT: AtomicBool = AtomicBool::new(false);

/// The address of our hook, to recognise it: a second one in front of it would report every panic twice.
static OURS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Whether a panic on this thread is caught by [`catch_silently`].
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// Puts our hook in front, and has it call `listener`, the same for the whole process.
pub(crate) fn listen(listener: Listener) {
    let _ = LISTENER.set(listener);
    install();
}

/// Runs `f` and catches its panic, which reaches no hook but ours.
///
/// # Errors
///
/// The payload of the panic.
pub(crate) fn catch_silently<R>(
    f: impl FnOnce() -> R + UnwindSafe,
) -> Result<R, Box<dyn Any + Send>> {
    install();
    let _ = SILENT.try_with(|silent| silent.set(true));
    let result = catch_unwind(f);
    let _ = SILENT.try_with(|silent| silent.set(false));
    result
}

/// A panic did not reach our hook, so it was replaced; the next call of [`listen`] installs it
/// again.
pub(crate) fn note_replaced() {
    IN_FRONT.store(false, Ordering::SeqCst);
}

fn install() {
    // A thread that panics cannot change the hook.
    if thread::panicking() || IN_FRONT.swap(true, Ordering::SeqCst) {
        return;
    }
    let current: Box<Hook> = std::panic::take_hook();
    if address(&*current) == OURS.load(Ordering::SeqCst) {
        std::panic::set_hook(current);
        return;
    }
    let ours: Box<Hook> = Box::new(move |info| {
        if SILENT.try_with(Cell::get).unwrap_or(false) {
            return;
        }
        if let Some(listener) = LISTENER.get() {
            listener(info);
        }
        current(info);
    });
    OURS.store(address(&*ours), Ordering::SeqCst);
    std::panic::set_hook(ours);
}

fn address(hook: &Hook) -> usize {
    std::ptr::from_ref(hook).addr()
}
