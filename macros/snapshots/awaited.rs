#[traced]
async fn serve(stop: Stop, queue: Queue) -> Result<u64, ServeError> {
    let mut served = 0;
    'rows: while let Some(row) = queue.next().await {
        #[traced(name = "row")]
        {
            if stop.requested().await {
                break 'rows;
            }
            served += row.serve().await?;
        }
        #[cfg(feature = "pause")]
        #[traced(name = "pause")]
        pause().await;
    }
    #[traced(name = "total")]
    return total(served);
}
