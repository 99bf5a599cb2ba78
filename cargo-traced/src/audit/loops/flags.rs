//! Flags that say how long a loop goes on, and that somebody else sets.

use syn::ExprMethodCall;

use crate::syntax::mentions;

/// `stop.is_cancelled()`, `running.load(Ordering::SeqCst)`. A method `load` of the program's own takes no ordering.
pub(super) fn reads_a_flag(call: &ExprMethodCall) -> bool {
    const FLAGS: &[&str] = &[
        "is_cancelled",
        "is_closed",
        "is_running",
        "is_shutdown",
        "is_shutting_down",
        "is_stopped",
    ];
    const ORDERINGS: &[&str] = &["Acquire", "Relaxed", "SeqCst"];
    match call.method == "load" {
        true => mentions(&call.args, &|word| ORDERINGS.contains(&word)),
        false => call.args.is_empty() && FLAGS.iter().any(|name| call.method == name),
    }
}
