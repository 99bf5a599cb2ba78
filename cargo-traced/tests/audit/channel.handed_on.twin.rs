//! Messages that carry their context, belong to no request, or stay in the trace of a function that calls both sides.

use tokio::sync::mpsc::{self, Receiver, Sender};

#[traced]
async fn place(orders: Sender<Envelope<Order>>) {
    orders.send(Envelope::new(Order)).await;
}

async fn receive(mut orders: Receiver<Envelope<Order>>) {
    while let Some(order) = orders.recv().await {
        ship(order).await;
    }
}

#[traced(kind = "consumer", parent = order)]
async fn ship(order: Envelope<Order>) {}

/// A message of the program's own that knows its context, or whose handler begins a trace.
#[traced]
async fn remind(mails: &Sender<Mail>, prints: &Sender<Print>) {
    mails.send(Mail::now()).await;
    prints.send(Print).await;
}

async fn remind_each(mut mails: Receiver<Mail>, mut prints: Receiver<Print>) {
    while let Some(mail) = mails.recv().await {
        send(mail).await;
    }
    while let Some(print) = prints.recv().await {
        put(print).await;
    }
}

#[traced(parent = mail.context)]
async fn send(mail: Mail) {}

#[traced(root)]
async fn put(print: Print) {}

/// The message goes on to another channel, or the span is of something else.
#[traced]
async fn note(lines: &Sender<Line>) {
    lines.send(Line).await;
}

async fn collect(mut lines: Receiver<Line>, next: Sender<Line>) {
    while let Some(line) = lines.recv().await {
        next.send(line).await;
        flush(Line::default()).await;
    }
}

#[traced]
async fn flush(line: Line) {}

/// Whoever sends is a timer.
async fn tick(ticks: Sender<Tick>) {
    ticks.send(Tick).await;
}

async fn on_tick(mut ticks: Receiver<Tick>) {
    while let Some(tick) = ticks.recv().await {
        clean(tick).await;
    }
}

#[traced]
async fn clean(tick: Tick) {}

/// Both sides run in the span of `search`.
#[traced]
async fn search(shards: Vec<Shard>) {
    let (hits, found) = mpsc::channel(8);
    for shard in shards {
        tokio::spawn(look(shard, hits.clone()));
    }
    merge(found).await;
}

#[traced]
async fn look(shard: Shard, hits: Sender<Hit>) {
    hits.send(Hit).await; //~? channel
}

async fn merge(mut found: Receiver<Hit>) {
    while let Some(hit) = found.recv().await {
        score(hit).await;
    }
}

#[traced]
async fn score(hit: Hit) {}

/// Each has its context with it.
struct Job {
    id: u64,
    context: opentelemetry::Context,
}

type Request = Envelope<Call>;

#[traced]
async fn enqueue(jobs: &Sender<Job>, requests: &Sender<Request>) {
    jobs.send(Job::now()).await;
    requests.send(Envelope::new(Call)).await;
}

struct Worker {
    jobs: Receiver<Job>,
    requests: Receiver<Request>,
}

impl Worker {
    #[traced]
    async fn next(&mut self) -> Option<Job> {
        self.jobs.recv().await
    }

    #[traced]
    async fn next_request(&mut self) -> Option<Request> {
        self.requests.recv().await
    }
}

/// It makes a channel, whose other end is in its own trace.
#[traced]
async fn convert(rows: Vec<Row>) {
    let (batches, mut made) = mpsc::channel::<Batch>(8);
    tokio::spawn(collect_rows(rows, batches.clone()));
    batches.send(Batch).await;
    drop(batches);
    while let Some(batch) = made.recv().await {
        flush_batch(batch).await;
    }
}

/// Another one, of the same type.
#[traced]
async fn write() {
    let (ready, written) = mpsc::channel::<Batch>(8);
    ready.send(Batch).await;
    for batch in written.iter() {
        flush_batch(batch).await;
    }
}

/// Two channels of text.
#[traced]
async fn log_in(log: &Sender<String>) {
    log.send("logged in".to_owned()).await; //~? channel
}

#[traced]
async fn scan(mut barcodes: Receiver<String>) {
    barcodes.recv().await;
}

/// An iterator is no channel.
#[traced]
fn print_each(pages: Sender<Page>) {
    pages.send(Page);
}

fn read(pages: Vec<Page>) {
    for page in pages.iter() {
        print(page);
    }
    let mut pages = pages.into_iter();
    while let Some(page) = pages.next() {
        print(&page);
    }
}

#[traced]
fn print(page: &Page) {}

fn main() {
    serve();
}
