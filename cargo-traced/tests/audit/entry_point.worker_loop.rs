//! Calls a function that reads all pages.

async fn main() -> Result<(), Error> { //~ entry_point
    read_pages(client().await?).await
}

async fn read_pages(mut client: Client) -> Result<(), Error> {
    let mut page = 0;
    loop {
        let orders = client.page(page).await?;
        info!("read {}", orders.len());
        page += 1;
        if orders.is_empty() {
            return Ok(());
        }
    }
}
