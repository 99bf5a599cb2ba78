//! Tasks that take work until they are told to stop.

fn until_stopped(mailbox: Mailbox) {
    tokio::spawn(async move { //~? spawn_site
        loop {
            match mailbox.take().await {
                Command::Stop => break,
                Command::Send(mail) => info!("sending {mail}"),
            }
            tokio::time::sleep(pause()).await;
        }
    });
}

fn until_it_closes(mailbox: Mailbox) {
    tokio::spawn(async move { //~? spawn_site
        loop {
            match mailbox.take().await {
                Ok(Event::Closed) => return,
                Ok(Event::Mail { to, .. }) => info!("sending to {to}"),
                Err(error) => warn!("{error}"),
            }
            tokio::time::sleep(pause()).await;
        }
    });
}

fn until_a_flag_says_so(worker: Worker, stopped: Arc<AtomicBool>) {
    std::thread::spawn(move || { //~? spawn_site
        while worker.is_running() {
            info!("working");
        }
    });
    tokio::spawn(async move { //~? spawn_site
        while !stopped.load(Ordering::Acquire) {
            info!("working");
        }
    });
}

fn main() {
    serve();
}
