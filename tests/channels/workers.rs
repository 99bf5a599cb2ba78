//! Pools of workers: for one kind of job, and for jobs of any kind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam::channel::{Receiver, Sender, unbounded};
use traced::testing::capture;
use traced::{Envelope, traced};

fn pool(threads: usize, jobs: Receiver<Envelope<u64>>) -> Vec<JoinHandle<()>> {
    let worker = |_| {
        let jobs = jobs.clone();
        thread::spawn(move || jobs.into_iter().for_each(resize))
    };
    (0..threads).map(worker).collect()
}

#[traced(parent = image, attributes(image.id = *image))]
fn resize(image: Envelope<u64>) {}

#[traced]
fn upload(images: &[u64], jobs: &Sender<Envelope<u64>>) {
    for image in images {
        let _ = jobs.send(Envelope::new(*image));
    }
}

#[test]
fn every_job_is_in_the_trace_of_its_sender() {
    let (sender, jobs) = unbounded();
    let workers = pool(2, jobs);
    let ((), spans) = capture(|| {
        upload(&[1, 2, 3], &sender);
        drop(sender);
        workers
            .into_iter()
            .for_each(|worker| worker.join().unwrap());
    });
    let upload = spans.named("upload");
    let resized = spans.all_named("resize");
    assert_eq!(resized.len(), 3);
    assert!(resized.iter().all(|resize| resize.is_child_of(upload)));
}

type Job = Envelope<Box<dyn FnOnce() + Send>>;

fn run_any(jobs: Receiver<Job>) -> JoinHandle<()> {
    thread::spawn(move || {
        for job in jobs {
            job.enter(|job| job());
        }
    })
}

#[traced]
fn count(counted: &AtomicUsize) {
    counted.fetch_add(1, Ordering::Relaxed);
}

#[traced]
fn submit(jobs: &Sender<Job>, counted: Arc<AtomicUsize>) {
    let job = Envelope::new(Box::new(move || count(&counted)) as _);
    jobs.send(job).unwrap();
}

#[test]
fn a_job_of_any_kind_runs_in_the_context_of_its_sender() {
    let (sender, jobs) = unbounded();
    let worker = run_any(jobs);
    let counted = Arc::new(AtomicUsize::new(0));
    let ((), spans) = capture(|| {
        submit(&sender, counted.clone());
        drop(sender);
        worker.join().unwrap();
    });
    assert_eq!(counted.load(Ordering::Relaxed), 1);
    assert_eq!(spans.tree(), "submit\n  count\n");
}
