// depends: opentelemetry tracing-opentelemetry
// without: traced
//! Nobody enters the span.

async fn main() { //~ entry_point
    info_span!("main");
    import("file.csv").await;
}

async fn import(path: &str) {
    info!("importing {path}");
}
