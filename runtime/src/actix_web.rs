//! Servers of actix-web: every request in a span (feature `actix-web`).
//!
//! ```
//! use actix_web::{App, web};
//!
//! async fn order() -> &'static str { "an order" }
//!
//! let app = App::new()
//!     .wrap(traced::actix_web::Traced)
//!     .route("/orders/{id}", web::get().to(order));
//! # let _ = app;
//! ```
//!
//! The spans are of kind SERVER, named after the method and the route (`GET /orders/{id}`), and children of the
//! caller's span. They end with the last byte of the body, fail on 5xx and on panics, and are marked as cancelled
//! if the client disconnects before. Requests that reach no handler have spans too: 404, 405, 413, or a 401 from
//! middleware inside. The span of a websocket ends with the handshake.
//!
//! Wrap it last, after other middleware, as the middleware that is wrapped last is the outermost. The span of a
//! handler with `#[traced]` is a child of the server's span. Leave out `kind = "server"` and `extract`: with them
//! the handler's span would be a second server span under the same caller.
//!
//! The header maps and requests of actix-web are [carriers](crate::propagation), and its responses and errors are
//! [outcomes](crate::Outcome).
//!
//! Specification: OpenTelemetry semantic conventions, *HTTP spans*, "HTTP server span".

mod body;
mod middleware;

use std::future::{Ready, ready};
use std::rc::Rc;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};

pub use self::body::ResponseBody;
pub use self::middleware::{ResponseFuture, TracedMiddleware};
use crate::http_spans::server::ServerSettings;

/// Middleware that puts every request in a span: see [the module](crate::actix_web).
///
/// ```
/// use actix_web::App;
///
/// let app = App::new().wrap(traced::actix_web::Traced);
/// # let _ = app;
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Traced;

impl Traced {
    /// Excludes requests with exactly these paths, such as health checks: they have no span.
    ///
    /// ```
    /// use actix_web::App;
    ///
    /// let app = App::new().wrap(traced::actix_web::Traced.skip(["/healthz"]));
    /// # let _ = app;
    /// ```
    pub fn skip<P: Into<String>>(self, paths: impl IntoIterator<Item = P>) -> TracedWith {
        TracedWith::default().skip(paths)
    }

    /// Adds query parameters whose values are replaced by `REDACTED` in `url.query`, compared without regard to
    /// case. The parameters of signed URLs, and those named like a token, an API key, a secret or a password,
    /// are always replaced.
    ///
    /// ```
    /// use actix_web::App;
    ///
    /// let app = App::new().wrap(traced::actix_web::Traced.redact(["voucher"]));
    /// # let _ = app;
    /// ```
    pub fn redact<P: Into<String>>(self, parameters: impl IntoIterator<Item = P>) -> TracedWith {
        TracedWith::default().redact(parameters)
    }

    /// For callers that are not trusted: each request starts a new trace with a link to the caller's span. The
    /// caller then determines neither the trace id nor whether the trace is sampled, and its baggage is ignored.
    ///
    /// ```
    /// use actix_web::App;
    ///
    /// let app = App::new().wrap(traced::actix_web::Traced.public());
    /// # let _ = app;
    /// ```
    pub fn public(self) -> TracedWith {
        TracedWith::default().public()
    }

    /// Counts a request whose client disconnects before the end as failed, with the `error.type` `cancelled`, as the
    /// conventions for HTTP recommend. By default such a span has the attribute `traced.cancelled` and no status, like
    /// every cancelled span of this crate, because nothing went wrong in the server.
    ///
    /// ```
    /// use actix_web::App;
    ///
    /// let app = App::new().wrap(traced::actix_web::Traced.fail_cancelled());
    /// # let _ = app;
    /// ```
    pub fn fail_cancelled(self) -> TracedWith {
        TracedWith::default().fail_cancelled()
    }
}

/// [`Traced`] with settings.
///
/// ```
/// use actix_web::App;
///
/// let app = App::new().wrap(traced::actix_web::Traced.public().skip(["/healthz"]));
/// # let _ = app;
/// ```
#[derive(Clone, Debug, Default)]
pub struct TracedWith {
    settings: ServerSettings,
}

impl TracedWith {
    /// See [`Traced::skip`].
    pub fn skip<P: Into<String>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        let paths = paths.into_iter().map(Into::into);
        self.settings.skipped.extend(paths);
        self
    }

    /// See [`Traced::redact`].
    pub fn redact<P: Into<String>>(mut self, parameters: impl IntoIterator<Item = P>) -> Self {
        let parameters = parameters.into_iter().map(Into::into);
        self.settings.redaction.add(parameters);
        self
    }

    /// See [`Traced::public`].
    pub fn public(mut self) -> Self {
        self.settings.is_public = true;
        self
    }

    /// See [`Traced::fail_cancelled`].
    pub fn fail_cancelled(mut self) -> Self {
        self.settings.fails_cancelled = true;
        self
    }
}

impl<S, B> Transform<S, ServiceRequest> for TracedWith
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ResponseBody<B>>;
    type Error = Error;
    type Transform = TracedMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<TracedMiddleware<S>, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let settings = Rc::new(self.settings.clone());
        ready(Ok(TracedMiddleware::new(service, settings)))
    }
}

impl<S, B> Transform<S, ServiceRequest> for Traced
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ResponseBody<B>>;
    type Error = Error;
    type Transform = TracedMiddleware<S>;
    type InitError = ();
    type Future = Ready<Result<TracedMiddleware<S>, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        TracedWith::default().new_transform(service)
    }
}
