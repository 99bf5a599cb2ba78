//! A request is around each of these. The twin has no handler, so nobody knows whether one is.

async fn order(dispatcher: Dispatcher) { //~ entry_point
    relay(ended(), told());
    follow();
    notify();
    body();
    Import::start();
    Pages::poll_next(pages(), cx());
    dispatcher.dispatch(first());
    retry();
    reindex(notified());
}

fn router() -> axum::Router {
    axum::Router::new().route("/orders", post(order))
}

/// It ends when the mail is sent, though it sleeps between the attempts.
fn retry() {
    tokio::spawn(async move { //~ spawn_site
        loop {
            match send_mail().await {
                Ok(()) => break,
                Err(error) => warn!("{error}"),
            }
            tokio::time::sleep(delay()).await;
        }
    });
    tokio::spawn(async move { //~ spawn_site
        loop {
            if send_mail().await.is_ok() {
                break;
            }
            tokio::time::sleep(delay()).await;
        }
    });
}

async fn send_mail() -> Result<(), Error> {
    info!("sent");
    Ok(())
}

/// A function with the name of a method that reads a flag, and an iterator, whose `next` is not awaited.
fn reindex(ids: Vec<u64>) {
    tokio::spawn(async move { //~ spawn_site
        while let Some(page) = load().await {
            index(page).await;
        }
    });
    tokio::spawn(async move { //~ spawn_site
        let mut ids = ids.into_iter();
        while let Some(id) = ids.next() {
            index(id).await;
        }
    });
}

async fn load() -> Option<Page> {
    info!("loaded");
    None
}

async fn index(page: Page) {
    info!("indexed");
}

async fn fill() {
    info!("filled");
}

fn read() {
    info!("read");
}

fn relay(mut ended: Receiver<()>, told: Sender<()>) {
    tokio::spawn(async move { //~ spawn_site
        ended.changed().await;
        info!("ended");
        told.send(()).await
    });
}

fn follow() -> Receiver<Order> {
    tokio::spawn(fill()); //~ spawn_site
    orders()
}

/// What it calls may have a span, as the request has one.
fn notify() {
    tokio::spawn(async move { mail().await }); //~ spawn_site
}

async fn mail() {
    write().await
}

fn body() -> Body {
    std::thread::spawn(|| read()); //~ spawn_site
    Body { chunks }
}

struct Body {
    chunks: Receiver<Bytes>,
}

struct Import;

impl Import {
    fn start() -> Self {
        tokio::spawn(fill()); //~ spawn_site
        Import
    }
}

struct Pages;

impl Stream for Pages {
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Page>> {
        tokio::spawn(fill()); //~ spawn_site
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
        tokio::spawn(fill()); //~ spawn_site
    }
}

fn main() {
    serve();
}
