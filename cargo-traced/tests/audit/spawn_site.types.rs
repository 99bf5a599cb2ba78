//! The type of the receiver is written, or the function that gives it.
use axum::extract::State;
use std::thread;
use tokio as rt;

async fn of_runtimes(State(tracker): State<TaskTracker>, State(shop): State<Shop>) {
    let mut tasks = JoinSet::new();
    tasks.spawn(send()); //~ spawn_site
    while let Some(sent) = tasks.join_next().await {}
    tracker.spawn(send()); //~ spawn_site
    Handle::current().spawn(send()); //~ spawn_site
    shop.handle.spawn(send()); //~ spawn_site
    let runtime = Runtime::new().unwrap();
    runtime.spawn(send()); //~ spawn_site
    let local = tokio::task::LocalSet::new();
    local.spawn_local(send()); //~ spawn_site
    rt::spawn(async { send().await }); //~ spawn_site
    actix::spawn(send()); //~ spawn_site
}

struct Shop {
    handle: Handle,
    tracker: TaskTracker,
    mailer: Mailer,
}

fn of_threads(ids: Vec<u64>) {
    thread::scope(|scope| {
        scope.spawn(|| print()); //~ spawn_site
    });
    std::thread::scope(|scope| {
        ids.iter().for_each(|id| {
            scope.spawn(|| print()); //~ spawn_site
        });
    });
    crossbeam::scope(|scope| {
        scope.spawn(|_| print()); //~ spawn_site
    });
}

async fn in_a_request(State(shop): State<Shop>) { //~ entry_point
    thread::Builder::new().name("print".into()).spawn(|| print()); //~ spawn_site
    std::thread::Builder::new().spawn(|| print()); //~ spawn_site
    shop.tracker.spawn(send()); //~ spawn_site
}

fn router() -> axum::Router {
    axum::Router::new().route("/", axum::routing::post(in_a_request))
}

async fn in_pools(id: u64) {
    actix_web::web::block(move || print()).await; //~ spawn_site
}

/// What others have in this name takes something else, or is no method.
impl World {
    fn spawn(&mut self, kind: u8, place: u8) {}
}

impl Counter {
    fn spawn(counter: Counter) -> Sender<u64> {
        counter.sender
    }
}

async fn of_any_type() {
    set.spawn(async { send().await }); //~ spawn_site
}

/// The name is the standard library's as well, and the type is the program's.
async fn methods(State(shop): State<Shop>, State(repo): State<Arc<dyn Repo>>, mails: Data<Mailer>) {
    tokio::spawn(async move { shop.mailer.send(1).await }); //~ spawn_site
    tokio::spawn(async move { repo.find(1).await }); //~ spawn_site
    tokio::spawn(async move { mails.send(1).await }); //~ spawn_site
}

impl Mailer {
    #[traced]
    async fn send(&self, id: u64) {}
}

trait Repo {
    async fn find(&self, id: u64) -> u64;
}

impl Repo for Postgres {
    #[traced]
    async fn find(&self, id: u64) -> u64 {
        id
    }
}

async fn in_macros(ids: Vec<u64>) {
    tokio::select! {
        sent = tokio::spawn(async { send().await }) => sent, //~ spawn_site
        _ = sleep(SECOND) => None,
    };
    tokio::try_join!(
        tokio::spawn(send()), //~ spawn_site
        tokio::task::spawn_blocking(|| print()), //~ spawn_site
    );
    let tasks = vec![tokio::spawn(send())]; //~ spawn_site
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
