// depends: tracing-opentelemetry
#[tracing::instrument(skip_all)]
fn theirs() {}

async fn f() {
    work().instrument(tracing::info_span!("work")).await;
}

fn main() {
    serve();
}
