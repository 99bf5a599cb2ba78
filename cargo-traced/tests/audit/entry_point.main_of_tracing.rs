//! Nothing exports the spans of `tracing`.

async fn main() { //~ entry_point
    import().await;
}

#[tracing::instrument]
async fn import() {} //~? tracing_spans
