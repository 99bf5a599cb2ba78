//! The panic hook of this crate. It calls a listener and then the hook that it replaced, so a panic prints what
//! it would print without this crate.

use std::any::Any;
use std::cell::Cell;
use std::panic::{PanicHookInfo, UnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

type Hook = dyn Fn(&PanicHookInfo<'_>) + Send + Sync;

/// A function that the hook calls for each panic.
pub(crate) type Listener = fn(&PanicHookInfo<'_>);

static LISTENER: OnceLock<Listener> = OnceLock::new();

/// Whether our hook is installed, as far as is known.
static IS_INSTALLED: AtomicBool = AtomicBool::new(false);
/// The address of our hook, so that it is not installed a second time, which would report every panic twice.
static OURS: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Whether a panic on this thread is caught by [`catch_silently`].
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// Installs our hook, which calls `listener`. Every caller must pass the same function.
pub(crate) fn listen(listener: Listener) {
    let _ = LISTENER.set(listener);
    install();
}

/// Runs `f` and catches its panic without calling the listener or the replaced hook.
///
/// # Errors
///
/// The payload of the panic.
pub(crate) fn catch_silently<R>(
    f: impl FnOnce() -> R + UnwindSafe,
) -> Result<R, Box<dyn Any + Send>> {
    install();
    let before = SILENT.try_with(|silent| silent.replace(true));
    let result = catch_unwind(f);
    // A call inside of another one leaves the outer one silent.
    let _ = SILENT.try_with(|silent| silent.set(before.unwrap_or(false)));
    result
}

/// The text of a panic, which [`panic!`] makes; `None` for any other payload.
pub(crate) fn text_of(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

/// To be called after a panic did not reach our hook, which was therefore replaced: the next call of [`listen`]
/// installs it again.
pub(crate) fn note_replaced() {
    IS_INSTALLED.store(false, Ordering::SeqCst);
}

fn install() {
    // A panicking thread cannot change the hook.
    if thread::panicking() || IS_INSTALLED.swap(true, Ordering::SeqCst) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nested_call_leaves_the_outer_one_silent() {
        let is_silent = || SILENT.with(Cell::get);
        let outer = catch_silently(|| {
            assert!(catch_silently(|| panic!("inner")).is_err());
            is_silent()
        });
        assert_eq!(outer.ok(), Some(true));
        assert!(!is_silent());
    }
}
