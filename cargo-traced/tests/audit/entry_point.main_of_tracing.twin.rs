// depends: tracing-opentelemetry

async fn main() {
    import().await;
}

#[tracing::instrument]
async fn import() {}
