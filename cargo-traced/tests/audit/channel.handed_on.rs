//! A loop without a span receives, and hands each message to an annotated function.

use std::sync::Arc;

use axum::extract::State;
use tokio::sync::mpsc::{self, Receiver, Sender};

#[derive(Clone)]
struct Shop {
    orders: Sender<Order>,
    mails: Arc<mpsc::UnboundedSender<Mail>>,
}

#[traced]
async fn place(State(shop): State<Shop>, order: Order) {
    shop.orders.send(order).await; //~ channel
}

#[traced]
async fn remind(State(shop): State<Arc<Shop>>) {
    let mails = shop.mails.clone();
    mails.send(Mail); //~ channel
}

#[traced]
async fn refund(State(refunds): State<Sender<Refund>>) {
    refunds.send(Refund).await; //~ channel
}

#[traced]
fn count(counts: &flume::Sender<Count>) {
    counts.send(Count); //~ channel
}

#[traced]
fn resize(images: std::sync::mpsc::Sender<Image>) {
    images.send(Image); //~ channel
}

#[traced]
async fn stop(control: &Sender<Control>) {
    control.send(Control::Stop).await; //~ channel
}

async fn receive(mut orders: Receiver<Order>) {
    while let Some(order) = orders.recv().await {
        ship(order).await;
    }
}

#[traced(kind = "consumer")]
async fn ship(order: Order) {}

struct Worker {
    mails: mpsc::UnboundedReceiver<Mail>,
    mailer: Mailer,
}

impl Worker {
    async fn run(mut self) {
        loop {
            tokio::select! {
                biased;
                () = stopped() => break,
                Some(mail) = self.mails.recv() => self.mailer.send(&mail).await,
                else => break,
            }
        }
    }
}

impl Mailer {
    #[traced]
    async fn send(&self, mail: &Mail) {}
}

#[traced]
fn add(count: Count) {}

#[traced]
fn shrink(image: Image, to: Size) {}

#[traced]
async fn shut_down(reason: Reason) {}

async fn control(mut commands: Receiver<Control>) {
    while let Some(command) = commands.recv().await {
        match command {
            Control::Stop(reason) => shut_down(reason).await,
            Control::Wait => {}
        }
    }
}

#[tokio::main]
async fn main() {
    let _telemetry = traced::init!();
    let (refunds, mut queue) = mpsc::channel(8);
    tokio::spawn(async move { //~? spawn_site
        while let Some(refund) = queue.recv().await {
            tokio::spawn(pay_back(refund)); //~? spawn_site
        }
    });
    let (counts, counted) = flume::unbounded::<Count>();
    std::thread::spawn(move || { //~? spawn_site
        for count in counted {
            add(count);
        }
    });
    let (images, queue) = std::sync::mpsc::channel();
    std::thread::spawn(move || { //~? spawn_site
        while let Ok(image) = queue.recv() {
            shrink(image, Size(8));
        }
    });
    serve(refunds, counts, images).await;
}

#[traced]
async fn pay_back(refund: Refund) {}
