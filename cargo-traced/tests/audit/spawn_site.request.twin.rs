// depends: argon2

//! Work of other crates, workers, and tasks of values that their callers keep, which may belong to no request.

use std::io::{self};

impl Error {
    fn new(kind: Kind) -> Self {
        Error(kind)
    }
}

async fn hash(password: String) {
    tokio::task::spawn_blocking(move || argon2::hash(password)).await; //~? spawn_site
    tokio::task::spawn_blocking(move || file.write_all(&password)).await; //~? spawn_site
    tokio::task::spawn_blocking(move || drop(file)).await; //~? spawn_site
    std::thread::spawn(move || child.wait()); //~? spawn_site
    tokio::task::spawn_blocking(move || io::Error::new(password)).await; //~? spawn_site
    tokio::task::spawn_blocking(move || argon2::PARAMETERS.hash(&password)).await; //~? spawn_site
}

fn names(ids: &[u8]) -> Vec<String> {
    ids.par_iter().map(|id| id.to_string()).collect() //~? spawn_site
}

fn relay(mut ended: Receiver<()>, told: Sender<()>) {
    tokio::spawn(async move { //~? spawn_site
        ended.changed().await;
        told.send(()).await
    });
}

fn recycle(pool: Pool) {
    tokio::spawn(Recycler::new(pool)); //~? spawn_site
    let recycler = Recycler { pool };
    tokio::spawn(recycler); //~? spawn_site
    let (future, handle) = pool.recycle().remote_handle();
    tokio::spawn(future); //~? spawn_site
}

struct Recycler {
    pool: Pool,
}

impl Recycler {
    fn new(pool: Pool) -> Self {
        Recycler { pool }
    }
}

fn follow() -> Receiver<Order> {
    tokio::spawn(fill()); //~? spawn_site
    orders()
}

async fn fill() {
    write().await
}

fn body() -> Body {
    std::thread::spawn(|| read()); //~? spawn_site
    Body { chunks }
}

struct Body {
    chunks: Receiver<Bytes>,
}

struct Import;

impl Import {
    fn start() -> Self {
        tokio::spawn(fill()); //~? spawn_site
        Import
    }
}

struct Tokio;

impl Runtime for Tokio {
    fn run(future: Task) {
        tokio::spawn(future); //~? spawn_site
    }

    fn run_on_a_thread(work: Work) {
        std::thread::spawn(move || block_on(work)); //~? spawn_site
    }
}

struct Pages;

impl Stream for Pages {
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Page>> {
        tokio::spawn(fill()); //~? spawn_site
        Poll::Pending
    }
}

fn main() {
    serve();
}
