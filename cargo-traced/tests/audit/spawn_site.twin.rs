use std::process::Command;
use traced::{traced, traced_spawn};

#[traced]
async fn annotated() {
    tokio::spawn(async { work().await });
    std::thread::spawn(|| 1);
    // What is inside another function is that function's.
    #[traced_spawn]
    fn inner() {
        rayon::spawn(|| {});
    }
}

#[traced]
mod whole {
    fn f() {
        tokio::spawn(async {});
    }
    impl A {
        fn g() {
            tokio::spawn(async {});
        }
    }
}

fn carried() {
    tokio::spawn(traced::carry(work()));
    // traced: allow(spawn_site) the eviction loop belongs to no request
    tokio::spawn(async {});
    tokio::spawn(async {}); // traced: allow(spawn_site) nor does this
}

#[traced_spawn]
#[inline]
fn sites_only() {
    tokio::spawn(async {});
}

/// OpenTelemetry's own ways, and those of `tracing`, of which another rule tells.
fn by_hand(cx: Context) {
    tokio::spawn(work().with_context(cx.clone()));
    std::thread::spawn(move || {
        let _guard = cx.attach();
        work()
    });
    tokio::spawn(work().in_current_span());
}

/// Others that have a method or function of that name.
fn others() {
    commands.spawn((Transform::default(), Player));
    Command::new("ls").spawn().unwrap();
    list.push(async {});
    path.join("x");
    engine.execute(|| 1);
    mine::spawn(work());
    scope.spawn(unit);
}

/// Tasks without an end are right without a context, and nobody knows of those that wait for messages.
fn start(jobs: Receiver<Job>) {
    tokio::spawn(async {
        loop {
            tick().await;
        }
    });
    std::thread::spawn(evict_for_ever);
    std::thread::spawn(move || evict_for_ever());
    tokio::spawn(evict_slowly().instrument(info_span!("evict"))); //~? tracing_spans
    std::thread::spawn(move || { //~? spawn_site
        while let Ok(job) = jobs.recv() {
            job.run();
        }
    });
}

/// Servers.
async fn start_servers(app: Router) {
    tokio::spawn(async move { axum::serve(listener, app).await }); //~? spawn_site
    tokio::spawn(axum::serve(listener, app).into_future()); //~? spawn_site
}

/// The other ways to go on for ever, or for as long as something else does.
async fn start_more(mut lines: Lines, jobs: Receiver<Job>, stop: Flag, watcher: Watcher) {
    std::thread::spawn(move || loop {
        info!(?jobs, "evicted {:?}", evict());
    });
    tokio::spawn(async move { //~? spawn_site
        while let Ok(Some(line)) = lines.next_line().await {
            println!("{line}");
        }
        close().await;
    });
    std::thread::spawn(move || { //~? spawn_site
        while !stop.load(Relaxed) {
            draw();
        }
    });
    tokio::spawn(async move { take_jobs(jobs).await }); //~? spawn_site
    tokio::spawn(async move { //~? spawn_site
        let _ = watcher.watch_jobs().await;
    });
    tokio::spawn(async move { jobs.for_each(handle).await }); //~? spawn_site
    tokio::spawn(async move { //~? spawn_site
        tokio::signal::ctrl_c().await.unwrap();
        shutdown.send(()).await
    });
    std::thread::spawn(move || { //~? spawn_site
        let runtime = Runtime::new();
        runtime.block_on(async move {
            while let Some(job) = jobs.recv().await {
                tokio::spawn(run(job)); //~? spawn_site
            }
        });
    });
}

async fn take_jobs(mut jobs: Receiver<Job>) {
    while let Some(job) = jobs.recv().await {
        run(job).await;
    }
}

impl Watcher {
    async fn watch_jobs(self) {
        take_jobs(self.jobs).await
    }
}

/// Until it is told to stop.
async fn listen(listener: TcpListener, stop: Token) {
    loop {
        let Some(stream) = stop.run_until_cancelled(listener.accept()).await else {
            break;
        };
        tokio::spawn(async move { handle(stream).await }); //~? spawn_site
    }
}

/// A condition that a build script sets for tests.
#[cfg(with_testing)]
fn start_for_tests() {
    tokio::spawn(async { work().await });
}

fn evict_for_ever() {
    loop {
        std::thread::sleep(SECOND);
    }
}

async fn evict_slowly() {
    loop {
        sleep(SECOND).await;
    }
}

/// No span can be around a function that never ends, even if an error ends it.
async fn accept(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move { handle(stream).await }); //~? spawn_site
    }
}

/// Nothing that these call makes spans.
async fn read(path: PathBuf) {
    tokio::task::spawn_blocking(move || std::fs::read(path)).await; //~? spawn_site
    std::thread::spawn(|| Ok(std::fs::exists("x"))); //~? spawn_site
}

/// The program's own method of that name carries, or is reported itself.
impl Worker {
    fn spawn_blocking(&self, f: impl FnOnce()) {
        f();
    }

    fn use_it(&self) {
        self.spawn_blocking(|| work());
    }
}

