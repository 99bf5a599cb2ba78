//! `clippy.toml` beside this file forbids the bare spawners, and `cargo clippy` shows
//! that it means those and not what `#[traced]` writes: the annotated functions must
//! be clean, and an `#[expect]` that finds nothing to expect is a warning too.
#![deny(clippy::disallowed_methods)]

/// Spawns by path and by method, with closures, blocks and calls.
#[traced::traced]
pub async fn annotated(pool: &rayon::ThreadPool) {
    let mut set = tokio::task::JoinSet::new();
    set.spawn(work());
    tokio::runtime::Handle::current().spawn(async { work().await });
    let _ = tokio::spawn(async { work().await }).await;
    let _ = tokio::task::spawn_blocking(|| 1).await;
    let _ = std::thread::Builder::new().spawn(|| ());
    std::thread::scope(|scope| {
        let _ = std::thread::spawn(|| ());
        scope.spawn(|| ());
    });
    rayon::join(|| (), || ());
    pool.install(|| ());
    pool.broadcast(|_| ());
}

/// Gives its units a span.
#[traced::traced_spawn(name = "unit")]
pub fn with_spans() {
    tokio::spawn(work());
    rayon::spawn(|| ());
}

/// Is what the team does not want: each statement is found.
pub fn bare() {
    #[expect(clippy::disallowed_methods, reason = "this shows that it is found")]
    tokio::spawn(work());
    #[expect(clippy::disallowed_methods, reason = "this shows that it is found")]
    let _ = std::thread::spawn(|| ());
    #[expect(clippy::disallowed_methods, reason = "this shows that it is found")]
    tokio::runtime::Handle::current().spawn(work());
}

/// Leaves its sites alone, so they are found too.
#[traced::traced(spawn = false)]
pub fn left_alone() {
    #[expect(clippy::disallowed_methods, reason = "this shows that it is found")]
    tokio::spawn(work());
}

async fn work() {}
