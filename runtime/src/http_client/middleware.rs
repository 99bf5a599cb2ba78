//! [`HttpTracing`] as a middleware.

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Error, Middleware, Next};

use super::response::{RequestError, ResponseObserver, SecretUrl};
use super::template::UrlTemplate;
use super::tracing::HttpTracing;
use crate::failure::Failure;
use crate::future::future;

/// How often the request was sent: an extension that all attempts share.
#[derive(Clone, Copy, Default)]
struct Sent(u32);

/// ```
/// use traced::http_client::{HttpTracing, UrlTemplate};
///
/// # async fn ask() -> Result<(), reqwest_middleware::Error> {
/// let client = reqwest_middleware::ClientBuilder::new(reqwest::Client::new())
///     .with(HttpTracing::new())
///     .build();
/// let request = client.get("http://orders/7");
/// let answer = request.with_extension(UrlTemplate::new("/{id}")).send().await?;
/// # let _ = answer;
/// # Ok(())
/// # }
/// ```
#[async_trait::async_trait]
impl Middleware for HttpTracing {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        let Sent(before) = extensions.get().copied().unwrap_or_default();
        extensions.insert(Sent(before.saturating_add(1)));
        let template = extensions.get::<UrlTemplate>();
        let started = self.start(&mut request, template, before);
        let url = SecretUrl::of(self, &request);
        future(
            started,
            next.run(request, extensions),
            ResponseObserver(url),
        )
        .await
    }
}

impl RequestError for Error {
    fn failure(&self) -> Failure {
        match self {
            Error::Reqwest(error) => error.failure(),
            // Another middleware failed.
            Error::Middleware(error) => Failure::from_dyn::<Error>(error.as_ref()),
        }
    }
}
