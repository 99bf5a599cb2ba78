//! Processes the queues: parcels one by one, the audit in batches.

mod attempts;
mod audit;
mod parcels;
mod store;

use std::error::Error;

use shop::setting;
use tokio_util::sync::CancellationToken;

use crate::audit::Audit;
use crate::parcels::Parcels;
use crate::store::Store;

/// The reason why a queue cannot be read any longer.
type Failed = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let _telemetry = traced::init()?;
    let store = Store::connect(&setting("DATABASE_URL")?).await?;
    let parcels = Parcels::connect(&setting("AMQP_URL")?, store.clone()).await?;
    let audit = Audit::connect(&setting("NATS_URL")?, store).await?;
    println!("ready");

    // Each loop stops when asked to, but not in the middle of a message.
    let stopping = CancellationToken::new();
    tokio::try_join!(
        parcels.pack_all(&stopping),
        parcels.bury_all(&stopping),
        audit.read_all(&stopping),
        async {
            shop::stopped().await;
            stopping.cancel();
            Ok(())
        },
    )?;
    Ok(())
}
