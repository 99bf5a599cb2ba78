//! An actor: a task with a state and an inbox, which answers each message.

use tokio::sync::{mpsc, oneshot};
use traced::testing::capture_async;
use traced::{Envelope, traced};

struct Deposit {
    amount: u64,
    answer: oneshot::Sender<u64>,
}

#[derive(Default)]
struct Account {
    balance: u64,
}

impl Account {
    async fn run(mut self, mut inbox: mpsc::Receiver<Envelope<Deposit>>) {
        while let Some(message) = inbox.recv().await {
            self.deposit(message).await;
        }
    }

    #[traced(parent = message, attributes(account.amount = message.amount))]
    async fn deposit(&mut self, message: Envelope<Deposit>) {
        self.balance += message.amount;
        let _ = message.into_inner().answer.send(self.balance);
    }
}

#[traced]
async fn pay(account: &mpsc::Sender<Envelope<Deposit>>, amount: u64) -> Option<u64> {
    let (answer, answered) = oneshot::channel();
    let message = Envelope::new(Deposit { amount, answer });
    account.send(message).await.ok()?;
    answered.await.ok()
}

#[tokio::test]
async fn every_message_is_processed_in_the_trace_of_its_sender() {
    let (account, inbox) = mpsc::channel(4);
    let actor = tokio::spawn(Account::default().run(inbox));
    let (paid, first) = capture_async(pay(&account, 3)).await;
    let (more, second) = capture_async(pay(&account, 4)).await;
    assert_eq!((paid, more), (Some(3), Some(7)));
    drop(account);
    actor.await.unwrap();
    assert_eq!(first.tree(), "pay\n  deposit account.amount=3\n");
    assert_eq!(second.tree(), "pay\n  deposit account.amount=4\n");
}
