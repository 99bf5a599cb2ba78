//! The client: the headers of each request carry the span context of the sender.

use std::net::SocketAddr;

use reqwest::{Client, Error, Request, Response};
use traced::traced;

use crate::server::{NewOrder, Order};

/// A client of the service.
pub(crate) struct Shop {
    client: Client,
    url: String,
}

impl Shop {
    pub(crate) fn at(address: SocketAddr) -> Result<Self, Error> {
        Ok(Shop {
            client: Client::builder().no_proxy().build()?,
            url: format!("http://{address}"),
        })
    }

    pub(crate) async fn order(&self, product: &str, quantity: u32) -> Result<Order, Error> {
        let url = format!("{}/orders", self.url);
        let product = product.to_owned();
        let order = self.client.post(url).json(&NewOrder { product, quantity });
        self.send(order.build()?).await?.json().await
    }

    pub(crate) async fn average_order(&self, product: &str) -> Result<i64, Error> {
        let url = format!("{}/products/{product}/average", self.url);
        self.send(self.client.get(url).build()?).await?.json().await
    }

    #[traced(
        name = request.method().to_string(),
        kind = "client",
        inject = request.headers_mut(),
        attributes(
            http.request.method = request.method().as_str(),
            url.full = request.url().as_str(),
            server.address = request.url().host_str(),
            server.port = request.url().port(),
        ),
    )]
    async fn send(&self, mut request: Request) -> Result<Response, Error> {
        self.client.execute(request).await?.error_for_status()
    }
}
