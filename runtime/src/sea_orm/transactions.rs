//! Transactions of a traced connection.

use std::fmt::{Debug, Display};
use std::future::Future;
use std::pin::Pin;

use sea_orm::{
    AccessMode, DatabaseTransaction, DbErr, IsolationLevel, TransactionError, TransactionOptions,
    TransactionSession, TransactionTrait,
};

use super::connection::{in_span, no_rows};
use super::{Connection, Traced};
use crate::database::{self, Statement};

impl<C: Connection> Traced<C> {
    async fn begun(
        &self,
        begin: impl Future<Output = Result<DatabaseTransaction, DbErr>>,
    ) -> Result<Traced<DatabaseTransaction>, DbErr> {
        let inner = if database::is_absent() {
            begin.await?
        } else {
            let statement = Statement::of_transaction(match C::IS_TRANSACTION {
                true => "SAVEPOINT",
                false => "BEGIN",
            });
            in_span(&self.shared, &statement, no_rows, begin).await?
        };
        Ok(Traced {
            inner,
            shared: self.shared.clone(),
            is_savepoint: C::IS_TRANSACTION,
        })
    }

    /// Runs the function inside a transaction, as sea-orm's method of the same name does: commits if it
    /// succeeds, and rolls back if it fails.
    ///
    /// # Errors
    ///
    /// The error of the function, and those of the statements that begin and end the transaction.
    pub async fn transaction_async<F, T, E>(&self, callback: F) -> Result<T, TransactionError<E>>
    where
        F: for<'c> AsyncFnOnce(&'c Traced<DatabaseTransaction>) -> Result<T, E>,
        E: Display + Debug,
    {
        let transaction = self.begin().await?;
        let result = callback(&transaction).await;
        end(transaction, result).await
    }
}

#[async_trait::async_trait]
impl<C: Connection> TransactionTrait for Traced<C> {
    type Transaction = Traced<DatabaseTransaction>;

    async fn begin(&self) -> Result<Self::Transaction, DbErr> {
        self.begun(self.inner.begin()).await
    }

    async fn begin_with_config(
        &self,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<Self::Transaction, DbErr> {
        self.begun(self.inner.begin_with_config(isolation_level, access_mode))
            .await
    }

    async fn begin_with_options(
        &self,
        options: TransactionOptions,
    ) -> Result<Self::Transaction, DbErr> {
        self.begun(self.inner.begin_with_options(options)).await
    }

    async fn transaction<F, T, E>(&self, callback: F) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(
                &'c Self::Transaction,
            ) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>>
            + Send,
        T: Send,
        E: Display + Debug + Send,
    {
        let transaction = self.begin().await?;
        let result = callback(&transaction).await;
        end(transaction, result).await
    }

    async fn transaction_with_config<F, T, E>(
        &self,
        callback: F,
        isolation_level: Option<IsolationLevel>,
        access_mode: Option<AccessMode>,
    ) -> Result<T, TransactionError<E>>
    where
        F: for<'c> FnOnce(
                &'c Self::Transaction,
            ) -> Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'c>>
            + Send,
        T: Send,
        E: Display + Debug + Send,
    {
        let transaction = self.begin_with_config(isolation_level, access_mode).await?;
        let result = callback(&transaction).await;
        end(transaction, result).await
    }
}

/// Commits after a success, and rolls back after a failure.
async fn end<T, E: Display + Debug>(
    transaction: Traced<DatabaseTransaction>,
    result: Result<T, E>,
) -> Result<T, TransactionError<E>> {
    match result {
        Ok(value) => {
            transaction.commit().await?;
            Ok(value)
        }
        Err(error) => {
            transaction.rollback().await?;
            Err(TransactionError::Transaction(error))
        }
    }
}

#[async_trait::async_trait]
impl TransactionSession for Traced<DatabaseTransaction> {
    async fn commit(self) -> Result<(), DbErr> {
        let statement = self.ending("COMMIT", "RELEASE SAVEPOINT");
        in_span(&self.shared, &statement, no_rows, self.inner.commit()).await
    }

    async fn rollback(self) -> Result<(), DbErr> {
        let statement = self.ending("ROLLBACK", "ROLLBACK TO SAVEPOINT");
        in_span(&self.shared, &statement, no_rows, self.inner.rollback()).await
    }
}

impl Traced<DatabaseTransaction> {
    fn ending(&self, outermost: &'static str, savepoint: &'static str) -> Statement {
        Statement::of_transaction(match self.is_savepoint {
            true => savepoint,
            false => outermost,
        })
    }
}
