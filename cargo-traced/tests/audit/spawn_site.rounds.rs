//! Loops like those of the twin, in functions that a handler calls: they end with the request.

use std::sync::mpsc::Receiver;

#[traced]
async fn import(jobs: Receiver<Job>, stop: CancellationToken) {
    of_a_channel(jobs);
    until_an_error(client()).await;
    until_cancelled(stop).await;
    of_a_stream(stream::iter(jobs)).await;
}

fn of_a_channel(jobs: Receiver<Job>) {
    for job in jobs {
        std::thread::spawn(move || process(job)); //~ spawn_site
    }
}

async fn until_an_error(mut client: Client) -> Result<(), Error> {
    loop {
        let payload = client.blpop("jobs").await?;
        tokio::spawn(async move { handle(payload).await }); //~ spawn_site
    }
}

async fn until_cancelled(stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::spawn(async move { handle(lease().await).await }); //~ spawn_site
    }
}

async fn of_a_stream(events: impl Stream<Item = Event>) {
    events
        .for_each(|event| async move {
            tokio::spawn(async move { handle(event).await }); //~ spawn_site
        })
        .await;
}

/// No request calls these, but their loops end with their work.
async fn pages(client: Client) -> Result<(), Error> {
    let mut page = 0;
    loop {
        let orders = client.page(page).await?;
        tokio::spawn(async move { handle(orders).await }); //~ spawn_site
        page += 1;
        if page == 10 {
            return Ok(());
        }
    }
}

async fn by_its_own_load(mut cursor: Cursor) {
    while load(&mut cursor) {
        tokio::spawn(async move { handle(cursor).await }); //~ spawn_site
    }
}

async fn of_a_list(jobs: Vec<Job>) {
    for job in jobs {
        tokio::spawn(async move { handle(job).await }); //~ spawn_site
    }
    ids().for_each(|id| {
        tokio::spawn(async move { handle(id).await }); //~ spawn_site
    });
}

fn load(cursor: &mut Cursor) -> bool {
    cursor.next()
}

fn process(job: Job) {
    info!("processing");
}

async fn handle(payload: String) {
    info!("job");
}

fn main() {
    serve();
}
