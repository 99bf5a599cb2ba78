//! The wrapper around pools, connections and transactions.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::pool::PoolConnection;
use sqlx::{
    ConnectOptions as _, Connection, Database, Describe, Error, Execute, Executor, Pool, SqlStr,
    Transaction,
};

use super::rows::Item;
use super::server;
use super::shared::Shared;
use crate::database::{Server, Tracing};

/// A pool, a connection or a transaction of sqlx whose statements are spans: see the
/// [module](crate::sqlx).
///
/// [`Traced::new`] takes a [`Pool`] (and the result can be cloned too), a [`PoolConnection`], a
/// [`Transaction`], or a connection as `&mut connection` or `Box::new(connection)`. It dereferences to
/// [`Instrumented`], which is the executor.
///
/// ```
/// use std::time::Duration;
///
/// use sqlx::{Database, Pool};
/// use traced::sqlx::Traced;
///
/// fn traced<DB: Database>(pool: Pool<DB>) -> Traced<Pool<DB>> {
///     Traced::new(pool).slow_threshold(Duration::from_millis(200))
/// }
/// ```
pub struct Traced<T>(Instrumented<T>);

/// The executor to which a [`Traced`] dereferences, so that `&mut *transaction` is written as with sqlx.
///
/// `&Instrumented<Pool<_>>` is an [`Executor`](sqlx::Executor), and `&mut Instrumented<_>` is one for
/// everything else.
pub struct Instrumented<T> {
    pub(super) inner: T,
    pub(super) shared: Arc<Shared>,
    /// Whether this is a transaction within another one.
    pub(super) is_savepoint: bool,
}

/// A pool, a connection or a transaction.
///
/// Sealed: the trait cannot be implemented outside of this crate.
pub trait Handle: sealed::Sealed {
    /// The driver.
    type Database: Database;

    /// What is known of the server.
    #[doc(hidden)]
    fn server(&self) -> KnownServer;
}

/// The server of a handle, opaque outside of this crate.
#[derive(Debug)]
pub struct KnownServer(Server);

/// A [`Handle`] of one connection.
///
/// Sealed: the trait cannot be implemented outside of this crate.
// It has the methods of the inner executor, instead of a bound on `Executor` in the implementations below: with
// such a bound, trait resolution would try this crate's executors for their own inner executor, and recurse without
// end.
pub trait ConnectionHandle: Handle {
    /// The connection.
    fn connection(&mut self) -> &mut <Self::Database as Database>::Connection;

    #[doc(hidden)]
    fn fetch_many<'e, 'q: 'e, E>(&'e mut self, query: E) -> BoxStream<'e, Item<Self::Database>>
    where
        E: 'q + Execute<'q, Self::Database>;

    #[doc(hidden)]
    fn fetch_optional<'e, 'q: 'e, E>(
        &'e mut self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<<Self::Database as Database>::Row>, Error>>
    where
        E: 'q + Execute<'q, Self::Database>;

    #[doc(hidden)]
    fn prepare_with<'e>(
        &'e mut self,
        sql: SqlStr,
        parameters: &'e [<Self::Database as Database>::TypeInfo],
    ) -> BoxFuture<'e, Result<<Self::Database as Database>::Statement, Error>>;

    #[doc(hidden)]
    fn describe<'e>(
        &'e mut self,
        sql: SqlStr,
    ) -> BoxFuture<'e, Result<Describe<Self::Database>, Error>>;
}

mod sealed {
    /// Keeps other crates from implementing the traits.
    pub trait Sealed {}
}

impl<DB: Database> sealed::Sealed for Pool<DB> {}

impl<DB: Database> Handle for Pool<DB> {
    type Database = DB;

    fn server(&self) -> KnownServer {
        let options = self.connect_options();
        KnownServer(server::of_options::<DB>(|| options.to_url_lossy()))
    }
}

