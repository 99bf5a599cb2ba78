#[traced_spawn(name = "unit", also(my_pool::submit))]
fn one_name_for_all(pool: &Pool, job: Job) {
    my_pool::submit(1, job);
    pool.execute(move || work(2));
}

#[traced(spawn = false)]
async fn one_statement_each(order: Order, pool: LocalPoolHandle) -> Result<(), JoinError> {
    tokio::spawn(left_alone());
    #[traced_spawn(name = "store", kind = "producer", attributes(order.id = order.id))]
    let stored = tokio::spawn(store(order));
    #[traced_spawn(link)]
    tokio::spawn(async {
        loop {
            clean_up().await;
        }
    });
    #[traced_spawn(detached)]
    tokio::spawn(left_alone());
    let both = (
        #[traced_spawn(name = "parse")]
        tokio::task::spawn_blocking(|| -> Result<Order, ParseError> { parse() }),
        #[traced_spawn(name = "pinned")]
        pool.spawn_pinned(open),
    );
    stored.await
}
