/// What is configured is a server, although nothing here starts one.
fn main() { //~? entry_point
    run(ServerConfiguration::default());
}

fn run(configuration: ServerConfiguration) {
    info!("{configuration}");
}
