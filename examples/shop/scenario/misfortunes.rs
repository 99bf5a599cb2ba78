//! Failures that are caused through the database alone, without the shop's code.

use std::time::Duration;

use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{Connection as _, Result};
use tokio::time::sleep;

/// The shortest time that the database takes to record the order of a piano, in milliseconds.
pub(crate) const SLOW_MS: f64 = 300.0;

/// Triggers on the rows of certain products. They count with a sequence, which a rollback does not
/// reset.
const TRIGGERS: &str = "
    CREATE SEQUENCE samovars;
    CREATE FUNCTION busy_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('samovars') = 1 THEN
            RAISE 'somebody else holds the lock' USING ERRCODE = 'lock_not_available';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER busy_once BEFORE UPDATE ON products
        FOR EACH ROW WHEN (NEW.name = 'samovar') EXECUTE FUNCTION busy_once();

    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_sleep(0.3);
        RETURN NEW;
    END $$;
    CREATE TRIGGER slow BEFORE INSERT ON orders
        FOR EACH ROW WHEN (NEW.product = 'piano') EXECUTE FUNCTION slow();

    CREATE SEQUENCE vases;
    CREATE FUNCTION busy_twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('vases') <= 2 THEN
            RAISE 'somebody else holds the lock' USING ERRCODE = 'lock_not_available';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER busy_twice BEFORE INSERT ON parcels
        FOR EACH ROW WHEN (NEW.product = 'vase') EXECUTE FUNCTION busy_twice();

    CREATE FUNCTION too_heavy() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        RAISE 'too heavy' USING ERRCODE = 'check_violation';
    END $$;
    CREATE TRIGGER too_heavy BEFORE INSERT ON parcels
        FOR EACH ROW WHEN (NEW.product = 'anvil') EXECUTE FUNCTION too_heavy();

    CREATE FUNCTION wait_for_lock() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_advisory_xact_lock(1);
        RETURN NEW;
    END $$;
    CREATE TRIGGER wait_for_lock BEFORE INSERT ON parcels
        FOR EACH ROW WHEN (NEW.product = 'egg') EXECUTE FUNCTION wait_for_lock();
    CREATE TRIGGER wait_for_lock BEFORE INSERT ON orders
        FOR EACH ROW WHEN (NEW.product = 'harp') EXECUTE FUNCTION wait_for_lock();
";

const WAITING: &str = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";

const PACKED: &str = "SELECT 1 FROM parcels WHERE product = $1";

/// The pause between two queries while waiting.
const A_MOMENT: Duration = Duration::from_millis(20);

pub(crate) struct Misfortunes {
    database: PgPool,
}

impl Misfortunes {
    /// Creates the triggers on the tables of the shop, which exist once its processes run.
    pub(crate) async fn prepare(database: &str) -> Result<Self> {
        let database = PgPool::connect(database).await?;
        sqlx::raw_sql(TRIGGERS).execute(&database).await?;
        Ok(Misfortunes { database })
    }

    /// From now on, transactions that pack an egg or order a harp wait.
    pub(crate) async fn take_the_lock(&self) -> Result<Lock> {
        let mut connection = self.database.acquire().await?.detach();
        sqlx::query("SELECT pg_advisory_lock(1)")
            .execute(&mut connection)
            .await?;
        Ok(Lock { connection })
    }

    /// Waits until a worker has packed the product.
    pub(crate) async fn wait_for_parcel(&self, product: &str) -> Result<()> {
        while sqlx::query(PACKED)
            .bind(product)
            .fetch_optional(&self.database)
            .await?
            .is_none()
        {
            sleep(A_MOMENT).await;
        }
        Ok(())
    }
}

pub(crate) struct Lock {
    connection: PgConnection,
}

impl Lock {
    /// Waits until a query waits for the lock.
    pub(crate) async fn wait_for_somebody(&mut self) -> Result<Waiting> {
        loop {
            let waiting = sqlx::query_scalar(WAITING)
                .fetch_optional(&mut self.connection)
                .await?;
            match waiting {
                Some(process) => return Ok(Waiting(process)),
                None => sleep(A_MOMENT).await,
            }
        }
    }

    /// Ends the query of a client that is gone; the database would notice only later.
    pub(crate) async fn clear_up_after(&mut self, Waiting(process): Waiting) -> Result<()> {
        let query = sqlx::query("SELECT pg_terminate_backend($1)").bind(process);
        query.execute(&mut self.connection).await?;
        Ok(())
    }

    pub(crate) async fn release(self) -> Result<()> {
        self.connection.close().await
    }
}

/// The process id of the database backend that runs the query.
pub(crate) struct Waiting(i32);
