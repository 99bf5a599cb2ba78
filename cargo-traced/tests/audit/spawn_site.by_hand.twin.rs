//! The context is passed on by hand, or nothing looks for it.

fn right_names(order: Order, cx: Context) {
    tokio::spawn(async move { send(order).with_context(cx.clone()).await });
    tokio::spawn(async move { send(order).with_current_context().await });
    std::thread::spawn(move || {
        let _attached = Context::attach(cx);
        print(order)
    });
    std::thread::spawn(move || {
        let _attached = cx.attach();
        std::thread::spawn(traced::carry_fn(|| print(order)));
    });
}

fn in_variables(order: Order, cx: Context) {
    let sending = traced::carry(send(order));
    tokio::spawn(sending);
    let sending = send(order).with_context(cx.clone());
    tokio::spawn(sending);
    let job = move || {
        let _attached = cx.attach();
        print(order)
    };
    std::thread::spawn(job);
}

/// These begin traces, or go on with those of others.
fn with_parents_of_their_own(order: Order) {
    tokio::spawn(clean_up());
    tokio::spawn(async move {
        by_parent(order).await;
        by_headers(order).await
    });
}

#[traced(name = "clean up", root)]
async fn clean_up() {}

#[traced(parent = order)]
async fn by_parent(order: Order) {}

#[traced(extract = order.headers)]
async fn by_headers(order: Order) {}

async fn send(order: Order) {
    info!("{order}");
}

fn print(order: Order) {
    info!("{order}");
}

fn main() {
    serve();
}
