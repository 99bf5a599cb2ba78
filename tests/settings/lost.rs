//! Functions of `child.rs` that lose their context, and twins that look similar and lose none.

use std::sync::mpsc::{self, Receiver};
use std::thread::{self, JoinHandle};

use opentelemetry::Context;
use sqlx::SqlitePool;
use sqlx::sqlite::SqlitePoolOptions;
use traced::sqlx::Traced;
use traced::traced;

/// Loads ten times, three of them on a thread without the request's context, and leaves a task that
/// outlives its request.
pub(crate) fn lose() {
    let request = request();
    // Attaches the context of the request after the request has ended.
    let _around = request.attach();
    load();
}

#[traced]
fn request() -> Context {
    (0..7).for_each(|_| load());
    traced::span!("asked", kind = "client", {});
    bare();
    Context::current()
}

#[traced(spawn = false)]
fn bare() {
    thread::spawn(|| (0..3).for_each(|_| load()))
        .join()
        .unwrap();
}

#[traced]
fn load() {}

/// Creates a table before there is any request; a request asks it twice, and a query loses the context of a third.
pub(crate) fn ask_a_database() {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    let pool = runtime.block_on(open());
    runtime.block_on(ask(&pool)).unwrap();
    runtime.block_on(query(&pool)).unwrap();
}

async fn open() -> Traced<SqlitePool> {
    let options = SqlitePoolOptions::new().max_connections(1);
    let pool = options.connect("sqlite::memory:").await.unwrap();
    let pool = Traced::new(pool);
    let create = sqlx::query("CREATE TABLE notes (id INTEGER PRIMARY KEY)");
    create.execute(&pool).await.unwrap();
    pool
}

#[traced]
async fn ask(pool: &Traced<SqlitePool>) -> sqlx::Result<()> {
    query(pool).await?;
    query(pool).await
}

async fn query(pool: &Traced<SqlitePool>) -> sqlx::Result<()> {
    let found = sqlx::query("SELECT id FROM notes").fetch_all(pool);
    found.await.map(drop)
}

/// A request spawns a task with its context, which starts its span after the request was answered.
pub(crate) fn outlive() {
    let (answered, is_answered) = mpsc::channel();
    let task = answer(is_answered);
    answered.send(()).unwrap();
    task.join().unwrap();
}

#[traced]
fn answer(is_answered: Receiver<()>) -> JoinHandle<()> {
    thread::spawn(move || {
        is_answered.recv().unwrap();
        write_receipt();
    })
}

#[traced]
fn write_receipt() {}

/// Spans with the parents they should have.
pub(crate) fn keep() {
    keeper();
    // Jobs that are roots each time, and their twin, which links to the span it came from.
    job();
    job();
    let from = traced::span!("spawner", { Context::current() });
    linked(&from);
    let within = traced::span!("page", {
        linked(&from);
        Context::current()
    });
    drop(within);
    // A server's spans are roots or children, as the client's headers say.
    serve();
    traced::span!("test", { serve() });
}

#[traced]
fn keeper() {
    thread::spawn(load).join().unwrap();
    load();
}

#[traced]
fn job() {
    load();
}

#[traced(links = [from.clone()])]
fn linked(from: &Context) {}

#[traced(kind = "server")]
fn serve() {}
