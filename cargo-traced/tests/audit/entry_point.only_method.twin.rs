/// There is one method of this name, and it serves.
fn main() -> Result<(), Error> {
    tokio::runtime::Runtime::new()?.block_on(async move {
        configuration()?.install_logs()?.run_on_local_set().await
    })
}

struct Shop;

impl Shop {
    async fn run_on_local_set(self) -> Result<(), Error> {
        self.run().await
    }

    async fn run(self) -> Result<(), Error> {
        HttpServer::new(app).run().await
    }
}

struct Job;

impl Job {
    async fn run(self) {}
}
