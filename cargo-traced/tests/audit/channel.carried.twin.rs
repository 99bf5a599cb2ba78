//! Messages that have their context with them: in a variant, behind an alias, in an option, or in what they hold.

use opentelemetry::Context as Parent;
use tokio::sync::mpsc::{Receiver, Sender};
use traced::Envelope;

pub enum Command {
    Run(Envelope<Job>),
    Stop,
}

pub enum Event {
    Opened { context: Parent, id: u64 },
}

pub struct Job {
    id: u64,
}

/// Structs that hold one another.
pub struct Task {
    head: Head,
    next: Option<Box<Task>>,
}

pub struct Head {
    sent: Sent<u64>,
}

pub struct Sent<T> {
    value: T,
    parent: Parent,
}

pub type Alias = Task;
pub type InEnvelope<T> = Envelope<T>;
pub struct Pair<A, B>(A, B);
type Work = Box<dyn FnOnce() + Send>;

#[traced]
async fn send_each(
    commands: &Sender<Command>,
    events: &Sender<Event>,
    tasks: &Sender<Task>,
    aliases: &Sender<Alias>,
    options: &Sender<Option<Envelope<Job>>>,
    generic: &Sender<InEnvelope<Job>>,
    lists: &Sender<Vec<Envelope<Job>>>,
    pairs: &Sender<Pair<u64, Parent>>,
    tuples: &Sender<(Parent, Job)>,
    work: &Sender<Work>,
) {
    commands.send(Command::Stop).await;
    events.send(Event::Opened { context: Parent::current(), id: 0 }).await;
    tasks.send(Task::new()).await;
    aliases.send(Task::new()).await;
    options.send(None).await;
    generic.send(Envelope::new(Job::new())).await;
    lists.send(vec![]).await;
    pairs.send(Pair(0, Parent::current())).await;
    tuples.send((Parent::current(), Job::new())).await;
    work.send(Box::new(|| {})).await;
}

#[traced]
async fn receive_each(
    commands: &mut Receiver<Command>,
    events: &mut Receiver<Event>,
    tasks: &mut Receiver<Task>,
    aliases: &mut Receiver<Alias>,
    options: &mut Receiver<Option<Envelope<Job>>>,
    generic: &mut Receiver<InEnvelope<Job>>,
    lists: &mut Receiver<Vec<Envelope<Job>>>,
    pairs: &mut Receiver<Pair<u64, Parent>>,
    tuples: &mut Receiver<(Parent, Job)>,
    work: &mut Receiver<Work>,
) {
    commands.recv().await;
    events.recv().await;
    tasks.recv().await;
    aliases.recv().await;
    options.recv().await;
    generic.recv().await;
    lists.recv().await;
    pairs.recv().await;
    tuples.recv().await;
    work.recv().await;
}

/// They may have it in a form of their own.
pub struct Mail {
    headers: Vec<(String, String)>,
}

pub struct Print {
    trace_id: String,
}

pub struct Call {
    request: http::Request<Vec<u8>>,
}

#[traced]
async fn remind(mails: &Sender<Mail>, prints: &Sender<Print>, calls: &Sender<Call>) {
    mails.send(Mail::new()).await; //~? channel
    prints.send(Print::new()).await; //~? channel
    calls.send(Call::new()).await; //~? channel
}

#[traced]
async fn remind_each(mails: &mut Receiver<Mail>, prints: &mut Receiver<Print>, calls: &mut Receiver<Call>) {
    mails.recv().await;
    prints.recv().await;
    calls.recv().await;
}

fn main() {
    serve();
}
