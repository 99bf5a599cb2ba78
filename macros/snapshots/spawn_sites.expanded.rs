async fn fan_out(pool: &Pool, mut set: JoinSet<()>, ids: Vec<u64>) {
    tokio::spawn(::traced::__private::carry(async move { work(1).await }));
    tokio::task::spawn_blocking({
        let __captured = ::traced::__private::Captured::now();
        move || {
            let __attached = __captured.attach();
            work_hard(2)
        }
    });
    set.spawn(::traced::__private::carry_unit!(work(3)));
    thread::scope(|scope| {
        scope
            .spawn({
                let __captured = ::traced::__private::Captured::now();
                || {
                    let __attached = __captured.attach();
                    count(&ids)
                }
            });
    });
    let copy = ids.clone();
    tokio::spawn({
        let copy = copy.clone();
        ::traced::__private::carry(async move {
            outer(copy, tokio::spawn(::traced::__private::carry_unit!(work(4)))).await
        })
    });
    tokio::select! {
        done = tokio::spawn(::traced::__private::carry_unit!(work(5))) => drop(done), ()
        = pool.closed() => {}
    }
    pool.spawn((Position, Velocity));
    fn nested() {
        thread::spawn(|| ());
    }
}
