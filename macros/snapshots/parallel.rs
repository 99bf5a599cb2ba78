#[traced_spawn]
fn in_parallel(orders: &[Order], pool: &ThreadPool) -> Result<u64, OrderError> {
    rayon::join(|| warm(orders), || check(orders));
    pool.install(|| warm(orders));
    let sizes = pool.broadcast(|worker| orders.len() + worker.index());
    pool.spawn_broadcast(|_| greet());
    let totals = self::open(orders)?.items[0].par_iter().map(price).enumerate().collect();
    ParallelIterator::for_each(orders.par_iter(), price);
    rayon::iter::repeat_n(1, 2).for_each(price);
    let handles = ids.map(work).map(tokio::spawn);
    let iterator = orders.par_iter();
    let path = folder.join("x");
    connection.execute(statement);
    let unordered = futures.push(async { work().await });
    total(iterator, sizes, totals)
}
