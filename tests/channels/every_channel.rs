//! The same three receivers with every kind of channel.

/// Tests for a channel: `[.await]` where receiving is awaited, `[]` where it blocks.
macro_rules! channels {
    ($($channel:ident: $pair:expr, $sender:ty, $receiver:ty, [$($wait:tt)*], $send:ident, $recv:ident, $found:ident;)*) => {$(
        mod $channel {
            use traced::testing::capture_async;
            use traced::{Envelope, traced};

            type Sender = $sender;
            type Receiver = $receiver;

            fn channel() -> (Sender, Receiver) {
                $pair
            }

            #[traced(kind = "producer")]
            async fn send(ids: &[u64], sender: &Sender) {
                for id in ids {
                    sender.$send(Envelope::new(*id)) $($wait)* .unwrap();
                }
            }

            #[traced(kind = "consumer", parent = id, attributes(id = *id))]
            async fn process(id: Envelope<u64>) {}

            #[traced(kind = "consumer", root, links = batch)]
            async fn process_all(batch: &[Envelope<u64>]) {}

            #[traced]
            fn look(_id: u64) {}

            #[allow(unused_mut, reason = "some receivers are shared")]
            async fn actor(mut inbox: Receiver) {
                while let $found(id) = inbox.$recv() $($wait)* {
                    process(id).await;
                }
            }

            /// Receives in batches of two.
            #[allow(unused_mut, reason = "some receivers are shared")]
            async fn batcher(mut inbox: Receiver) {
                let mut batch = Vec::new();
                while let $found(id) = inbox.$recv() $($wait)* {
                    batch.push(id);
                    if batch.len() == 2 {
                        process_all(&std::mem::take(&mut batch)).await;
                    }
                }
            }

            /// Gives each worker a channel of its own.
            #[allow(unused_mut, reason = "some receivers are shared")]
            async fn worker(mut inbox: Receiver) {
                while let $found(id) = inbox.$recv() $($wait)* {
                    id.enter(look);
                }
            }

            /// Runs the receiver on a new thread, where no span is current.
            fn apart(receiver: impl Future<Output = ()> + Send + 'static) -> std::thread::JoinHandle<()> {
                std::thread::spawn(|| futures::executor::block_on(receiver))
            }

            #[tokio::test]
            async fn an_actor() {
                let (sender, inbox) = channel();
                let actor = apart(actor(inbox));
                let ((), spans) = capture_async(async move {
                    send(&[1, 2], &sender).await;
                    drop(sender);
                    actor.join().unwrap();
                })
                .await;
                let expected = "send [producer]\n  process [consumer] id=1\n  process [consumer] id=2\n";
                assert_eq!(spans.tree(), expected);
            }

            #[tokio::test]
            async fn a_batcher() {
                let ((), spans) = capture_async(async {
                    let (sender, inbox) = channel();
                    send(&[1], &sender).await;
                    send(&[2], &sender).await;
                    drop(sender);
                    batcher(inbox).await;
                })
                .await;
                let batch = spans.named("process_all");
                let links = batch.data().links.iter();
                let linked: Vec<_> = links.map(|link| link.span_context.span_id()).collect();
                let senders = spans.all_named("send");
                assert_eq!(linked, [senders[0].id(), senders[1].id()]);
            }

            #[tokio::test]
            async fn a_pool_of_workers() {
                let ((one, first), (two, second)) = (channel(), channel());
                let workers = [apart(worker(first)), apart(worker(second))];
                let ((), spans) = capture_async(async move {
                    send(&[1, 2], &one).await;
                    send(&[3], &two).await;
                    drop((one, two));
                    workers.into_iter().for_each(|worker| worker.join().unwrap());
                })
                .await;
                let expected = "send [producer]\n  look\n  look\nsend [producer]\n  look\n";
                assert_eq!(spans.tree(), expected);
            }
        }
    )*};
}

channels! {
    with_std: std::sync::mpsc::channel(), std::sync::mpsc::Sender<Envelope<u64>>, std::sync::mpsc::Receiver<Envelope<u64>>, [], send, recv, Ok;
    with_tokio: tokio::sync::mpsc::channel(8), tokio::sync::mpsc::Sender<Envelope<u64>>, tokio::sync::mpsc::Receiver<Envelope<u64>>, [.await], send, recv, Some;
    with_crossbeam: crossbeam::channel::unbounded(), crossbeam::channel::Sender<Envelope<u64>>, crossbeam::channel::Receiver<Envelope<u64>>, [], send, recv, Ok;
    with_flume: flume::unbounded(), flume::Sender<Envelope<u64>>, flume::Receiver<Envelope<u64>>, [.await], send_async, recv_async, Ok;
    with_async_channel: async_channel::unbounded(), async_channel::Sender<Envelope<u64>>, async_channel::Receiver<Envelope<u64>>, [.await], send, recv, Ok;
}
