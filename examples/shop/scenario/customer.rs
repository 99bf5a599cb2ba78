//! A customer with a traced client: the root span of every trace.

use lapin::BasicProperties;
use lapin::options::BasicPublishOptions;
use reqwest::{Client, Error};
use serde::Serialize;
use shop::NewOrder;
use shop::queues::{self, PLACED};
use traced::http_client::RequestExt as _;
use traced::traced;

use crate::Failed;
use crate::report::Scenario;
use crate::spans::Trace;

pub(crate) struct Customer {
    client: Client,
    shop: String,
}

/// The response and the id of its trace.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) trace: Trace,
}

impl Answer {
    /// The scenario of this request, if its status is the expected one.
    pub(crate) fn expect(
        self,
        status: u16,
        name: &'static str,
        expected: &str,
    ) -> Result<Scenario, Failed> {
        if self.status != status {
            return Err(format!("{name}: answered {}, {}", self.status, self.body).into());
        }
        Ok(Scenario::of(name, self.trace, expected))
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

    /// The client span of the request comes from `traced()`, by the HTTP conventions.
    #[traced(name = "order")]
    async fn post(&self, path: &str, body: &impl Serialize) -> Result<Answer, Error> {
        let request = self.client.post(format!("{}{path}", self.shop)).json(body);
        let response = request.traced().send().await?;
        Ok(Answer {
            status: response.status().as_u16(),
            body: response.text().await?,
            trace: this_trace(),
        })
    }

    /// Sends an order and hangs up when `enough` has happened.
    #[traced(name = "order")]
    pub(crate) async fn order_until<T, E: Into<Failed>>(
        &self,
        product: &str,
        enough: impl Future<Output = Result<T, E>>,
    ) -> Result<Trace, Failed> {
        let product = product.to_owned();
        let order = NewOrder {
            product,
            quantity: 1,
        };
        let request = self
            .client
            .post(format!("{}/orders", self.shop))
            .json(&order);
        tokio::select! {
            response = request.traced().send() => {
                Err(format!("answered in spite of all: {}", response?.status()).into())
            }
            enough = enough => enough.map(|_| this_trace()).map_err(Into::into),
        }
    }

    /// Sends a message to the worker's queue that is not an order.
    #[traced(name = "send orders.placed", kind = "producer", attributes(
        messaging.system = "rabbitmq",
        messaging.operation.type = "send",
        messaging.operation.name = "send",
        messaging.destination.name = PLACED,
    ))]
    pub(crate) async fn send_garbage(&self, amqp: &str) -> Result<Trace, Failed> {
        let mut properties = BasicProperties::default();
        traced::inject(&mut properties);
        let options = BasicPublishOptions::default();
        let rabbitmq = queues::rabbitmq(amqp).await?;
        let sending =
            rabbitmq.basic_publish("".into(), PLACED.into(), options, b"{garbage", properties);
        sending.await?.await?;
        Ok(this_trace())
    }
}

fn this_trace() -> Trace {
    traced::current().trace_id().to_bytes().to_vec()
}
