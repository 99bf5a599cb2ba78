//! Messages that hold types with familiar names, and no context.

use tokio::sync::mpsc::{Receiver, Sender};
use tokio::sync::oneshot;

/// What the shop knows of a customer.
pub struct Context {
    customer: u64,
}

pub enum Command {
    Add(Item),
    Order { item: Item, by: Context },
}

pub struct Item {
    price: u64,
    part_of: Option<Box<Item>>,
}

/// The answer brings a context back, which is that of the answer.
pub struct Question {
    answer: oneshot::Sender<Envelope<Item>>,
}

type Asked = (Question, Item);

#[traced]
async fn order(commands: &Sender<Command>, questions: &Sender<Asked>) {
    commands.send(Command::Add(Item::new())).await; //~ channel
    questions.send((Question::new(), Item::new())).await; //~ channel
}

async fn receive(mut commands: Receiver<Command>, mut questions: Receiver<Asked>) {
    while let Some(command) = commands.recv().await {
        run(command).await;
    }
    while let Some((question, item)) = questions.recv().await {
        answer(question, item).await;
    }
}

#[traced]
async fn run(command: Command) {}

#[traced]
async fn answer(question: Question, item: Item) {}

fn main() {
    serve();
}
