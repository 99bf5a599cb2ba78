//! SQL of [sea-orm](https://docs.rs/sea-orm) in spans (feature `sea-orm`): one line around the connection.
//!
//! ```
//! use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, TransactionSession, TransactionTrait};
//! use traced::sea_orm::Traced;
//!
//! async fn prepare(connection: DatabaseConnection) -> Result<(), DbErr> {
//!     let database = Traced::new(connection).of("postgres://db.example.com/shop");
//!     let transaction = database.begin().await?;
//!     insert(&transaction).await?;
//!     transaction.commit().await
//! }
//!
//! async fn insert(database: &impl ConnectionTrait) -> Result<(), DbErr> {
//!     database.execute_unprepared("INSERT INTO orders (id) VALUES (7)").await?;
//!     Ok(())
//! }
//! ```
//!
//! A [`Traced`] connection or transaction implements `ConnectionTrait`, `TransactionTrait` and `StreamTrait`, as
//! sea-orm's own do, so it can be passed to `.one(&database)`, `.all(&database)`, `.insert(&database)` and the rest. A
//! function that takes `&DatabaseConnection` gets a connection without spans; change it to take
//! `&impl ConnectionTrait`.
//!
//! Each statement has a span of kind CLIENT as described in `traced::sqlx`, with error codes and the number of
//! rows. The wait for a connection of the pool is part of the span of the statement that waited.
//!
//! Specification: OpenTelemetry semantic conventions, *Database client spans*.

mod connection;
mod error;
mod rows;
mod transactions;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, StreamTrait,
    TransactionTrait,
};
use url::Url;

pub use self::rows::Rows;
use crate::database::{Server, Statements, System, Tracing};

/// A connection or a transaction of sea-orm whose statements are spans: see the [module](crate::sea_orm).
///
/// ```
/// use std::time::Duration;
///
/// use sea_orm::DatabaseConnection;
/// use traced::sea_orm::Traced;
///
/// fn traced(connection: DatabaseConnection) -> Traced<DatabaseConnection> {
///     Traced::new(connection).slow_threshold(Duration::from_millis(200))
/// }
/// ```
#[derive(Clone)]
pub struct Traced<C> {
    inner: C,
    shared: Arc<Shared>,
    /// Whether this is a transaction within another one.
    is_savepoint: bool,
}

/// The state that a connection shares with its transactions.
#[derive(Debug)]
struct Shared {
    tracing: Tracing,
    statements: Statements,
}

impl Shared {
    fn new(tracing: Tracing) -> Arc<Self> {
        Arc::new(Shared {
            statements: Statements::new(tracing.server.system, tracing.keeps_literals),
            tracing,
        })
    }
}

/// A `DatabaseConnection` or a `DatabaseTransaction`.
///
/// Sealed: the trait cannot be implemented outside of this crate.
pub trait Connection:
    ConnectionTrait + StreamTrait + TransactionTrait<Transaction = DatabaseTransaction> + sealed::Sealed
{
    #[doc(hidden)]
    const IS_TRANSACTION: bool;
}

mod sealed {
    /// Keeps other crates from implementing the trait.
    pub trait Sealed {}
}

impl sealed::Sealed for DatabaseConnection {}
impl sealed::Sealed for DatabaseTransaction {}

impl Connection for DatabaseConnection {
    const IS_TRANSACTION: bool = false;
}

impl Connection for DatabaseTransaction {
    const IS_TRANSACTION: bool = true;
}

impl<C: Connection> Traced<C> {
    /// Puts the statements of a connection or a transaction in spans. Their attributes have only the system, as a
    /// connection does not know its server: set it with [`Traced::of`].
    ///
    /// # Panics
    ///
    /// If the connection is `DatabaseConnection::default()`, which is disconnected and has no system.
    pub fn new(connection: C) -> Self {
        let system = match ConnectionTrait::get_database_backend(&connection) {
            DbBackend::Postgres => System::PostgreSql,
            DbBackend::MySql => System::MySql,
            DbBackend::Sqlite => System::Sqlite,
            _ => System::Other,
        };
        Traced {
            inner: connection,
            shared: Shared::new(Tracing::new(Server::of(system))),
            is_savepoint: false,
        }
    }
}

impl<C> Traced<C> {
    fn with(mut self, change: impl FnOnce(&mut Tracing)) -> Self {
        let mut tracing = self.shared.tracing.clone();
        change(&mut tracing);
        self.shared = Shared::new(tracing);
        self
    }

    /// Sets `db.namespace`, `server.address` and `server.port` from the URL of the connection. Has no effect if the URL
    /// cannot be parsed. Neither the password nor any other setting is taken from it.
    ///
    /// ```
    /// use sea_orm::DatabaseConnection;
    /// use traced::sea_orm::Traced;
    ///
    /// fn traced(connection: DatabaseConnection) -> Traced<DatabaseConnection> {
    ///     Traced::new(connection).of("postgres://db.example.com/shop")
    /// }
    /// ```
    #[must_use]
    pub fn of(self, url: &str) -> Self {
        let Ok(url) = Url::parse(url) else {
            return self;
        };
        self.with(|tracing| {
            let server = Server::of_url(&url);
            if server.system == tracing.server.system {
                let name = tracing.server.name.clone();
                tracing.server = Server { name, ..server };
            }
        })
    }

    /// Records statements unchanged, with the literals and the comments in them.
    ///
    /// By default each literal is recorded as `?` and comments are left out. Bound values are never recorded.
    ///
    /// ```
    /// use sea_orm::DatabaseConnection;
    /// use traced::sea_orm::Traced;
    ///
    /// fn traced(connection: DatabaseConnection) -> Traced<DatabaseConnection> {
    ///     Traced::new(connection).keep_literals()
    /// }
    /// ```
    #[must_use]
    pub fn keep_literals(self) -> Self {
        self.with(|tracing| tracing.keeps_literals = true)
    }

    /// Sets the duration from which a statement has an event `slow statement`, by default a second. The event has
    /// the attributes `traced.elapsed_ns` and `traced.threshold_ns`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use sea_orm::DatabaseConnection;
    /// use traced::sea_orm::Traced;
    ///
    /// fn traced(connection: DatabaseConnection) -> Traced<DatabaseConnection> {
    ///     Traced::new(connection).slow_threshold(Duration::from_millis(200))
    /// }
    /// ```
    #[must_use]
    pub fn slow_threshold(self, threshold: Duration) -> Self {
        self.with(|tracing| tracing.slow = threshold)
    }

    /// Sets `db.system.name`, if the driver serves several systems: `mariadb`, `cockroachdb`.
    ///
    /// ```
    /// use sea_orm::DatabaseConnection;
    /// use traced::sea_orm::Traced;
    ///
    /// fn traced(connection: DatabaseConnection) -> Traced<DatabaseConnection> {
    ///     Traced::new(connection).system_name("cockroachdb")
    /// }
    /// ```
    #[must_use]
    pub fn system_name(self, name: impl Into<Cow<'static, str>>) -> Self {
        let name = name.into();
        self.with(|tracing| tracing.server.name = name)
    }

    /// The connection or transaction, whose statements have no spans.
    pub fn get_ref(&self) -> &C {
        &self.inner
    }

    /// The connection or transaction, whose statements have no spans.
    pub fn into_inner(self) -> C {
        self.inner
    }
}

impl<C> fmt::Debug for Traced<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = formatter.debug_struct("Traced");
        debug
            .field("tracing", &self.shared.tracing)
            .finish_non_exhaustive()
    }
}
