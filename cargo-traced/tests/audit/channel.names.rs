//! One type by several names: by its path, another name, an alias, and a module that exports it.

mod commands {
    pub enum Command {
        Resize(u32),
    }

    pub mod jobs {
        pub struct Job;
    }

    pub use self::jobs::Job;
    pub type Mail = crate::mails::Letter;
    pub type Batch<T> = Vec<T>;
}

mod mails {
    pub struct Letter {
        pub to: String,
    }

    pub struct Print(pub u8);
}

mod sending {
    use super::commands::{self, Command as Cmd};
    use crate::mails::*;
    use tokio::sync::mpsc::{Sender, UnboundedSender as Unbounded};

    type Prints = Sender<Print>;

    pub struct Shop<M> {
        letters: Unbounded<M>,
    }

    #[traced]
    async fn resize(commands: &Sender<Cmd>, jobs: &Sender<commands::Job>) {
        commands.send(Cmd::Resize(8)).await; //~ channel
        jobs.send(commands::Job).await; //~ channel
    }

    #[traced]
    async fn remind(shop: &Shop<Letter>, prints: Prints) {
        shop.letters.send(Letter::default()); //~ channel
        prints.send(Print(0)).await; //~ channel
    }

    #[traced]
    async fn collect(jobs: &Sender<Vec<commands::Job>>) {
        jobs.send(vec![]).await; //~ channel
    }
}

mod receiving {
    use crate::commands::{Batch, Command, jobs};
    use tokio::sync::mpsc;

    async fn receive(mut commands: mpsc::Receiver<Command>, mut jobs: mpsc::Receiver<jobs::Job>) {
        while let Some(command) = commands.recv().await {
            run(command).await;
        }
        while let Some(job) = jobs.recv().await {
            work(&job).await;
        }
    }

    #[traced]
    async fn run(command: Command) {}

    #[traced]
    async fn work(job: &jobs::Job) {}

    #[traced]
    async fn send(mut mails: mpsc::UnboundedReceiver<crate::commands::Mail>) {
        mails.recv().await;
    }

    #[traced]
    async fn print(mut prints: mpsc::Receiver<super::mails::Print>) {
        prints.recv().await;
    }

    #[traced]
    async fn work_all(mut batches: mpsc::Receiver<Batch<jobs::Job>>) {
        batches.recv().await;
    }
}

fn main() {
    serve();
}
