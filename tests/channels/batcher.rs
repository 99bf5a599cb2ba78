//! A batcher: it processes the messages of many senders at once.

use tokio::sync::mpsc;
use traced::testing::capture_async;
use traced::{Envelope, traced};

struct Row(u64);

async fn write_behind(mut rows: mpsc::Receiver<Envelope<Row>>) {
    let mut batch = Vec::new();
    while rows.recv_many(&mut batch, 100).await > 0 {
        insert(&batch).await;
        batch.clear();
    }
}

#[traced(root, links = batch, attributes(db.operation.batch.size = batch.len()))]
async fn insert(batch: &[Envelope<Row>]) {
    let _values = batch.iter().map(|row| row.0);
}

#[traced]
async fn change(id: u64, rows: &mpsc::Sender<Envelope<Row>>) {
    let _ = rows.send(Envelope::new(Row(id))).await;
}

#[tokio::test]
async fn a_batch_is_linked_to_every_sender() {
    let ((), spans) = capture_async(async {
        let (sender, rows) = mpsc::channel(4);
        change(1, &sender).await;
        change(2, &sender).await;
        drop(sender);
        write_behind(rows).await;
    })
    .await;
    let insert = spans.named("insert");
    assert!(insert.is_root());
    assert_eq!(insert.attribute("db.operation.batch.size"), Some(2.into()));
    let linked = insert
        .data()
        .links
        .iter()
        .map(|link| link.span_context.span_id());
    let senders = spans
        .all_named("change")
        .into_iter()
        .map(|sender| sender.id());
    assert_eq!(linked.collect::<Vec<_>>(), senders.collect::<Vec<_>>());
}
