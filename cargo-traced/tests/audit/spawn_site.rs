use std::thread;
use tokio::task;
use tokio::task::spawn_blocking;

async fn bare() {
    tokio::spawn(async { work().await }); //~ spawn_site
    thread::spawn(|| 1); //~ spawn_site
    task::spawn_local(work()); //~ spawn_site
    spawn_blocking(|| 1); //~ spawn_site
    set.spawn(async { work().await }); //~ spawn_site
    ids.par_iter().for_each(|id| load(id)); //~ spawn_site
    tokio::select! {
        _ = tokio::spawn(async {}) => {} //~ spawn_site
        _ = stop => {}
    }
    pool.spawn(move || 1); //~? spawn_site
    ids.map(tokio::spawn); //~ spawn_site
}

impl Pool {
    fn start(&self) {
        // traced: allow(spawn_site)
        tokio::spawn(async {}); //~ spawn_site
    }
}

#[traced::traced]
impl Callbacks {
    extern "C" fn of_another_language() {
        thread::spawn(|| 1); //~ spawn_site
    }

    #[traced::traced(kind = "server")]
    extern "C" fn with_a_span() {
        thread::spawn(|| 1);
    }
}

/// The requests of one connection are not those of another, and a listener's connection is a request.
async fn connect(listener: Listener) {
    let (conn, address) = listener.accept().await;
    tokio::spawn(conn); //~ spawn_site
    let connection = dial().await;
    tokio::spawn(async move { connection.await }); //~ spawn_site
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
    fn persist(&self) {}

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

fn load() {}

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

fn main() {
    serve();
}
