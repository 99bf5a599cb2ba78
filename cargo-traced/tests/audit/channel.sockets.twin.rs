//! What sockets receive was not sent by this program.

use axum::extract::ws::WebSocket;
use tokio::net::UdpSocket;
use tokio::sync::mpsc::Sender;

pub struct Message;
pub struct Datagram;
pub struct Frame;
pub struct Job;

#[traced]
async fn send_each(messages: &Sender<Message>, datagrams: &Sender<Datagram>) {
    messages.send(Message).await;
    datagrams.send(Datagram).await;
}

async fn chat(mut socket: WebSocket) {
    while let Some(message) = socket.recv().await {
        say(message).await;
    }
}

#[traced]
async fn say(message: Message) {}

struct Server {
    socket: UdpSocket,
}

impl Server {
    async fn run(&self) {
        while let Ok(datagram) = self.socket.recv().await {
            count(datagram).await;
        }
    }
}

#[traced]
async fn count(datagram: Datagram) {}

/// Nobody sees from what it receives.
#[traced]
async fn draw(frames: &Sender<Frame>, jobs: &Sender<Job>) {
    frames.send(Frame).await; //~? channel
    jobs.send(Job).await; //~? channel
}

async fn show() {
    let mut socket = connect().await;
    while let Some(frame) = socket.recv().await {
        show_frame(frame).await;
    }
}

#[traced]
async fn show_frame(frame: Frame) {}

/// A type of the program around a channel.
struct Queue {
    jobs: tokio::sync::mpsc::Receiver<Job>,
}

async fn work(mut queue: Queue) {
    while let Some(job) = queue.recv().await {
        run(job).await;
    }
}

#[traced]
async fn run(job: Job) {}

fn main() {
    serve();
}
