//! Telemetry is suppressed for the function that spawns, which its threads do not know, or not at all.

fn exporters(order: Order) {
    let _suppressed = Context::enter_telemetry_suppressed_scope();
    std::thread::scope(|scope| {
        scope.spawn(|| print(order)); //~ spawn_site
    });
}

fn by_name(order: Order) {
    let work = move || print(order);
    std::thread::spawn(work); //~ spawn_site
}

fn print(order: Order) {
    info!("{order}");
}

fn main() {
    serve();
}
