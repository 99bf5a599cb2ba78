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

/// The task ends with the job, and belongs to it.
#[traced]
async fn run_job(job: Job) -> Result<(), Error> {
    let heartbeat = tokio::spawn(async move {
        loop {
            interval.tick().await;
            renew(job.id).await;
        }
    });
    let result = process(&job).await;
    heartbeat.abort();
    result
}

#[traced]
fn watch_parent(pid: u32) {
    std::thread::spawn(move || loop { //~? long_lived
        if !is_alive(pid) {
            std::process::exit(0);
        }
        std::thread::sleep(SECOND);
    });
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
