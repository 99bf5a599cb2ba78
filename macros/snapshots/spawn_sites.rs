#[traced_spawn]
async fn fan_out(pool: &Pool, mut set: JoinSet<()>, ids: Vec<u64>) {
    tokio::spawn(async move { work(1).await });
    tokio::task::spawn_blocking(move || work_hard(2));
    set.spawn(work(3));
    thread::scope(|scope| {
        scope.spawn(|| count(&ids));
    });
    let copy = ids.clone();
    tokio::spawn({
        let copy = copy.clone();
        async move { outer(copy, tokio::spawn(work(4))).await }
    });
    tokio::select! {
        done = tokio::spawn(work(5)) => drop(done),
        () = pool.closed() => {}
    }
    pool.spawn((Position, Velocity));
    fn nested() {
        thread::spawn(|| ());
    }
}
