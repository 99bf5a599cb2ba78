use std::thread;
use tokio::task;
use tokio::task::spawn_blocking;

async fn bare() {
    tokio::spawn(async { work().await }); //~ spawn_site
    thread::spawn(|| work()); //~ spawn_site
    task::spawn_local(work()); //~ spawn_site
    spawn_blocking(|| work()); //~ spawn_site
    set.spawn(async { work().await }); //~ spawn_site
    ids.par_iter().for_each(|id| load(id)); //~ spawn_site
    tokio::select! {
        _ = tokio::spawn(async {}) => {} //~? spawn_site
        _ = stop => {}
    }
    pool.spawn(move || 1); //~? spawn_site
    ids.map(tokio::spawn); //~? spawn_site
}

impl Pool {
    fn start(&self) {
        // traced: allow(spawn_site)
        tokio::spawn(work()); //~ spawn_site
    }
}

#[traced::traced]
impl Callbacks {
    extern "C" fn of_another_language() {
        thread::spawn(|| work()); //~ spawn_site
    }

    #[traced::traced(kind = "server")]
    extern "C" fn with_a_span() {
        thread::spawn(|| 1);
    }
}

/// The requests of one connection are not those of another, and a listener's connection is a request.
async fn connect(listener: Listener) {
    let (conn, address) = listener.accept().await;
    tokio::spawn(async move { handle(conn.await) }); //~ spawn_site
    let connection = dial().await;
    tokio::spawn(async move { handle(connection.await) }); //~ spawn_site
}

/// The span begins inside, or is none.
async fn in_a_span(runtime: Handle) {
    thread::spawn(move || { //~ spawn_site
        let span = info_span!("work");
        let _entered = span.enter();
        work()
    });
    thread::spawn(move || { //~ spawn_site
        let _entered = runtime.enter();
        work()
    });
}

/// More than files.
impl Store {
    fn persist(&self) {
        info!("persisted");
    }

    async fn handle_files(self, folder: PathBuf) {
        spawn_blocking(move || parse(File::open(&folder)?)); //~ spawn_site
        spawn_blocking(move || { //~ spawn_site
            let file = NamedTempFile::new()?;
            self.persist();
            Ok(file)
        });
        spawn_blocking(move || { //~ spawn_site
            std::fs::remove_file(&folder)?;
            info!("removed");
        });
        spawn_blocking(move || WalkDir::new(&folder).into_iter().map(load)); //~ spawn_site
    }
}

/// It ends, and a service's `serve` handles a request.
async fn handle_request(self, items: Stream) {
    let task = async move { work().await };
    tokio::spawn(task); //~ spawn_site
    self.inner.serve(items).await
}

fn load() {
    info!("loaded");
}

/// One of the functions of this name ends.
async fn several(jobs: Receiver<Job>) {
    tokio::spawn(async move { //~ spawn_site
        if let Err(error) = jobs.follow().await {
            warn!("{error}");
        }
    });
}

impl Orders {
    async fn follow(mut self) {
        while let Some(order) = self.orders.recv().await {}
    }
}

impl Mails {
    async fn follow(self) {
        self.send().await
    }
}

/// One task for each of many, which are known: no work is taken, and the loop ends.
async fn send_all(orders: Vec<Order>) {
    for order in orders {
        tokio::spawn(send(order)); //~ spawn_site
    }
    let task = async move {
        tokio::spawn(async { close().await }); //~ spawn_site
    };
    task.await
}

/// A value with no channel and no task in it, and one that is made when the task has ended.
impl Invoice {
    fn total(self) -> Sum {
        std::thread::spawn(move || self.print()); //~ spawn_site
        Sum(1)
    }

    fn print(&self) {
        info!("printed");
    }

    async fn client() -> Client {
        let sent = tokio::spawn(async { dial().await }); //~ spawn_site
        sent.await;
        std::thread::spawn(|| dial()).join(); //~ spawn_site
        tokio::spawn(async { dial().await }).await; //~ spawn_site
        let one = tokio::spawn(async { dial().await }); //~ spawn_site
        tokio::join!(one);
        Client { jobs }
    }
}

struct Invoice;

struct Sum(u8);

struct Client {
    jobs: Sender<Job>,
}

/// A function that these do not resolve to may be the program's own.
async fn of_the_program(id: u64) {
    spawn_blocking(move || find(id)); //~ spawn_site
    spawn_blocking(move || Cache::find(id)); //~ spawn_site
    spawn_blocking(move || info!("found {id}: {:?}", std::fs::read("x"))); //~ spawn_site
    ids.par_iter().map(find).collect(); //~ spawn_site
    ids.par_iter().map(|id| id.to_string()).map(find).collect() //~ spawn_site
}

/// The lock is read once in each round.
async fn count(limits: Limits) {
    tokio::spawn(async move { //~ spawn_site
        for id in ids {
            loop {
                match limits.read().await.of(id) {
                    None => break,
                    limit => send(limit),
                }
            }
        }
    });
}

struct Cache;

impl Cache {
    fn find(id: u64) {
        info!("found {id}");
    }
}

/// It does more than wait, and it is no worker.
async fn notify(mut orders: Receiver<Order>) {
    tokio::spawn(async move { //~ spawn_site
        let order = orders.recv().await;
        send(order).await
    });
    tokio::spawn(Mail::write()); //~ spawn_site
    let mail = Mail::write();
    tokio::spawn(mail); //~ spawn_site
}

struct Mail;

impl Mail {
    async fn write() -> Mail {
        send().await
    }
}

mod latest {
    fn start() {
        std::thread::spawn(|| work()); //~ spawn_site
    }
}

/// A handler is a request, whatever it loops for.
async fn upload(mut parts: Multipart) { //~ entry_point
    while let Some(part) = parts.next().await {
        tokio::spawn(async move { save(part).await }); //~ spawn_site
    }
}

fn router() -> axum::Router {
    axum::Router::new().route("/", axum::routing::post(upload))
}

fn main() {
    serve();
}

/// Each of these can be part of a trace.
async fn work() {
    info!("worked");
}

fn handle(ended: Ended) {
    info!("{ended}");
}

async fn send(order: Order) {
    info!("{order}");
}

#[instrument]
fn parse(file: File) -> Result<Order, Error> { //~? tracing_spans
    read(file)
}

async fn close() {
    work().await
}

async fn dial() -> Connection {
    work().await
}

fn find(id: u64) {
    info!("found {id}");
}

async fn save(part: Part) {
    info!("saved");
}
