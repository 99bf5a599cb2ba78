//! A request of reqwest in a span.

use std::borrow::Cow;
use std::sync::LazyLock;

use reqwest::{RequestBuilder, Response};

use super::response::{ResponseObserver, SecretUrl};
use super::template::UrlTemplate;
use super::tracing::HttpTracing;
use crate::future::future;

/// The method `traced()` of reqwest's requests.
///
/// Sealed: it is implemented for [`RequestBuilder`] alone.
///
/// ```
/// use traced::http_client::RequestExt as _;
///
/// async fn order(client: &reqwest::Client, id: u64) -> reqwest::Result<String> {
///     client.get(format!("http://orders/{id}")).traced().send().await?.text().await
/// }
/// # drop(order(&reqwest::Client::new(), 7));
/// ```
pub trait RequestExt: sealed::Sealed {
    /// Wraps the request, so that `send` sends it in a span of its own.
    fn traced(self) -> TracedRequest;
}

mod sealed {
    /// Keeps other crates from implementing the trait.
    pub trait Sealed {}

    impl Sealed for reqwest::RequestBuilder {}
}

impl RequestExt for RequestBuilder {
    fn traced(self) -> TracedRequest {
        TracedRequest {
            request: self,
            tracing: None,
            template: None,
        }
    }
}

/// A request that will be sent in a span.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct TracedRequest {
    request: RequestBuilder,
    tracing: Option<HttpTracing>,
    template: Option<UrlTemplate>,
}

impl TracedRequest {
    /// Sets the hosts that get baggage, and which parts of URLs are secret.
    ///
    /// ```
    /// use traced::http_client::{HttpTracing, RequestExt as _};
    ///
    /// let tracing = HttpTracing::new().redact(["voucher"]);
    /// let client = reqwest::Client::new();
    /// let request = client.get("http://orders/7?voucher=x1").traced().with(&tracing);
    /// # let _ = request;
    /// ```
    pub fn with(self, tracing: &HttpTracing) -> Self {
        TracedRequest {
            tracing: Some(tracing.clone()),
            ..self
        }
    }

    /// Sets the [`UrlTemplate`].
    ///
    /// ```
    /// use traced::http_client::RequestExt as _;
    ///
    /// let client = reqwest::Client::new();
    /// let request = client.get("http://orders/7").traced().template("/{id}");
    /// # let _ = request;
    /// ```
    pub fn template(self, template: impl Into<Cow<'static, str>>) -> Self {
        TracedRequest {
            template: Some(UrlTemplate::new(template)),
            ..self
        }
    }

    /// Changes the request with the methods of its builder.
    ///
    /// ```
    /// use traced::http_client::RequestExt as _;
    ///
    /// let client = reqwest::Client::new();
    /// let request = client.post("http://orders").traced().map(|request| request.body("teapot"));
    /// # let _ = request;
    /// ```
    pub fn map(self, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> Self {
        TracedRequest {
            request: change(self.request),
            ..self
        }
    }

    /// Sends the request.
    ///
    /// # Errors
    ///
    /// The errors of [`RequestBuilder::send`]. A request that cannot be built has no span.
    pub async fn send(self) -> reqwest::Result<Response> {
        static DEFAULT: LazyLock<HttpTracing> = LazyLock::new(HttpTracing::new);
        let (client, request) = self.request.build_split();
        let mut request = request?;
        let tracing = self.tracing.as_ref().unwrap_or(&DEFAULT);
        let started = tracing.start(&mut request, self.template.as_ref(), 0);
        let url = SecretUrl::of(tracing, &request);
        future(started, client.execute(request), ResponseObserver(url)).await
    }
}
