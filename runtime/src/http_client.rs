//! Requests of [`reqwest`] in a span, with the span's context in their headers (feature
//! `reqwest`).
//!
//! [`RequestExt::traced`] is for single requests. With the feature `reqwest-middleware`,
//! [`HttpTracing`] is a middleware for every request of a client. In both cases the span follows
//! the semantic conventions: its kind is CLIENT, its name is the method (and the [`UrlTemplate`], if there is
//! one), and its attributes are the URL without secrets, the server, the status and the version of the protocol. A
//! status of 4xx or 5xx, or an error, fails the span. A request that is dropped before its response arrives
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
//! parties, is sent only to [internal hosts](HttpTracing::baggage_to) and to the hosts that you name. reqwest
//! follows redirects itself and sends all headers to the new server: if a server that gets baggage
//! may redirect to other parties, build the client with `redirect(Policy::none())`.
//!
//! # Limits
//!
//! The span ends when the head of the response has arrived, as the caller reads the body later. Requests that
//! reqwest repeats by itself share one span: redirects, and the second attempt after a connection was closed.
//! `reqwest::blocking` is not supported: annotate the function that sends the request with
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
