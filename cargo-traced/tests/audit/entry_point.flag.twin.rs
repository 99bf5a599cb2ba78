//! Goes on until a signal sets a flag.

fn main() { //~? entry_point
    let flag = running.clone();
    ctrlc::set_handler(move || flag.store(false, Ordering::SeqCst));
    Worker { running }.work();
}

impl Worker {
    fn work(&self) {
        while self.running.load(Ordering::SeqCst) {
            process(self.queue.pop());
        }
    }
}

fn process(job: Job) {
    info!("processing");
}
