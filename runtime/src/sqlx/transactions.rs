//! Connections and transactions of a traced pool or connection.

use std::sync::Arc;

use sqlx::pool::{MaybePoolConnection, PoolConnection};
use sqlx::{Connection, Database, Error, Pool, SqlSafeStr, SqlStr, Transaction};

use super::executor::no_rows;
use super::in_span::in_span;
use super::shared::Shared;
use super::traced::{ConnectionHandle, Traced};
use super::wait::acquire;
use crate::database::Statement;

impl<DB: Database> Traced<Pool<DB>> {
    /// Acquires a connection of the pool, as [`Pool::acquire`] does; its statements are spans.
    ///
    /// # Errors
    ///
    /// Those of [`Pool::acquire`].
    pub async fn acquire(&self) -> Result<Traced<PoolConnection<DB>>, Error> {
        let shared = self.shared();
        let connection = acquire(self.get_ref(), &shared.tracing).await?;
        Ok(Traced::with_shared(connection, shared.clone()))
    }

    /// Returns an idle connection, if there is one, as [`Pool::try_acquire`] does.
    pub fn try_acquire(&self) -> Option<Traced<PoolConnection<DB>>> {
        let connection = self.get_ref().try_acquire()?;
        Some(Traced::with_shared(connection, self.shared().clone()))
    }

    /// Acquires a connection and begins a transaction, as [`Pool::begin`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Pool::begin`].
    pub async fn begin(&self) -> Result<Traced<Transaction<'static, DB>>, Error> {
        self.begin_from_pool(None).await
    }

    /// Begins a transaction with a statement of its own, as [`Pool::begin_with`] does:
    /// `BEGIN ISOLATION LEVEL SERIALIZABLE`.
    ///
    /// # Errors
    ///
    /// Those of [`Pool::begin_with`].
    pub async fn begin_with(
        &self,
        statement: impl SqlSafeStr,
    ) -> Result<Traced<Transaction<'static, DB>>, Error> {
        self.begin_from_pool(Some(statement.into_sql_str())).await
    }

    async fn begin_from_pool(
        &self,
        with: Option<SqlStr>,
    ) -> Result<Traced<Transaction<'static, DB>>, Error> {
        let shared = self.shared();
        let statement = beginning(shared, with.as_ref(), false);
        let sent = Box::pin(async {
            let connection = acquire(self.get_ref(), &shared.tracing).await?;
            Transaction::begin(MaybePoolConnection::PoolConnection(connection), with).await
        });
        let transaction = in_span(shared.clone(), statement, no_rows, sent).await?;
        Ok(Traced::with_shared(transaction, shared.clone()))
    }
}

/// Implements the methods of handles of one connection, for each type, as a blanket implementation would overlap with
/// the methods of a pool.
macro_rules! connections {
    ($([$($generics:tt)*] $handle:ty, $database:ty;)*) => {$(
        impl<$($generics)*> Traced<$handle>
        where
            $handle: ConnectionHandle<Database = $database>,
        {
            /// Begins a transaction, or a savepoint within one, as sqlx's `begin` does.
            ///
            /// # Errors
            ///
            /// Those of sqlx's `begin`.
            pub async fn begin(&mut self) -> Result<Traced<Transaction<'_, $database>>, Error> {
                begin(self, None).await
            }

            /// Begins a transaction with a statement of its own, as sqlx's `begin_with` does.
            ///
            /// # Errors
            ///
            /// Those of sqlx's `begin_with`.
            pub async fn begin_with(
                &mut self,
                statement: impl SqlSafeStr,
            ) -> Result<Traced<Transaction<'_, $database>>, Error> {
                begin(self, Some(statement.into_sql_str())).await
            }
        }
    )*};
}

connections! {
    [DB: Database] PoolConnection<DB>, DB;
    ['t, DB: Database] Transaction<'t, DB>, DB;
    ['t, C: Connection] &'t mut C, C::Database;
    [C: Connection] Box<C>, C::Database;
}

async fn begin<H: ConnectionHandle>(
    traced: &mut Traced<H>,
    with: Option<SqlStr>,
) -> Result<Traced<Transaction<'_, H::Database>>, Error> {
    let shared = traced.shared().clone();
    let connection = traced.get_mut().connection();
    let is_savepoint = connection.is_in_transaction();
    let statement = beginning(&shared, with.as_ref(), is_savepoint);
    let sent = Transaction::begin(MaybePoolConnection::Connection(connection), with);
    let transaction = in_span(shared.clone(), statement, no_rows, sent).await?;
    let mut traced = Traced::with_shared(transaction, shared);
    traced.is_savepoint = is_savepoint;
    Ok(traced)
}

fn beginning(shared: &Shared, with: Option<&SqlStr>, is_savepoint: bool) -> Arc<Statement> {
    match with {
        Some(with) => shared.statements.get(with.as_str()),
        None if is_savepoint => Arc::new(Statement::of_transaction("SAVEPOINT")),
        None => Arc::new(Statement::of_transaction("BEGIN")),
    }
}

impl<DB: Database> Traced<Transaction<'_, DB>> {
    /// Commits the transaction, or releases the savepoint, as [`Transaction::commit`] does.
    ///
    /// # Errors
    ///
    /// Those of [`Transaction::commit`].
    pub async fn commit(self) -> Result<(), Error> {
        let statement = self.ending("COMMIT", "RELEASE SAVEPOINT");
        let shared = self.shared().clone();
        in_span(shared, statement, no_rows, self.into_inner().commit()).await
    }

    /// Rolls the transaction back, or to the savepoint, as [`Transaction::rollback`] does. A transaction that
    /// is dropped is rolled back too, but without a span, as its connection does so later.
    ///
    /// # Errors
    ///
    /// Those of [`Transaction::rollback`].
    pub async fn rollback(self) -> Result<(), Error> {
        let statement = self.ending("ROLLBACK", "ROLLBACK TO SAVEPOINT");
        let shared = self.shared().clone();
        in_span(shared, statement, no_rows, self.into_inner().rollback()).await
    }

    fn ending(&self, outermost: &'static str, savepoint: &'static str) -> Arc<Statement> {
        Arc::new(Statement::of_transaction(match self.is_savepoint {
            true => savepoint,
            false => outermost,
        }))
    }
}
