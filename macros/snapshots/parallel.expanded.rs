fn in_parallel(orders: &[Order], pool: &ThreadPool) -> Result<u64, OrderError> {
    ::traced::__private::allowed!(
        rayon::join({ let __captured = ::traced::__private::Captured::now(); | |
        ::traced::__private::attached!(__captured.attach() => warm(orders)) }, { let
        __captured = ::traced::__private::Captured::now(); | |
        ::traced::__private::attached!(__captured.attach() => check(orders)) })
    );
    ::traced::__private::allowed!(
        pool.install({ let __captured = ::traced::__private::Captured::now(); | |
        ::traced::__private::attached!(__captured.attach() => warm(orders)) })
    );
    let sizes = ::traced::__private::lend_captured!(
        __captured => ::traced::__private::allowed!(pool.broadcast(| worker |
        ::traced::__private::attached!(__captured.attach_again() => orders.len() + worker
        .index())))
    );
    ::traced::__private::allowed!(
        pool.spawn_broadcast({ let __captured = ::traced::__private::Captured::now();
        move | _ | ::traced::__private::attached!(__captured.attach_again() => greet())
        })
    );
    let totals = ::traced::__private::carry_parallel!(
        ::traced::__private::carry_parallel!(self::open(orders) ? .items[0].par_iter())
        .map(price).enumerate()
    )
        .collect();
    ParallelIterator::for_each(
        ::traced::__private::carry_parallel!(orders.par_iter()),
        price,
    );
    ::traced::__private::carry_parallel!(rayon::iter::repeat_n(1, 2)).for_each(price);
    let handles = ids
        .map(work)
        .map(|__unit| {
            ::traced::__private::allowed!(
                tokio::spawn(::traced::__private::carry_unit!(@ future __unit))
            )
        });
    let iterator = orders.par_iter();
    let path = folder.join("x");
    connection.execute(statement);
    let unordered = futures.push(::traced::__private::carry(async { work().await }));
    total(iterator, sizes, totals)
}