/// A wrapper that may carry, and a runtime that nobody knows.
fn wrapped() {
    std::thread::spawn(my_trace::in_thread(move || work())); //~? spawn_site
    theirs::task::spawn(async { work().await }); //~? spawn_site
}

/// These add to rayon.
fn collect(items: impl IntoParallelIterator<Item = u8>) -> List {
    items.into_par_iter().collect() //~? spawn_site
}

impl Keys {
    pub fn par_eq(&self, other: &Keys) -> bool {
        self.0.par_iter().all(|key| other.has(key)) //~? spawn_site
    }
}

/// What helps others to test.
#[cfg(any(test, feature = "test-utils"))]
pub mod helpers {
    pub fn start() {
        tokio::spawn(async { work().await });
    }
}

/// A parallel iterator of one's own.
impl ParallelIterator for Keys {
    fn drive_unindexed(self, consumer: C) {
        self.keys.into_par_iter().drive_unindexed(consumer) //~? spawn_site
    }
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn t() {
        tokio::spawn(async {});
    }
}

/// The task is a variable.
fn start_variable(jobs: Receiver<Job>) {
    let task = async move {
        while let Some(job) = jobs.recv().await {
            run(job).await;
        }
    };
    tokio::spawn(task); //~? spawn_site
    tokio::spawn(async move { //~? spawn_site
        jobs.for_each(handle).await;
        close();
    });
    tokio::spawn(jobs.for_each_concurrent(8, handle)); //~? spawn_site
    tokio::spawn(async move { //~? spawn_site
        let mut signals = signal(SignalKind::terminate()).unwrap();
        signals.recv().await;
        stop();
    });
    tokio::spawn(async move { //~? spawn_site
        while let Some(resolver) = resolver.upgrade() {
            resolver.renew().await;
        }
    });
    tokio::spawn(async move { //~? spawn_site
        while Arc::strong_count(&resolver) > 1 {
            renew(&resolver).await;
        }
    });
}

/// What goes on is not the last that the task does, or one of several functions of this name, which all go on.
fn start_steps(jobs: Receiver<Job>) {
    tokio::spawn(async move { //~? spawn_site
        if let Err(error) = take_jobs(jobs).await {
            warn!("{error}");
        }
    });
    tokio::spawn(async move { //~? spawn_site
        match take_jobs(jobs).await {
            Ok(()) => close(),
            Err(error) => warn!("{error}"),
        }
        close()
    });
    tokio::spawn(async move { //~? spawn_site
        take_jobs(jobs).await?;
        close()
    });
    tokio::spawn(async move { //~? spawn_site
        ended = take_jobs(jobs).await;
        close()
    });
    std::thread::spawn(move || { //~? spawn_site
        let ended = take_jobs(jobs);
        info!("{ended}");
    });
    tokio::spawn(elsewhere::orders::follow(jobs)); //~? spawn_site
    tokio::spawn(take_each(jobs)); //~? spawn_site
}

async fn take_each(jobs: Receiver<Job>) {
    take_each_of(jobs).await
}

async fn take_each_of(jobs: Receiver<Job>) {
    jobs.for_each(handle).await;
    close()
}

mod orders {
    async fn follow(mut jobs: Receiver<Job>) {
        while let Some(job) = jobs.recv().await {}
    }
}

mod mails {
    async fn follow(mut jobs: Receiver<Job>) {
        while let Some(job) = jobs.recv().await {}
    }

    mod orders {
        async fn follow(mut jobs: Receiver<Job>) {
            while let Some(job) = jobs.recv().await {}
        }
    }
}

/// It carries the requests of many others.
async fn connect(io: Io) -> Result<Sender, Error> {
    let (sender, connection) = handshake(io).await?;
    tokio::spawn(async move { //~? spawn_site
        if let Err(error) = connection.await {
            warn!("{error}");
        }
    });
    let (spare, conn) = handshake(io).await?;
    match upgrades {
        true => tokio::spawn(conn.with_upgrades()), //~? spawn_site
        false => tokio::spawn(conn), //~? spawn_site
    };
    Ok(sender)
}

/// The span is one of `tracing`, of which another rule tells.
async fn in_a_span(&self) {
    let span = Span::current();
    tokio::task::spawn_blocking(move || { //~? spawn_site
        let _entered = span.enter();
        work()
    });
    std::thread::spawn(move || self.span.in_scope(|| work())); //~? spawn_site
}

/// Files have no spans.
async fn handle_files(folder: PathBuf) {
    tokio::task::spawn_blocking(move || NamedTempFile::new_in(folder)); //~? spawn_site
    tokio::task::spawn_blocking(tempfile::tempdir); //~? spawn_site
    tokio::task::spawn_blocking(move || { //~? spawn_site
        let mut file = File::open(&folder).map_err(|error| format!("{error}"))?;
        let mut content = Vec::new();
        file.read_to_end(&mut content)?;
        Ok(content)
    });
    tokio::task::spawn_blocking(move || (host, 0).to_socket_addrs()); //~? spawn_site
}

