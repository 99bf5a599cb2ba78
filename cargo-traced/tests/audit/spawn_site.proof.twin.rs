//! Nothing shows that these have spans, or that they are part of what the function does.

async fn waited(password: String) {
    tokio::task::spawn_blocking(move || argon2::hash(&password)).await; //~? spawn_site
    let key = std::thread::spawn(move || argon2::hash("key")); //~? spawn_site
    key.join();
    tokio::task::spawn_blocking(work).await; //~? spawn_site
}

fn names(ids: &[u64]) -> Vec<String> {
    ids.par_iter().map(|id| id.to_string()).collect() //~? spawn_site
}

/// Nothing waits for it, and it calls what neither logs nor has a span.
fn sent(order: Order) {
    tokio::spawn(send(order)); //~? spawn_site
    std::thread::spawn(move || hash("key")); //~? spawn_site
}

/// What the function waits for is another.
async fn all(orders: Vec<Order>) {
    for order in orders {
        tasks.spawn(async move { hash(order) }); //~? spawn_site
    }
    others.join_next().await;
}

/// What the standard library has is the standard library's, and a value is not what makes it.
async fn of_std(&self, name: Host) {
    tokio::task::spawn_blocking(move || (name.as_str(), 0).sockets()).await; //~? spawn_site
    let dispatch = self.dispatch.unwrap_or_else(|| warn!("ended"));
    tokio::spawn(dispatch); //~? spawn_site
}

impl Name {
    fn as_str(&self) -> &str {
        info!("read");
    }
}

/// A method of this name takes more.
fn paid(order: Unpaid) {
    tokio::spawn(async move { order.pay().await }); //~? spawn_site
}

impl Order {
    async fn pay(&self, sum: u64) {
        info!("paid {sum}");
    }
}

/// Whoever drops a value, or waits for a handle.
impl Drop for Connection {
    fn drop(&mut self) {
        tokio::spawn(log()); //~? spawn_site
    }
}

fn start() -> JoinHandle<()> {
    tokio::spawn(log()) //~? spawn_site
}

/// It begins again, waits for the requests of another connection, or hands over to what serves or loops.
fn start_workers(stop: Receiver<()>, task: Task, request: Request) {
    tokio::spawn(supervise(0)); //~? spawn_site
    tokio::spawn(async move { //~? spawn_site
        let stream = upgrade::on(request).await;
        log().await
    });
    tokio::spawn(async move { //~? spawn_site
        let service = serve_with(stream).await;
        log().await
    });
    tokio::spawn(async move { //~? spawn_site
        let ended = write_loop(stream).await;
        log().await
    });
    tokio::spawn(Abortable::new(follow(orders), registration)); //~? spawn_site
    tokio::spawn(async move { //~? spawn_site
        if let Err(error) = task.run().await {
            error!("{error}");
        }
    });
    tokio::spawn(stopped(stop)); //~? spawn_site
}

async fn supervise(restarts: u32) {
    if work().await.is_err() {
        error!("restarted {restarts}");
        supervise(restarts + 1).await;
    }
}

async fn follow(mut orders: Receiver<Order>) {
    while let Some(order) = orders.recv().await {
        info!("{order}");
    }
}

async fn stopped(stop: Receiver<()>) {
    stopped_or_told(stop).await;
    info!("stopped");
}

async fn stopped_or_told(stop: Receiver<()>) {
    tokio::select! {
        _ = stop.recv() => {}
        () = signalled() => {}
    }
}

async fn signalled() {
    ctrl_c().await
}

/// What ends them is an error, the end of a channel or of the program, or the first of them that ends.
async fn start_more(stream: Stream, events_rx: Receiver<Event>, shutdown: Watch, sink: Sink) {
    tokio::spawn(async move { //~? spawn_site
        loop {
            match answer(stream).await {
                Err(Error::Closed) => break,
                Err(error) => warn!("{error}"),
                Ok(()) => {}
            }
        }
    });
    std::thread::spawn(move || { //~? spawn_site
        for event in events_rx {
            info!("{event}");
        }
    });
    tokio::spawn(async move { //~? spawn_site
        let receive = async {
            loop {
                match stream.next().await {
                    None => break,
                    message => info!("{message}"),
                }
            }
        };
        select(receive, stopped()).await
    });
    let sending = stream.map(Ok).forward(sink);
    tokio::spawn(async move { //~? spawn_site
        if let Err(error) = sending.await {
            error!("{error}");
        }
    });
    tokio::spawn(async move { //~? spawn_site
        shutdown.signaled().await;
        info!("stopped");
    });
}

async fn start_all() {
    let mut tasks = Vec::new();
    tasks.push(tokio::spawn(log())); //~? spawn_site
    select_all(tasks).await;
}

fn refresh() {
    static IS_REFRESHING: AtomicBool = AtomicBool::new(false);
    std::thread::spawn(|| warn!("refreshed")); //~? spawn_site
}

/// The span is made below one that is outside.
fn watch(span: Span) {
    std::thread::spawn(move || { //~? spawn_site
        let span = info_span!(parent: span, "watch");
        span.in_scope(|| warn!("watched"))
    });
}

/// What makes an error is no work, and the method of another crate's type is not the program's.
async fn of_others(module: Module) {
    tokio::task::spawn_blocking(move || add().map_err(|error| ShopError::io(error))).await; //~? spawn_site
    tokio::task::spawn_blocking(move || module.serialize()).await; //~? spawn_site
}

impl ShopError {
    fn io(error: Error) -> Self {
        ShopError(error)
    }
}

impl Job {
    fn serialize(&self) -> Vec<u8> {
        self.bytes()
    }
}

/// Both halves of a connection belong to all of its requests.
async fn connect(io: Io) -> Client {
    let (sender, connection) = handshake(io).await;
    tokio::spawn(async move { //~? spawn_site
        drive(connection, settings).await;
    });
    sender
}

async fn drive(connection: Connection, settings: Settings) {
    info!("closed");
}

struct Job;

impl Job {
    fn new() -> Self {
        Job
    }

    async fn run(self) {
        info!("run");
    }
}

async fn log() {
    info!("logged");
}

async fn send(order: Order) {
    deliver(order).await
}

fn hash(password: &str) -> u64 {
    password.len()
}

fn main() {
    serve();
}
