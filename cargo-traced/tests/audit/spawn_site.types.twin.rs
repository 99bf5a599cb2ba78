//! The receiver has the program's own method, or nobody knows what it is.
use axum::extract::State;

async fn of_the_program(State(pool): State<Pool>, State(shop): State<Shop>) {
    pool.spawn(async { send().await });
    Pool::new().spawn(async { send().await });
    shop.pool.spawn(async { send().await });
    any.spawn(async { send().await });
    crate::web::block(|| print()).await;
}

struct Shop {
    pool: Pool,
    tracker: TaskTracker,
    sender: mpsc::Sender<u64>,
}

impl Pool {
    fn new() -> Pool {
        Pool
    }

    fn spawn(&self, task: impl Future) {}
}

/// The value may be an entity of a game, and the scope is another's.
fn of_unknown_types(order: Order) {
    commands.spawn_batch(player());
    commands.insert(player());
    tracing::scope(|scope| {
        scope.spawn_empty(|| print());
    });
    theirs::scope(|scope| {
        scope.spawn_fifo(|| print()); //~? spawn_site
    });
    process::Builder::new().spawn_fn(|| print()); //~? spawn_site
}

/// The thread may live as long as the program, and the task until somebody ends what the tracker knows.
impl Shop {
    fn open(&self) -> Result<Arbiter, Error> {
        self.tracker.spawn(send()); //~? spawn_site
        std::thread::Builder::new().name("print".into()).spawn(|| print()); //~? spawn_site
        let arbiter = std::thread::Builder::new().spawn(|| print())?; //~? spawn_site
        match self.is_ready() {
            true => Ok(arbiter),
            false => arbiter.join(),
        }
    }
}

/// A channel, not the program's mailer.
async fn methods(State(shop): State<Shop>, sender: Sender<u64>) {
    tokio::spawn(async move { shop.sender.send(1).await }); //~? spawn_site
    tokio::spawn(async move { sender.send(1).await }); //~? spawn_site
    tokio::spawn(async move { any.send(1).await }); //~? spawn_site
}

impl Mailer {
    #[traced]
    async fn send(&self, id: u64) {}
}

mod web {
    async fn block(job: impl FnOnce()) {}
}

/// What is in a macro is carried by hand, or calls nothing that is known.
async fn in_macros() {
    tokio::join!(tokio::spawn(traced::carry(send())));
    tokio::select! {
        read = tokio::spawn(async { theirs::read().await }) => read, //~? spawn_site
    }
}

async fn send() {
    info!("sent");
}

fn print() {
    info!("printed");
}

fn main() {
    serve();
}
