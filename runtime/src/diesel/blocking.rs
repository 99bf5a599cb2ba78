//! Carries the context into the blocking tasks of diesel-async's `SyncConnectionWrapper`.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use diesel_async::sync_connection_wrapper::{SpawnBlocking, SyncConnectionWrapper};

use crate::carry::carry_fn;

/// Names the runtime of a `SyncConnectionWrapper`, as diesel-async does not export its type.
trait WithRuntime {
    type Runtime;
}

impl<C, S> WithRuntime for SyncConnectionWrapper<C, S> {
    type Runtime = S;
}

type Tokio = <SyncConnectionWrapper<()> as WithRuntime>::Runtime;

/// The second parameter of diesel-async's `SyncConnectionWrapper`, for SQLite: it runs statements on tokio's
/// blocking threads, in the context in which they were sent (feature `diesel-async`).
///
/// Without it, diesel calls the instrumentation on a thread without a context, and each statement starts a new trace.
///
/// ```
/// use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
/// use traced::diesel::Blocking;
///
/// /// `C` is diesel's `SqliteConnection`.
/// type Connection<C> = SyncConnectionWrapper<C, Blocking>;
/// # let _: Option<Connection<()>> = None;
/// ```
pub struct Blocking(Tokio);

impl SpawnBlocking for Blocking {
    fn spawn_blocking<'a, R>(
        &mut self,
        task: impl FnOnce() -> R + Send + 'static,
    ) -> Pin<Box<dyn Future<Output = Result<R, Box<dyn Error + Send + Sync>>> + Send + 'a>>
    where
        R: Send + 'static,
    {
        self.0.spawn_blocking(carry_fn(task))
    }

    fn get_runtime() -> Self {
        Blocking(Tokio::get_runtime())
    }
}

impl fmt::Debug for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blocking")
    }
}
