//! Loops that may take work for as long as the program runs: each round is work of its own.

use std::sync::{atomic::Ordering, mpsc};

fn requests(server: Server) {
    for request in server.incoming_requests() {
        std::thread::spawn(move || process(request)); //~? spawn_site
    }
}

fn of_a_channel(jobs: mpsc::Receiver<Job>) {
    for job in jobs {
        std::thread::spawn(move || process(job)); //~? spawn_site
    }
}

fn of_a_channel_made_here() {
    let (sender, jobs) = mpsc::channel();
    watch(sender);
    for job in jobs.iter() {
        std::thread::spawn(move || process(job)); //~? spawn_site
    }
}

async fn until_an_error(mut client: Client) -> Result<(), Error> {
    loop {
        let payload = client.blpop("jobs").await?;
        tokio::spawn(async move { handle(payload).await }); //~? spawn_site
    }
}

async fn until_an_event_is_an_error(mut swarm: Swarm) -> Result<(), Error> {
    loop {
        match swarm.select_next_some().await {
            Event::Request(request) => {
                tokio::spawn(async move { handle(request).await }); //~? spawn_site
            }
            Event::Closed { reason } => reason?,
        }
    }
}

impl Worker {
    fn until_a_flag_says_so(&self) {
        while self.running.load(Ordering::SeqCst) && !self.is_full {
            let job = self.queue.pop();
            std::thread::spawn(move || process(job)); //~? spawn_site
        }
    }
}

async fn until_cancelled(stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::spawn(async move { handle(lease().await).await }); //~? spawn_site
    }
}

async fn of_a_stream(events: mpsc::Receiver<Event>) {
    ReceiverStream::new(events)
        .for_each(|event| async move {
            tokio::spawn(async move { handle(event).await }); //~? spawn_site
        })
        .await;
}

/// Called by a loop that only an error ends.
async fn supervise(mut client: Client) -> Result<(), Error> {
    loop {
        start(client.take().await?);
    }
}

fn start(payload: String) {
    tokio::spawn(async move { handle(payload).await }); //~? spawn_site
}

fn process(job: Job) {
    info!("processing");
}

async fn handle(payload: String) {
    info!("job");
}

fn main() {
    serve();
}
