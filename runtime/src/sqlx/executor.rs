//! The implementations of sqlx's `Executor`.
//!
//! All other methods of the trait (`execute`, `fetch_all`, `fetch_one`, ..) call one of these four. A statement that returns
//! rows one by one has its span in `rows.rs`, any other in `in_span.rs`.

use std::sync::Arc;

use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use sqlx::{Database, Describe, Error, Execute, Executor, Pool, SqlStr};

use super::in_span::{boxed, in_span};
use super::items::OfBlock;
use super::query::Query;
use super::rows::{Item, Rows};
use super::traced::{ConnectionHandle, Instrumented, Traced};
use super::wait::acquire;
use crate::database;

/// For statements without rows.
pub(super) fn no_rows<T>(_: &T) -> Option<u64> {
    None
}

fn one_or_none<R>(row: &Option<R>) -> Option<u64> {
    Some(u64::from(row.is_some()))
}

impl<'p, DB> Executor<'p> for &'_ Instrumented<Pool<DB>>
where
    DB: Database,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    type Database = DB;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Item<DB>>
    where
        E: 'q + Execute<'q, DB>,
    {
        if database::is_absent() {
            return self.inner.fetch_many(query);
        }
        let (pool, shared) = (self.inner.clone(), self.shared.clone());
        let query = Query::of(query);
        let statement = shared.statements.get(query.text());
        let tracing = shared.clone();
        boxed(|| {
            let source = OfBlock::new(|items| async move {
                let mut connection = acquire(&pool, &tracing.tracing).await?;
                items.pass_on(&mut connection.fetch_many(query)).await;
                Ok(())
            });
            Rows::<DB, _>::new(shared, statement, source)
        })
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
    where
        E: 'q + Execute<'q, DB>,
    {
        if database::is_absent() {
            return self.inner.fetch_optional(query);
        }
        let (pool, shared) = (self.inner.clone(), self.shared.clone());
        let query = Query::of(query);
        let statement = shared.statements.get(query.text());
        let tracing = shared.clone();
        boxed(|| {
            let sent = async move {
                let mut connection = acquire(&pool, &tracing.tracing).await?;
                connection.fetch_optional(query).await
            };
            in_span(shared, statement, one_or_none, sent)
        })
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'p: 'e,
    {
        if database::is_absent() {
            return self.inner.prepare_with(sql, parameters);
        }
        let (pool, shared) = (self.inner.clone(), self.shared.clone());
        let statement = Arc::new(shared.statements.get(sql.as_str()).prepared());
        let tracing = shared.clone();
        boxed(|| {
            let sent = async move {
                let mut connection = acquire(&pool, &tracing.tracing).await?;
                connection.prepare_with(sql, parameters).await
            };
            in_span(shared, statement, no_rows, sent)
        })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<DB>, Error>>
    where
        'p: 'e,
    {
        self.inner.describe(sql)
    }
}

impl<'c, H> Executor<'c> for &'c mut Instrumented<H>
where
    H: ConnectionHandle + Send,
{
    type Database = H::Database;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Item<H::Database>>
    where
        'c: 'e,
        E: 'q + Execute<'q, H::Database>,
    {
        let connection = &mut self.inner;
        if database::is_absent() {
            return connection.fetch_many(query);
        }
        let query = Query::of(query);
        let statement = self.shared.statements.get(query.text());
        let rows = connection.fetch_many(query);
        let shared = self.shared.clone();
        Box::pin(Rows::<H::Database, _>::new(shared, statement, rows))
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<<H::Database as Database>::Row>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, H::Database>,
    {
        let connection = &mut self.inner;
        if database::is_absent() {
            return connection.fetch_optional(query);
        }
        let query = Query::of(query);
        let statement = self.shared.statements.get(query.text());
        let sent = connection.fetch_optional(query);
        Box::pin(in_span(self.shared.clone(), statement, one_or_none, sent))
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [<H::Database as Database>::TypeInfo],
    ) -> BoxFuture<'e, Result<<H::Database as Database>::Statement, Error>>
    where
        'c: 'e,
    {
        let connection = &mut self.inner;
        if database::is_absent() {
            return connection.prepare_with(sql, parameters);
        }
        let statement = Arc::new(self.shared.statements.get(sql.as_str()).prepared());
        let sent = connection.prepare_with(sql, parameters);
        Box::pin(in_span(self.shared.clone(), statement, no_rows, sent))
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<H::Database>, Error>>
    where
        'c: 'e,
    {
        self.inner.describe(sql)
    }
}

/// Implements `Executor` for types that dereference to an executor.
macro_rules! forward {
    ($([$($generics:tt)*] [$($lifetime:tt)?] $traced:ty, $database:ty, |$this:ident| $executor:expr,
        where [$($bounds:tt)*];)*) => {$(
        impl<$($generics)*> Executor<$($lifetime)?> for $traced
        where
            $($bounds)*
        {
            type Database = $database;

            fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Item<$database>>
            where
                'c: 'e,
                E: 'q + Execute<'q, $database>,
            {
                let $this = self;
                $executor.fetch_many(query)
            }

            fn fetch_optional<'e, 'q: 'e, E>(
                self,
                query: E,
            ) -> BoxFuture<'e, Result<Option<<$database as Database>::Row>, Error>>
            where
                'c: 'e,
                E: 'q + Execute<'q, $database>,
            {
                let $this = self;
                $executor.fetch_optional(query)
            }

            fn prepare_with<'e>(
                self,
                sql: SqlStr,
                parameters: &'e [<$database as Database>::TypeInfo],
            ) -> BoxFuture<'e, Result<<$database as Database>::Statement, Error>>
            where
                'c: 'e,
            {
                let $this = self;
                $executor.prepare_with(sql, parameters)
            }

            fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<$database>, Error>>
            where
                'c: 'e,
            {
                let $this = self;
                $executor.describe(sql)
            }
        }
    )*};
}

forward! {
    ['c, DB] ['c] &'_ Traced<Pool<DB>>, DB, |this| (&**this),
        where [DB: Database, for<'e> &'e mut DB::Connection: Executor<'e, Database = DB>];
    ['c, H] ['c] &'c mut Traced<H>, H::Database, |this| (&mut **this),
        where [H: ConnectionHandle + Send];
}
