//! The `clippy.toml` beside this file forbids spawners without `#[traced]`. `cargo clippy` on this package shows that
//! it finds these, and accepts the expansion of annotated functions: an unfulfilled `#[expect]` is a warning too.
#![deny(clippy::disallowed_methods)]

/// Calls each forbidden spawner of tokio, in the form of a path or of a method.
#[traced::traced]
pub async fn on_tokio(runtime: tokio::runtime::Runtime) {
    let local = tokio::task::LocalSet::new();
    let mut set = tokio::task::JoinSet::new();
    set.spawn(work());
    set.spawn_on(work(), runtime.handle());
    set.spawn_local(work());
    set.spawn_local_on(work(), &local);
    set.spawn_blocking(|| ());
    set.spawn_blocking_on(|| (), runtime.handle());
    local.spawn_local(work());
    tokio::runtime::Handle::current().spawn(async { work().await });
    tokio::runtime::Handle::current().spawn_blocking(|| 1);
    runtime.spawn(work());
    runtime.spawn_blocking(|| 1);
    let _ = tokio::spawn(async { work().await }).await;
    let _ = tokio::task::spawn_blocking(|| 1).await;
    let _ = tokio::task::spawn_local(work()).await;
    let _ = Some(work()).map(tokio::spawn);
}

/// The same with threads.
#[traced::traced]
pub fn on_threads() {
    let _ = std::thread::Builder::new().spawn(|| ());
    std::thread::scope(|scope| {
        let _ = std::thread::spawn(|| ());
        let _ = std::thread::Builder::new().spawn_scoped(scope, || ());
        scope.spawn(|| ());
    });
}

/// The same with rayon.
#[traced::traced]
pub fn on_rayon(pool: &rayon::ThreadPool) {
    rayon::spawn(|| ());
    rayon::spawn_fifo(|| ());
    rayon::join(|| (), || ());
    rayon::join_context(|_| (), |_| ());
    rayon::scope(|scope| {
        scope.spawn(|_| ());
        scope.spawn_broadcast(move |_, _| ());
    });
    rayon::scope_fifo(|scope| {
        scope.spawn_fifo(|_| ());
        scope.spawn_broadcast(move |_, _| ());
    });
    rayon::broadcast(|_| ());
    rayon::spawn_broadcast(|_| ());
    pool.spawn(|| ());
    pool.spawn_fifo(|| ());
    pool.join(|| (), || ());
    pool.scope(|scope| scope.spawn(|_| ()));
    pool.scope_fifo(|scope| scope.spawn_fifo(|_| ()));
    pool.install(|| ());
    pool.broadcast(|_| ());
    pool.spawn_broadcast(|_| ());
    rayon::join(idle, idle);
    rayon::ThreadPool::install(pool, idle);
}

fn idle() {}

/// Is accepted too: the attribute gives each unit a span.
#[traced::traced_spawn(name = "unit")]
pub fn with_spans() {
    tokio::spawn(work());
    rayon::spawn(|| ());
}

/// Has no attribute, so that each of its statements is found.
pub fn bare() {
    #[expect(clippy::disallowed_methods, reason = "this shows that it is found")]
    tokio::spawn(work());
    #[expect(clippy::disallowed_methods, reason = "this shows that it is found")]
    let _ = std::thread::spawn(|| ());
    #[expect(clippy::disallowed_methods, reason = "this shows that it is found")]
    tokio::runtime::Handle::current().spawn(work());
    #[expect(clippy::disallowed_methods, reason = "this shows that it is found")]
    rayon::scope(|_| ());
}

/// Leaves its sites alone, so they are found too.
#[traced::traced(spawn = false)]
pub fn left_alone() {
    #[expect(clippy::disallowed_methods, reason = "this shows that it is found")]
    tokio::spawn(work());
}

async fn work() {}
