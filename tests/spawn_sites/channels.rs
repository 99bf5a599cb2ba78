//! Boxed jobs that are sent through a channel.

use futures::future::BoxFuture;

use crate::support::sites;

/// The messages of a worker.
enum Message {
    Await(BoxFuture<'static, ()>),
    Run { job: Box<dyn FnOnce() + Send> },
}

type Repeated = Box<dyn Fn() + Send>;

sites! {
    boxed_future_through_a_channel(2) {
        let (sender, mut jobs) = tokio::sync::mpsc::channel::<BoxFuture<'static, ()>>(2);
        #[traced::traced_spawn(detached)]
        let worker = std::thread::spawn(move || futures::executor::block_on(async move {
            while let Some(job) = jobs.recv().await { tokio::task::unconstrained(job).await; }
        }));
        sender.send(Box::pin(async { child().await })).await.unwrap();
        sender.try_send(Box::pin(async move { child().await })).unwrap();
        drop(sender);
        worker.join().unwrap();
    }
    boxed_closure_through_a_channel(2) {
        let (sender, jobs) = crossbeam::channel::unbounded::<Box<dyn FnOnce() + Send>>();
        sender.send(Box::new(move || child_here())).unwrap();
        sender.send(Box::new(move || { child_here(); })).unwrap();
        drop(sender);
        std::thread::scope(|scope| {
            #[traced::traced_spawn(detached)]
            scope.spawn(|| jobs.into_iter().for_each(|job| job()));
        });
    }
    boxed_closure_that_runs_often(2) {
        let (sender, jobs) = std::sync::mpsc::channel::<Repeated>();
        sender.send(Box::new(move || { child_here(); })).unwrap();
        drop(sender);
        #[traced::traced_spawn(detached)]
        let worker = std::thread::spawn(move || for job in jobs { job(); job(); });
        worker.join().unwrap();
    }
    inside_a_message(2) {
        let (sender, messages) = flume::unbounded();
        sender.send(Message::Await(Box::pin(async { child().await }))).unwrap();
        sender.send_async(Message::Run { job: Box::new(move || child_here()) }).await.unwrap();
        drop(sender);
        #[traced::traced_spawn(detached)]
        let worker = std::thread::spawn(move || for message in messages {
            match message {
                Message::Await(future) => futures::executor::block_on(future),
                Message::Run { job } => job(),
            }
        });
        worker.join().unwrap();
    }
}
