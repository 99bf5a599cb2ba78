//! Functions that tell the compiler a type which the macros cannot write.

use std::future::Future;

/// A value of the function's return type for a `return` that never runs: it gives the type of an `async`
/// block, which cannot be written.
pub fn never<T>() -> T {
    unreachable!("behind `if false`")
}

/// The end of an `async fn` whose output is `!`.
pub fn endless<T>(_: T) -> ! {
    unreachable!("a future whose output is `!` was ready")
}

/// Gives the type of the future's output before its observer is looked up.
pub fn outputs<R>(_: &impl Future<Output = R>) {}
