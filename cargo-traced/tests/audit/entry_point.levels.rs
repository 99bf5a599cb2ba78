// depends: lapin tokio-cron-scheduler
//! The spans below are those of parts of the work.

async fn consume(mut consumer: lapin::Consumer) {
    while let Some(delivery) = consumer.next().await { //~ entry_point
        dispatch(delivery).await;
    }
}

async fn dispatch(delivery: Delivery) {
    validate(&delivery).await;
    store(&delivery).await;
}

#[traced]
async fn validate(delivery: &Delivery) {}

#[traced]
async fn store(delivery: &Delivery) {}

async fn schedule() {
    scheduler.add(Job::new_async("0 * * * * *", |id, all| Box::pin(run_cleanup()))); //~ entry_point
}

async fn run_cleanup() {
    if let Err(error) = clean().await {
        error!(%error);
    }
}

#[traced]
async fn clean() -> Result<(), Error> {
    Ok(())
}

fn main() {
    serve();
}
