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

fn main() {
    serve();
}
