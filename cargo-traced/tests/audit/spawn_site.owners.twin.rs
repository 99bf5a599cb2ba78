//! Work that others than the function decide about: a runtime that it returns, a flag, a handle to abort it, a message.

fn run_service(service: Service) -> Runtime {
    let runtime = create_runtime();
    runtime.handle().spawn(async move { //~? spawn_site
        info!("serving {service}");
    });
    runtime
}

impl Cache {
    fn refresh(&self) {
        let mut state = self.state.lock();
        if !state.is_running {
            state.is_running = true;
            tokio::spawn(reload(self.entries.clone())); //~? spawn_site
        }
    }

    fn start(&self) {
        if !self.started.swap(true, Ordering::SeqCst) {
            std::thread::spawn(move || info!("started")); //~? spawn_site
        }
    }

    fn schedule(&mut self) {
        let (handle, registration) = AbortHandle::new_pair();
        self.later = Some(handle);
        tokio::spawn(Abortable::new(reload(self.entries.clone()), registration)); //~? spawn_site
    }

    /// Called by the task that takes the messages.
    fn answer(&self, key: Key, response: oneshot::Sender<Entry>) {
        let entries = self.entries.clone();
        tokio::spawn(async move { //~? spawn_site
            info!("looking for {key}");
            response.send(entries.get(key));
        });
    }
}

async fn reload(entries: Entries) {
    info!("reloaded");
}

/// They run until they are told to end, or as long as a worker does.
async fn start_workers(queue: Queue, stop: CancellationToken, requested: Condvar) {
    tokio::spawn(async move { //~? spawn_site
        stop.run_until_cancelled(reload(entries())).await;
        info!("stopped");
    });
    let worker = queue.worker();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { worker.run().await.map_err(Error::from) }); //~? spawn_site
    tasks.join_next().await;
    std::thread::spawn(move || { //~? spawn_site
        loop {
            let lock = requested.wait_while(lock(), |state| state.is_idle());
            if read(lock) {
                info!("read");
                break;
            }
        }
    });
}

impl Queue {
    fn worker(&self) -> Worker {
        make_worker(self)
    }
}

impl Worker {
    async fn run(&self) -> Result<(), Error> {
        self.step().await
    }

    /// No method of these is that of another crate's builder.
    fn build(&self) {
        info!("built");
    }
}

/// What it runs was given to it.
fn run_elsewhere(future: Work) {
    std::thread::spawn(move || { //~? spawn_site
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.block_on(future);
    });
}

fn main() {
    serve();
}
