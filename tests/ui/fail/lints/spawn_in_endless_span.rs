use traced::traced;

async fn next() -> u8 {
    1
}

async fn handle(_connection: u8) {}

#[traced(allow(endless_span))]
async fn serve() {
    loop {
        let connection = next().await;
        tokio::spawn(handle(connection));
        let task = tokio::task::spawn_blocking(move || connection);
        drop(task);
    }
}

fn main() {
    drop(serve());
}
