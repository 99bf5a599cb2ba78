#[traced]
async fn connect() {
    #[traced_spawn(link)]
    tokio::spawn(async {
        loop {
            sleep().await;
        }
    });
    #[traced_spawn(detached)]
    let task = tokio::spawn(evict());
    tokio::spawn(async {
        loop {
            if is_done() {
                break;
            }
        }
    });
    tokio::spawn(async {
        loop {
            attempt().await?;
        }
    });
    tokio::spawn(async { work().await });
}

async fn evict() {
    loop {
        sleep().await;
    }
}

/// It has no span, so its tasks keep none.
async fn accept() {
    loop {
        let stream = listener.accept().await;
        handle(stream).await;
    }
}

#[traced]
async fn retry() {
    loop {
        match attempt().await {
            Ok(value) => return value,
            Err(_) => sleep().await,
        }
    }
}

#[traced]
async fn with_label() {
    'outer: loop {
        loop {
            break 'outer;
        }
    }
}

fn main() {
    serve();
}
