use tokio::sync::{mpsc, oneshot};

#[traced]
async fn produce(orders: &mpsc::Sender<Envelope<Order>>, stop: mpsc::Sender<()>, answer: oneshot::Sender<Answer>) {
    orders.send(Envelope::new(Order)).await;
    stop.send(()).await;
    answer.send(Answer);
}

#[traced]
async fn consume(mut orders: mpsc::Receiver<Envelope<Order>>, stop: mpsc::Receiver<()>, answer: oneshot::Receiver<Answer>) {
    while let Some(order) = orders.recv().await {
        ship(order);
    }
    stop.recv().await;
}

/// Nobody with a span takes these.
#[traced]
fn log(lines: mpsc::Sender<Line>) {
    lines.send(Line);
}

fn write(lines: mpsc::Receiver<Line>) {
    lines.recv();
}

fn main() {
    serve();
}
