async fn fan_out(pool: &Pool, mut set: JoinSet<()>, ids: Vec<u64>) {
    ::traced::__private::allowed!(
        tokio::spawn(::traced::__private::carry(async move { work(1). await }))
    );
    ::traced::__private::allowed!(
        tokio::task::spawn_blocking({ let __captured =
        ::traced::__private::Captured::now(); move | |
        ::traced::__private::attached!(__captured.attach() => work_hard(2)) })
    );
    ::traced::__private::allowed!(set.spawn(::traced::__private::carry_unit!(work(3))));
    thread::scope(|scope| {
        ::traced::__private::allowed!(
            scope.spawn({ let __captured = ::traced::__private::Captured::now(); | |
            ::traced::__private::attached!(__captured.attach() => count(& ids)) })
        );
    });
    let copy = ids.clone();
    ::traced::__private::allowed!(
        tokio::spawn({ let copy = copy.clone(); ::traced::__private::carry(async move {
        outer(copy,
        ::traced::__private::allowed!(tokio::spawn(::traced::__private::carry_unit!(work(4)))))
        . await }) })
    );
    tokio::select! {
        done =
        ::traced::__private::allowed!(tokio::spawn(::traced::__private::carry_unit!(work(5))))
        => drop(done), () = pool.closed() => {}
    }
    pool.spawn((Position, Velocity));
    fn nested() {
        thread::spawn(|| ());
    }
}
