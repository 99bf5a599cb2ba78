//! Servers and clients made of tower services: every request in a span (feature `tower`).
//!
//! [`server`] is one line for a router of axum, a server of tonic, or a service that hyper serves:
//!
//! ```
//! use axum::Router;
//! use axum::routing::get;
//!
//! async fn order() -> &'static str { "an order" }
//!
//! let router: Router = Router::new()
//!     .route("/orders/{id}", get(order))
//!     .layer(traced::tower::server());
//! # let _ = router;
//! ```
//!
//! Its spans are of kind SERVER, named after the method and the route (`GET /orders/{id}`), and children of the
//! caller's span. They end with the last byte of the body, fail on 5xx and on panics, and are marked as cancelled
//! if the client disconnects before. Requests that reach no handler have spans too: 404, 405, 413, or a 401 from
//! middleware below the layer. A gRPC call is recognised by its content type and is named after its method.
//!
//! [`client`] does the same for a client, such as the channel of tonic or hyper's client: a span of kind CLIENT
//! for every request, and its context in the headers.
//!
//! # Where to put the layer
//!
//! On the router itself, after its routes: axum knows the route of a request there. Outside a router (in a
//! `ServiceBuilder` around it) the layer sees requests before their route is known. Add it inside as well:
//! the inner layer then passes the route to the outer layer's span and starts no second span. With other routers,
//! handlers add a [`Route`] to the response.
//!
//! # Handlers with `#[traced]`
//!
//! The span of a handler below the layer is a child of the server's span. Leave out `kind = "server"` and
//! `extract`: with them the handler's span would be a second server span under the same caller.
//!
//! Specification: OpenTelemetry semantic conventions, *HTTP spans*, *gRPC*.

mod body;
mod client;
mod future;
mod route;
mod server;

pub use self::body::ResponseBody;
pub use self::client::{Client, ClientLayer, client};
pub use self::future::ResponseFuture;
pub use self::route::Route;
pub use self::server::{Server, ServerLayer, server};
use crate::http_spans::exchange::Exchange;
use crate::percent_encoding::decode;
use crate::propagation::Carrier;

/// Records the status of a gRPC call if it is in these headers or trailers, and returns whether it is.
fn record_rpc_status(exchange: &mut Exchange, headers: &http::HeaderMap) -> bool {
    if !exchange.is_rpc {
        return false;
    }
    let Some(code) = Carrier::get(headers, "grpc-status") else {
        return false;
    };
    let message = Carrier::get(headers, "grpc-message").map(decode);
    // A status that is not a number means UNKNOWN, as the specification of gRPC requires.
    exchange.rpc_answered(code.parse().unwrap_or(2), &message.unwrap_or_default());
    true
}