/// A module of the program that is named as a crate is.
mod blocking {
    pub async fn spawn_blocking<T>(work: impl FnOnce() -> T) -> T {
        work()
    }
}

async fn password() {
    crate::blocking::spawn_blocking(|| work()).await;
}

/// No span is around a function that serves.
async fn start_serving(app: Router) {
    tokio::spawn(async move { announce().await }); //~? spawn_site
    axum::serve(listener, app).await
}

/// Each round of a loop that takes work is work of its own.
async fn take(mut orders: Receiver<Order>, stop: Token) {
    open().await;
    while let Some(order) = orders.recv().await {
        tokio::spawn(async move { send(order).await }); //~? spawn_site
    }
    loop {
        tokio::select! {
            order = orders.recv() => tokio::spawn(async move { send(order).await }), //~? spawn_site
            _ = stop.cancelled() => break,
        };
    }
    loop {
        tokio::spawn(async { poll().await }); //~? spawn_site
        sleep(SECOND).await;
        if stop.is_cancelled() {
            break;
        }
    }
    for stream in listener.incoming() {
        std::thread::spawn(move || handle(stream)); //~? spawn_site
    }
    close().await
}

/// The task around it goes on, although nothing here spawns it.
fn start_with(controller: Controller, mut orders: Receiver<Order>) {
    let task = async move {
        while let Some(order) = orders.recv().await {
            save(order).await;
        }
        tokio::spawn(async { close().await }); //~? spawn_site
    };
    controller.start(task);
}

/// The task is connected with the value that the function makes, also in a request.
impl Connection {
    async fn open() -> Result<Self, Error> {
        tokio::spawn(async { dial().await }); //~? spawn_site
        Ok(Connection { jobs })
    }
}

struct Connection {
    jobs: tokio::sync::mpsc::Sender<Job>,
}

#[instrument]
async fn connection() { //~? tracing_spans
    Connection::open().await;
    worker();
}

fn worker() -> Connection {
    std::thread::spawn(|| read()); //~? spawn_site
    Connection { jobs }
}

fn workers() -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(async { dial().await }); //~? spawn_site
    tasks
}

/// It starts a server, by a function that it calls.
async fn boot() {
    tokio::spawn(async { announce().await }); //~? spawn_site
    bind().await
}

async fn bind() {
    std::net::TcpListener::bind("localhost:80");
}

/// What goes on is in a branch, in a function that it calls, in what another crate wraps, or has a method `run`.
fn start_others(orders: Receiver<Order>, reactor: Reactor, stop: Token) {
    tokio::spawn(async move { //~? spawn_site
        tokio::select! {
            _ = take_jobs(orders) => {}
            _ = stop.cancelled() => {}
        }
    });
    tokio::spawn(async move { //~? spawn_site
        tokio::select! {
            _ = stop.cancelled() => {}
            _ = watcher.watch_jobs() => {}
        }
    });
    tokio::spawn(abortable(take_jobs(orders))); //~? spawn_site
    tokio::spawn(async move { take_jobs(orders).inspect_err(report).await }); //~? spawn_site
    tokio::spawn(async move { reactor.run().await }); //~? spawn_site
    tokio::spawn(copy(orders)); //~? spawn_site
    tokio::spawn(async move { //~? spawn_site
        if let Some(interval) = interval {
            loop {
                evict(interval).await;
            }
        }
    });
    tokio::spawn(async move { while step().await {} }); //~? spawn_site
    tokio::spawn(async move { //~? spawn_site
        if let Some(mut stream) = stream {
            loop {
                match stream.read(&mut buffer).await {
                    Ok(0) => break,
                    read => write(read),
                }
            }
        }
    });
    let ledger = Ledger { book: Book };
    tokio::spawn(async move { ledger.keep().await }); //~? spawn_site
    tokio::spawn(async move { poll_fn(|cx| driver.poll_close(cx)).await }); //~? spawn_site
}

fn keep(ledger: &Arc<Ledger>) {
    tokio::spawn(async move { ledger.keep().await }); //~? spawn_site
}

/// Two types have a method of this name, and only one goes on.
impl Ledger {
    async fn keep(self) {
        self.book.keep().await
    }
}

impl Book {
    async fn keep(self) {
        while let Some(page) = self.pages.recv().await {}
    }
}

impl Receipt {
    async fn keep(self) {
        write(self).await
    }
}

struct Ledger {
    book: Arc<Book>,
}

async fn copy(mut from: Reader) -> io::Result<()> {
    loop {
        let length = from.chunk(&mut buffer).await?;
        if length == 0 {
            return Ok(());
        }
    }
}

/// For tests, by the name of the module or the type.
mod test_server {
    fn start() {
        tokio::spawn(async { work().await }); //~? spawn_site
    }
}

impl MockServer {
    fn start() {
        tokio::spawn(async { work().await }); //~? spawn_site
    }
}

/// There is no span in `main`.
fn main() {
    tokio::spawn(async { report().await }); //~? spawn_site
    serve();
}
