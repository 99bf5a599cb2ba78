/// What `open` starts goes on in the background.
fn main() {
    let _session = broker::open(settings());
    std::thread::park();
}

fn settings() -> Settings {
    Settings
}
