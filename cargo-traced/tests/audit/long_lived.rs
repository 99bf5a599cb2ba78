#[traced]
async fn connect() {
    tokio::spawn(async { //~ long_lived
        loop {
            sleep().await;
        }
    });
    tokio::spawn(evict()); //~ long_lived
    std::thread::spawn(move || { //~? long_lived
        while let Ok(job) = jobs.recv() {
            job.run();
        }
    });
}

async fn evict() {
    loop {
        if is_full() {
            for entry in entries() {
                break;
            }
        }
    }
}

fn main() {
    serve();
}
