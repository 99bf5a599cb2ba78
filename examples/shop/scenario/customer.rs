//! A customer, whose browser is traced too: the root of every trace is here.

use reqwest::{Client, Error, Request};
use serde::Serialize;
use shop::NewOrder;
use traced::{Failure, Outcome, traced};

pub(crate) struct Customer {
    client: Client,
    shop: String,
}

/// What the shop said, and in which trace.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) trace: Vec<u8>,
}

/// For a client every 4xx is an error too, by the semantic conventions of HTTP.
impl Outcome for Answer {
    fn failure(&self) -> Option<Failure> {
        (self.status >= 400).then(|| Failure::new(self.status.to_string()))
    }
}

impl Customer {
    /// A customer of the gateway at `address`.
    pub(crate) fn of(address: &str) -> Result<Self, Error> {
        Ok(Customer {
            client: Client::builder().no_proxy().build()?,
            shop: format!("http://{address}"),
        })
    }

    pub(crate) async fn order(&self, product: &str, quantity: u32) -> Result<Answer, Error> {
        let product = product.to_owned();
        self.post("/orders", &NewOrder { product, quantity }).await
    }

    pub(crate) async fn order_many(&self, products: &[&str]) -> Result<Answer, Error> {
        let order = |product: &&str| NewOrder {
            product: (*product).to_owned(),
            quantity: 1,
        };
        let batch: Vec<_> = products.iter().map(order).collect();
        self.post("/orders/batch", &batch).await
    }

    async fn post(&self, path: &str, body: &impl Serialize) -> Result<Answer, Error> {
        let url = format!("{}{path}", self.shop);
        self.send(self.client.post(url).json(body).build()?).await
    }

    #[traced(
        name = "POST",
        kind = "client",
        inject = request.headers_mut(),
        attributes(
            http.request.method = "POST",
            url.full = request.url().as_str(),
            server.address = request.url().host_str(),
            server.port = request.url().port(),
        ),
        on_ok(|answer| http.response.status_code = answer.status),
    )]
    async fn send(&self, mut request: Request) -> Result<Answer, Error> {
        let response = self.client.execute(request).await?;
        Ok(Answer {
            status: response.status().as_u16(),
            body: response.text().await?,
            trace: traced::current().trace_id().to_bytes().to_vec(),
        })
    }
}
