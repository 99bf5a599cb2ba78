// depends: opentelemetry
// without: traced

fn main() {
    global::tracer("batch").in_span("nightly", |_cx| import("file.csv"));
    provider.shutdown();
}

fn import(path: &str) {
    info!("importing {path}");
}
