use tokio::sync::mpsc;

#[traced]
async fn produce(orders: &mpsc::Sender<Order>) {
    orders.send(Order).await; //~ channel
}

struct Shop {
    mails: mpsc::UnboundedSender<Mail>,
}

impl Shop {
    #[traced]
    fn mail(&self) {
        self.mails.send(Mail); //~ channel
    }
}

#[traced]
async fn consume(mut orders: mpsc::Receiver<Order>) {
    while let Some(order) = orders.recv().await {
        ship(order);
    }
}

#[traced]
async fn send_mails(mut mails: mpsc::UnboundedReceiver<Mail>) {
    let mail = mails.recv().await;
}

fn main() {
    serve();
}
