//! What goes wrong, by means of the database alone: the shop's own code knows nothing of it.

use std::time::Duration;

use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{Connection as _, Result};
use tokio::time::sleep;

/// How long the database takes at least to record the order of a piano.
pub(crate) const SLOW_MS: f64 = 300.0;

/// Triggers on rows of certain products. A sequence counts on when a transaction is rolled back.
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

/// Between two looks.
const A_MOMENT: Duration = Duration::from_millis(20);

pub(crate) struct Misfortunes {
    database: PgPool,
}

impl Misfortunes {
    /// On the tables of the shop, which are there once its processes run.
    pub(crate) async fn prepare(database: &str) -> Result<Self> {
        let database = PgPool::connect(database).await?;
        sqlx::raw_sql(TRIGGERS).execute(&database).await?;
        Ok(Misfortunes { database })
    }

    /// From now on, whoever packs an egg or orders a harp waits.
    pub(crate) async fn take_the_lock(&self) -> Result<Lock> {
        let mut connection = self.database.acquire().await?.detach();
        sqlx::query("SELECT pg_advisory_lock(1)")
            .execute(&mut connection)
            .await?;
        Ok(Lock { connection })
    }

    /// Waits until somebody has packed the product.
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

    /// Ends the query of a client that is gone, which the database would only notice later.
    pub(crate) async fn clear_up_after(&mut self, Waiting(process): Waiting) -> Result<()> {
        let query = sqlx::query("SELECT pg_terminate_backend($1)").bind(process);
        query.execute(&mut self.connection).await?;
        Ok(())
    }

    pub(crate) async fn release(self) -> Result<()> {
        self.connection.close().await
    }
}

/// The process in which the database runs the query.
pub(crate) struct Waiting(i32);
