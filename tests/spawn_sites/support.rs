//! The units that the sites spawn, and the check of their parents.

use traced::testing::{Spans, capture_async};
use traced::traced;

/// A unit that is a future.
#[traced]
pub(crate) async fn child() {}

/// A unit that is a function.
#[traced]
pub(crate) fn child_here() {}

/// Runs `f` on a thread without a context, as a spawner in code without annotations does.
pub(crate) fn thread_without_context<R: Send + 'static>(
    f: impl FnOnce() -> R + Send + 'static,
) -> R {
    std::thread::spawn(f).join().unwrap()
}

/// Runs a future to its end and expects `children` spans under one `parent`.
pub(crate) async fn expect_children(children: usize, parent: impl Future) -> Spans {
    let (_, spans) = capture_async(parent).await;
    let parent = spans.named("parent");
    let under = spans.iter().filter(|span| span.is_child_of(parent)).count();
    assert_eq!(under, children, "{}", spans.tree());
    assert_eq!(spans.len(), children + 1, "{}", spans.tree());
    spans
}

/// Writes the tests of each site, from the number of its children and the body that spawns them.
macro_rules! sites {
    ($($(#[$attribute:meta])* $test:ident($children:literal) $body:block)*) => {
        /// The sites of this file: the test and its body.
        pub(crate) const SITES: &[(&str, &str)] = &[$((stringify!($test), stringify!($body))),*];

        $(mod $test {
            #[allow(unused_imports, reason = "each body takes what it needs")]
            use super::*;
            #[allow(unused_imports, reason = "each body takes what it needs")]
            use crate::support::{child, child_here};

            $(#[$attribute])*
            #[traced::traced]
            async fn parent() $body

            #[::tokio::test]
            async fn on_one_thread() {
                $crate::support::expect_children($children, parent()).await;
            }

            #[::tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_many_threads() {
                $crate::support::expect_children($children, parent()).await;
            }
        })*
    };
}

pub(crate) use sites;
