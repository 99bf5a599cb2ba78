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

/// There is no span in the `main` of a server.
fn main() {
    tokio::spawn(async { report().await }); //~? spawn_site
    serve();
}
