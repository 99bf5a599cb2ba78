//! Nothing is recorded in these threads: telemetry is suppressed.

fn exporters(order: Order) {
    std::thread::scope(|scope| {
        scope.spawn(|| { //~? spawn_site
            let _suppressed = Context::enter_telemetry_suppressed_scope();
            print(order)
        });
    });
}

fn by_name(order: Order) {
    let work = move || {
        let _suppressed = opentelemetry::Context::enter_telemetry_suppressed_scope();
        print(order)
    };
    std::thread::spawn(work); //~? spawn_site
}

fn print(order: Order) {
    info!("{order}");
}

fn main() {
    serve();
}
