//! Each of these logs, has a span, or is waited for and calls a function of the program.

async fn waited(password: String) {
    tokio::task::spawn_blocking(move || hash(&password)).await; //~ spawn_site
    let key = std::thread::spawn(move || hash("key")); //~ spawn_site
    key.join();
}

fn names(ids: &[u64]) -> Vec<String> {
    ids.par_iter().map(|id| name(id)).collect() //~ spawn_site
}

fn sent(order: Order) {
    tokio::spawn(send(order)); //~ spawn_site
    tokio::spawn(async move { order.pay().await }); //~ spawn_site
    tokio::spawn(async move { info!("sent") }); //~ spawn_site
    let mail = async move { send(order).await };
    tokio::spawn(mail); //~ spawn_site
    tokio::spawn(async move { //~ spawn_site
        tokio::select! {
            _ = sent() => info!("sent"),
            _ = stop() => {}
        }
    });
}

impl Order {
    #[instrument]
    async fn pay(&self) {} //~? tracing_spans

    fn drop(self) {
        tokio::spawn(send(self)); //~ spawn_site
    }

    /// The function waits for it, so that it does not outlive the call.
    async fn paid(self) -> Handle {
        tokio::spawn(send(self)).await //~ spawn_site
    }
}

/// It ends with its success, and brings about the end of something. What has a method in the program is the program's.
async fn tries<T: Serialize>(server: Server, order: Order, other: T) {
    tokio::spawn(async move { //~ spawn_site
        loop {
            match deliver(order).await {
                Ok(()) => break,
                Err(error) => warn!("{error}"),
            }
        }
    });
    tokio::spawn(async move { //~ spawn_site
        server.shutdown().await;
        info!("stopped");
    });
    tokio::task::spawn_blocking(move || other.sum()).await; //~ spawn_site
}

/// The tasks are kept in what the function waits for.
async fn all(orders: Vec<Order>) {
    let mut tasks = JoinSet::new();
    let mut sums = Vec::new();
    for order in orders {
        tasks.spawn(async move { total(order) }); //~ spawn_site
        sums.push(tokio::spawn(async move { total(order) })); //~ spawn_site
    }
    while let Some(done) = tasks.join_next().await {}
    join_all(sums).await;
}

impl Order {
    fn sum(&self) -> u64 {
        self.sum
    }
}

fn total(order: Order) -> u64 {
    order.sum
}

fn hash(password: &str) -> u64 {
    password.len()
}

fn name(id: &u64) -> String {
    id.to_string()
}

async fn send(order: Order) {
    deliver(order).await
}

async fn deliver(order: Order) {
    info!("delivered");
}

fn main() {
    serve();
}
