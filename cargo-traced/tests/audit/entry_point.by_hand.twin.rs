// depends: lapin opentelemetry fastrace tokio-cron-scheduler
//! Handlers, consumers and jobs that make their span by hand, with each of the libraries.

async fn with_opentelemetry(headers: HeaderMap) -> String {
    let parent = global::get_text_map_propagator(|propagator| propagator.extract(&HeaderExtractor(&headers)));
    let span = tracer.span_builder("GET /a").start_with_context(&tracer, &parent);
    load().with_context(parent.with_span(span)).await
}

async fn with_tracing(id: u64) -> String {
    let span = tracing::info_span!("GET /b", id);
    async move { load().await }.instrument(span).await //~? tracing_spans
}

fn with_tracing_in_scope(id: u64) -> String {
    info_span!("GET /c", id).in_scope(|| String::new())
}

async fn with_ours(id: u64) -> String {
    traced::span!("GET /d", order.id = id, { load().await })
}

#[fastrace::trace]
async fn with_fastrace() -> String {
    load().await
}

async fn load() -> String {
    String::new()
}

fn router() -> axum::Router {
    axum::Router::new()
        .route("/a", get(with_opentelemetry))
        .route("/b", get(with_tracing))
        .route("/c", get(with_tracing_in_scope))
        .route("/d", get(with_ours))
        .route("/e", get(with_fastrace))
}

async fn consume(mut consumer: lapin::Consumer) {
    while let Some(delivery) = consumer.next().await {
        let parent = global::get_text_map_propagator(|propagator| propagator.extract(&Headers(&delivery)));
        let span = tracer.start_with_context("orders process", &parent);
        load().with_context(parent.with_span(span)).await;
    }
}

/// The whole work for a message is a task, with its span.
async fn spawn(mut consumer: lapin::Consumer) {
    while let Some(delivery) = consumer.next().await {
        tokio::spawn(load().instrument(info_span!("load"))); //~? tracing_spans
    }
}

async fn schedule() {
    scheduler.add(Job::new_async("0 * * * * *", |id, all| {
        Box::pin(load().with_context(Context::current_with_span(tracer.start("load"))))
    }));
}

fn main() {
    serve();
}