/// Implements the traits for types that dereference to a connection, which does not know its server.
macro_rules! connections {
    ($([$($generics:tt)*] $handle:ty, $database:ty;)*) => {$(
        impl<$($generics)*> sealed::Sealed for $handle {}

        impl<$($generics)*> Handle for $handle {
            type Database = $database;

            fn server(&self) -> KnownServer {
                KnownServer(server::of_driver::<$database>())
            }
        }

        impl<$($generics)*> ConnectionHandle for $handle
        where
            for<'e> &'e mut <$database as Database>::Connection: Executor<'e, Database = $database>,
        {
            fn connection(&mut self) -> &mut <$database as Database>::Connection {
                self
            }

            fn fetch_many<'e, 'q: 'e, E>(&'e mut self, query: E) -> BoxStream<'e, Item<$database>>
            where
                E: 'q + Execute<'q, $database>,
            {
                Executor::fetch_many(self.connection(), query)
            }

            fn fetch_optional<'e, 'q: 'e, E>(
                &'e mut self,
                query: E,
            ) -> BoxFuture<'e, Result<Option<<$database as Database>::Row>, Error>>
            where
                E: 'q + Execute<'q, $database>,
            {
                Executor::fetch_optional(self.connection(), query)
            }

            fn prepare_with<'e>(
                &'e mut self,
                sql: SqlStr,
                parameters: &'e [<$database as Database>::TypeInfo],
            ) -> BoxFuture<'e, Result<<$database as Database>::Statement, Error>> {
                Executor::prepare_with(self.connection(), sql, parameters)
            }

            fn describe<'e>(
                &'e mut self,
                sql: SqlStr,
            ) -> BoxFuture<'e, Result<Describe<$database>, Error>> {
                Executor::describe(self.connection(), sql)
            }
        }
    )*};
}

connections! {
    [DB: Database] PoolConnection<DB>, DB;
    [DB: Database] Transaction<'_, DB>, DB;
    [C: Connection] &mut C, C::Database;
    [C: Connection] Box<C>, C::Database;
}

impl<T: Handle> Traced<T> {
    /// Puts the statements of a pool, a connection or a transaction in spans.
    ///
    /// A pool knows its server: host, port and database. A connection does not, so its spans have only the
    /// system; connections from [`Traced::acquire`] and [`Traced::begin`] of a traced pool have the pool's server.
    pub fn new(inner: T) -> Self {
        let KnownServer(server) = inner.server();
        Traced::with_shared(inner, Shared::new(Tracing::new(server)))
    }
}

impl<T> Traced<T> {
    pub(super) fn with_shared(inner: T, shared: Arc<Shared>) -> Self {
        Traced(Instrumented {
            inner,
            shared,
            is_savepoint: false,
        })
    }

    fn with(mut self, change: impl FnOnce(&mut Tracing)) -> Self {
        let mut tracing = self.shared.tracing.clone();
        change(&mut tracing);
        self.shared = Shared::new(tracing);
        self
    }

    /// Records statements unchanged, with the literals and the comments in them.
    ///
    /// By default each literal is recorded as `?` and comments are left out. Bound parameters are never
    /// recorded.
    pub fn keep_literals(self) -> Self {
        self.with(|tracing| tracing.keeps_literals = true)
    }

    /// Sets the duration from which a statement has an event `slow statement`, by default a second. The event has
    /// the attributes `traced.elapsed_ns` and `traced.threshold_ns`.
    ///
    /// The duration of a row stream is that of its span, including its consumer.
    pub fn slow_threshold(self, threshold: Duration) -> Self {
        self.with(|tracing| tracing.slow = threshold)
    }

    /// Sets the duration from which a wait for a connection of the pool has a span `acquire connection`, by default 10
    /// milliseconds; a wait that fails always has a span.
    pub fn wait_threshold(self, threshold: Duration) -> Self {
        self.with(|tracing| tracing.long_wait = threshold)
    }

    /// Sets `db.system.name`, if the driver serves several systems: `mariadb`, `cockroachdb`.
    pub fn system_name(self, name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        self.with(|tracing| tracing.server.rename(name))
    }

    /// The pool, connection or transaction, whose statements have no spans.
    pub fn get_ref(&self) -> &T {
        &self.0.inner
    }

    /// The pool, connection or transaction, whose statements have no spans.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.0.inner
    }

    /// The pool, connection or transaction, whose statements have no spans.
    pub fn into_inner(self) -> T {
        self.0.inner
    }

    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.0.shared
    }
}

impl<DB: Database> Clone for Traced<Pool<DB>> {
    fn clone(&self) -> Self {
        Traced::with_shared(self.0.inner.clone(), self.0.shared.clone())
    }
}

impl<T> Deref for Traced<T> {
    type Target = Instrumented<T>;

    fn deref(&self) -> &Instrumented<T> {
        &self.0
    }
}

impl<T> DerefMut for Traced<T> {
    fn deref_mut(&mut self) -> &mut Instrumented<T> {
        &mut self.0
    }
}

impl<T> fmt::Debug for Traced<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl<T> fmt::Debug for Instrumented<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Traced");
        debug
            .field("tracing", &self.shared.tracing)
            .finish_non_exhaustive()
    }
}
