//! Nobody else decides about these: the flags say something else, and the type of the receiver is the result of a method.

impl Cache {
    fn insert(&mut self, entry: Entry) {
        self.is_dirty = true;
        self.is_running = false;
        tokio::spawn(store(entry)); //~ spawn_site
    }

    async fn load(&self, key: Key) -> Result<Entry, Error> {
        self.tasks.runtime_handle().spawn(read(key)).await //~ spawn_site
    }
}

struct Cache {
    tasks: Tasks,
}

impl Tasks {
    fn runtime_handle(&self) -> Result<&Handle, Error> {
        find()
    }

    fn build(&self) {
        info!("built");
    }
}

async fn store(entry: Entry) {
    info!("stored");
}

async fn read(key: Key) -> Entry {
    info!("read");
}

/// What the other crate makes is made of a value of the program.
fn of_the_program(tasks: Tasks) {
    std::thread::spawn(move || tokio::wrap(tasks).build()); //~ spawn_site
}

fn main() {
    serve();
}
