//! Nothing in this program logs or has a span, so that nobody can tell what will have one: what calls a function of the
//! program is a finding. The twin is `spawn_site.proof.twin.rs`, where others log.

async fn pay(order: Order) {
    tokio::spawn(async move { mail(order).await }); //~ spawn_site
    std::thread::spawn(|| total()); //~ spawn_site
    tokio::task::spawn_blocking(move || argon2::hash(order)); //~? spawn_site
    tokio::spawn(async move { //~? spawn_site
        while let Some(order) = orders.recv().await {
            mail(order).await;
        }
    });
}

fn start(order: Order) -> JoinHandle<()> {
    tokio::spawn(mail(order)) //~? spawn_site
}

async fn mail(order: Order) {
    smtp::send(order).await
}

fn total() -> u64 {
    7
}
