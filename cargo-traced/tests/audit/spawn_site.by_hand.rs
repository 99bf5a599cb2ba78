//! Methods of other libraries that have the names by which a context is passed on, and sites inside sites.

async fn wrong_names(order: Order, mail: Mail) {
    tokio::spawn(async move { //~ spawn_site
        send(order).await.with_context(|| format!("order {order}"))
    });
    tokio::task::spawn_blocking(move || print(order).with_context(move || "not printed")).await; //~ spawn_site
    tokio::spawn(async move { //~ spawn_site
        let mail = mail.attach(invoice(order).await);
        send(mail).await;
    });
}

/// The context that is carried into the inner site does not come from the outer one.
async fn inside(order: Order, images: Vec<Image>) {
    tokio::spawn(async move { //~ spawn_site
        send(order).await;
        std::thread::spawn(move || print(order)); //~ spawn_site
    });
    tokio::task::spawn_blocking(move || { //~ spawn_site
        print(order);
        std::thread::scope(|scope| {
            scope.spawn(|| print(order)); //~? spawn_site
        });
    });
    rayon::scope(|scope| { //~ spawn_site
        scope.spawn(|_| print(order)); //~? spawn_site
    });
    rayon::join(|| print(order), || print(order)); //~ spawn_site
}

/// The variable has a value that takes nothing along.
fn in_variables(order: Order) {
    let sending = send(order);
    tokio::spawn(sending); //~ spawn_site
    let job = move || print(order);
    std::thread::spawn(job); //~ spawn_site
}

/// More than what has a parent of its own, or what has one below.
fn with_a_parent_of_its_own(order: Order) {
    tokio::spawn(async move { //~ spawn_site
        clean_up().await;
        send(order).await
    });
    tokio::spawn(async move { //~ spawn_site
        info!("cleans up");
        clean_up().await;
    });
    tokio::spawn(parent(order)); //~ spawn_site
}

#[traced(root)]
async fn clean_up() {}

#[traced(attributes(root = 1))]
async fn parent(order: Order) {}

async fn send(order: Order) -> Result<(), Error> {
    info!("{order}");
}

fn print(order: Order) -> Result<(), Error> {
    info!("{order}");
}

async fn invoice(order: Order) -> File {
    info!("{order}");
}

fn main() {
    serve();
}
