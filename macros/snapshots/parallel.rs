#[traced_spawn]
fn in_parallel(orders: &[Order], pool: &ThreadPool) -> Result<u64, OrderError> {
    rayon::join(|| warm(orders), || check(orders));
    pool.install(|| warm(orders));
    let sizes = pool.broadcast(|worker| orders.len() + worker.index());
    pool.spawn_broadcast(|_| greet());
    let totals = self::open(orders)?.items[0].par_iter().map(price).enumerate().collect();
    let iterator = orders.par_iter();
    let path = folder.join("x");
    connection.execute(statement);
    let unordered = futures.push(async { work().await });
    total(iterator, sizes, totals)
}
