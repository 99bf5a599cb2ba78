//! Workers, and tasks of values that their callers keep, which may belong to no request; and what a loop calls in each round.

async fn fill() {
    info!("filled");
}

fn read() {
    info!("read");
}

fn relay(mut ended: Receiver<()>, told: Sender<()>) {
    tokio::spawn(async move { //~? spawn_site
        ended.changed().await;
        info!("ended");
        told.send(()).await
    });
}

fn follow() -> Receiver<Order> {
    tokio::spawn(fill()); //~? spawn_site
    orders()
}

fn notify() {
    tokio::spawn(async move { mail().await }); //~? spawn_site
}

async fn mail() {
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

struct Pages;

impl Stream for Pages {
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Page>> {
        tokio::spawn(fill()); //~? spawn_site
        Poll::Pending
    }
}

struct Dispatcher;

impl Dispatcher {
    async fn run(mut self) -> Result<(), Error> {
        while let Some(order) = self.orders.recv().await {
            self.dispatch(order);
        }
        Ok(())
    }

    fn dispatch(&self, order: Order) {
        tokio::spawn(fill()); //~? spawn_site
    }
}

fn main() {
    serve();
}
