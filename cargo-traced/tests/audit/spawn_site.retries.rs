//! Tasks that try something until it succeeds, or read until nothing is left: they end with their work.

fn until_it_is_sent(order: Order) {
    tokio::spawn(async move { //~ spawn_site
        loop {
            match send(&order).await {
                Ok(()) => break,
                Err(error) => warn!("{error}"),
            }
            tokio::time::sleep(pause()).await;
        }
    });
}

fn until_there_is_an_answer(order: Order) {
    tokio::spawn(async move { //~ spawn_site
        loop {
            match ask(&order).await {
                Some(answer) => {
                    info!("{answer}");
                    break;
                }
                None => {}
            }
            tokio::time::sleep(pause()).await;
        }
    });
}

fn until_a_state(order: Order) {
    tokio::spawn(async move { //~ spawn_site
        loop {
            match state(&order).await {
                State::Done => break,
                State::Failed | State::Waiting => info!("waiting"),
            }
            tokio::time::sleep(pause()).await;
        }
    });
}

fn until_all_is_read(mut cursor: Cursor) {
    tokio::spawn(async move { //~ spawn_site
        while cursor.load(100).await {
            info!("read");
        }
    });
}

fn main() {
    serve();
}
