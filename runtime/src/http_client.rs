//! Requests of [`reqwest`] in a span, with the span's context in their headers (feature
//! `reqwest`).
//!
//! [`RequestExt::traced`] does it for one request, and with the feature `reqwest-middleware` an
//! [`HttpTracing`] is a middleware that does it for every request of a client. Either way the span follows
//! the semantic conventions: its kind is CLIENT, its name is the method (and the [`UrlTemplate`], if there is
//! one), and it has the URL without its secrets, the server, the status and the version of the protocol. A
//! status of 4xx or 5xx fails it, and so does an error; a request that is dropped before there is a response
//! is marked as cancelled.
//!
//! ```
//! use traced::http_client::RequestExt as _;
//!
//! # async fn place() -> Result<(), reqwest::Error> {
//! let client = reqwest::Client::new();
//! let answer = client
//!     .get("http://orders/7")
//!     .traced()
//!     .template("/{id}")
//!     .send()
//!     .await?;
//! # let _ = answer;
//! # Ok(())
//! # }
//! ```
//!
//! # What leaves the process
//!
//! Every server gets the ids of the trace. The baggage, which may hold data that is not meant for other
//! parties, is sent to [internal hosts](HttpTracing::baggage_to) and to the hosts that you name. reqwest
//! follows redirects itself and sends all of our headers to the new server: if a server that gets baggage
//! may redirect its clients to other parties, build the client with `redirect(Policy::none())`.
//!
//! # Limits
//!
//! The span ends with the head of the response, as the caller reads the body later. The requests that reqwest
//! sends by itself share one span: redirects, and the second attempt after a connection was closed.
//! `reqwest::blocking` has no such extension: annotate the function with
//! `#[traced(kind = "client", inject = request.headers_mut())]`.
//!
//! Specification: OpenTelemetry semantic conventions, *HTTP spans*, "HTTP client span".

#[cfg(feature = "reqwest-middleware")]
mod middleware;
mod request;
mod response;
mod template;
mod tracing;
mod url;

pub use self::request::{RequestExt, TracedRequest};
pub use self::template::UrlTemplate;
pub use self::tracing::HttpTracing;
