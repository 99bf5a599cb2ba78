//! Works through what others have left in the queues: parcels one by one, the audit in batches.

mod attempts;
mod audit;
mod parcels;
mod store;

use std::error::Error;

use shop::setting;

use crate::audit::Audit;
use crate::parcels::Parcels;
use crate::store::Store;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let _telemetry = traced::init()?;
    let store = Store::connect(&setting("DATABASE_URL")?).await?;
    let parcels = Parcels::connect(&setting("AMQP_URL")?, store.clone()).await?;
    let audit = Audit::connect(&setting("NATS_URL")?, store).await?;

    println!("ready");

    // Only the first of them ever ends by itself.
    tokio::select! {
        () = shop::stopped() => {}
        ended = parcels.clone().pack_all() => ended?,
        ended = parcels.bury_all() => ended?,
        ended = audit.read_all() => ended?,
    }
    Ok(())
}
