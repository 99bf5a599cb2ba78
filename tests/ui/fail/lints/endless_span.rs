use std::sync::mpsc::Receiver;

use traced::traced;

struct Listener;

impl Listener {
    async fn accept(&self) -> std::io::Result<u8> {
        Ok(1)
    }
}

async fn handle(_connection: u8) {}

#[traced]
async fn serve(listener: Listener) {
    loop {
        let Ok(connection) = listener.accept().await else {
            continue;
        };
        tokio::spawn(handle(connection));
    }
}

/// It ends where the listener does, which it does not in practice.
#[traced]
async fn run(listener: Listener) -> std::io::Result<()> {
    loop {
        let connection = listener.accept().await?;
        handle(connection).await;
    }
}

#[traced]
fn work(jobs: Receiver<u8>) -> ! {
    let mut done = 0_u64;
    'jobs: loop {
        for _ in 0..3 {
            if jobs.recv().is_err() {
                continue 'jobs;
            }
            break;
        }
        done += 1;
        println!("{done}");
    }
}

struct Server;

#[traced]
impl Server {
    async fn tick(&self) {
        while true {
            tokio::select! {
                () = std::future::ready(()) => {}
                () = std::future::pending() => {}
            }
        }
    }
}

fn main() {
    drop(serve(Listener));
    drop(run(Listener));
    drop(Server.tick());
    work(std::sync::mpsc::channel().1);
}
