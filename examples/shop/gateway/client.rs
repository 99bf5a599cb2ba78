//! The gateway's gRPC client, which retries when the server is unavailable.

use std::time::Duration;

use shop::grpc::orders_client::OrdersClient;
use shop::{NewOrder, Placed};
use tokio::time::sleep;
use tonic::transport::{Channel, Endpoint, Error};
use tonic::{Code, Request, Status};

/// The number of attempts for an order.
const ATTEMPTS: u32 = 4;

/// The first wait between attempts; each further wait is twice as long.
const WAIT: Duration = Duration::from_millis(50);

#[derive(Clone)]
pub(crate) struct Orders {
    client: OrdersClient<traced::tower::Client<Channel>>,
}

impl Orders {
    /// Connects lazily, when the first order is sent.
    pub(crate) fn connect(url: String) -> Result<Self, Error> {
        let endpoint = Endpoint::from_shared(url)?;
        // A tonic channel does not tell the layer its server's name, so the layer is told here.
        let layer = match (endpoint.uri().host(), endpoint.uri().port_u16()) {
            (Some(host), Some(port)) => traced::tower::client().server(host, port),
            _ => traced::tower::client(),
        };
        let channel = layer.layer(endpoint.connect_lazy());
        Ok(Orders {
            client: OrdersClient::new(channel),
        })
    }

    /// Sends the order until it is answered; each attempt has a span.
    pub(crate) async fn place(&self, order: NewOrder) -> Result<Placed, Status> {
        for attempt in 1..ATTEMPTS {
            match self.send(Request::new(order.clone())).await {
                Err(status) if status.code() == Code::Unavailable => {
                    let wait = WAIT * 2_u32.pow(attempt - 1);
                    traced::event!("retry", attempt, wait.ms = wait.as_millis());
                    sleep(wait).await;
                }
                answer => return answer,
            }
        }
        self.send(Request::new(order)).await
    }

    async fn send(&self, request: Request<NewOrder>) -> Result<Placed, Status> {
        let answer = self.client.clone().place(request).await?;
        Ok(answer.into_inner())
    }
}
