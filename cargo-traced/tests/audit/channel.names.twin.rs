//! Several types by one name, each in a module of its own, and those of which nobody knows.

mod sessions {
    use crate::ends::Sender as OwnSender;
    use tokio::sync::mpsc::Sender;
    use tokio::sync::oneshot;

    pub enum Command {
        Open(String),
    }

    pub struct Page;

    pub struct Shared {
        jobs: Sender<Page>,
    }

    #[traced]
    async fn open(commands: &Sender<Command>, shared: &Shared) {
        commands.send(Command::Open(String::new())).await;
        shared.jobs.send(Page).await;
    }

    /// One end is of the program itself, the other carries an answer.
    #[traced]
    async fn answer(jobs: &OwnSender<crate::Order>, answer: oneshot::Sender<crate::Order>) {
        jobs.send(crate::Order).await;
        answer.send(crate::Order);
    }
}

mod answers {
    use tokio::sync::oneshot::Sender;

    #[traced]
    fn answer(answer: Sender<crate::Order>) {
        answer.send(crate::Order);
    }
}

mod ends {
    pub struct Sender<T>(std::sync::mpsc::Sender<Envelope<T>>);
}

mod disks {
    use tokio::sync::mpsc::Receiver;

    pub enum Command {
        Flush,
        Write(Vec<u8>),
    }

    /// Of the same name as that of `sessions`, with a field of the same name.
    pub struct Shared {
        jobs: Receiver<Page>,
    }

    pub struct Page;

    async fn receive(mut commands: Receiver<Command>) {
        while let Some(command) = commands.recv().await {
            run(command).await;
        }
    }

    #[traced]
    async fn run(command: Command) {}

    #[traced]
    async fn print(shared: &mut Shared) {
        shared.jobs.recv().await;
    }
}

struct Order;

#[traced]
async fn receive_orders(mut orders: tokio::sync::mpsc::Receiver<Order>) {
    orders.recv().await;
}

/// All of a crate is imported.
mod events_out {
    use bus::prelude::*;
    use tokio::sync::mpsc::Sender;

    #[traced]
    async fn publish(events: &Sender<Event>) {
        events.send(Event::now()).await; //~? channel
    }
}

mod events_in {
    use crate::events::*;
    use tokio::sync::mpsc::Receiver;

    #[traced]
    async fn consume(mut events: Receiver<Event>) {
        events.recv().await;
    }
}

mod events {
    pub struct Event;
}

/// A crate may export what another declares.
mod frames {
    #[traced]
    async fn publish(frames: &tokio::sync::mpsc::Sender<codec::Frame>) {
        frames.send(codec::Frame::now()).await; //~? channel
    }

    #[traced]
    async fn consume(mut frames: tokio::sync::mpsc::Receiver<net::Frame>) {
        frames.recv().await;
    }
}

/// Nobody knows what a message of another crate holds.
#[traced]
async fn trade(trades: &tokio::sync::mpsc::Sender<market::Trade>) {
    trades.send(market::Trade::now()).await; //~? channel
}

#[traced]
async fn settle(mut trades: tokio::sync::mpsc::Receiver<market::Trade>) {
    trades.recv().await;
}

/// A function has a type of its own.
#[traced]
async fn watch(signals: &tokio::sync::mpsc::Sender<Signal>) {
    signals.send(Signal).await; //~? channel
}

struct Signal;

#[traced]
async fn pause() {
    struct Signal;
    let mut signals: tokio::sync::mpsc::Receiver<Signal> = signals();
    signals.recv().await;
}

fn main() {
    serve();
}
