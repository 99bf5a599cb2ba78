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
//! caller's. They end with the last byte of the body, fail on 5xx and on panics, and are marked as cancelled
//! if the client goes away before. What no handler sees has a span as well: 404, 405, 413, a 401 of
//! middleware that was wrapped before. The span of a websocket ends with the handshake.
//!
//! Put it last, after other middleware: what is wrapped last is outermost. A handler with `#[traced]` is a child
//! of the server's span as it is: leave out `kind = "server"` and `extract`, with which the handler's span would
//! be a second server span beside this one.
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
    /// Requests of these paths have no span, such as those of a health check. A path is compared as it is.
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
    /// always are.
    pub fn redact<P: Into<String>>(self, parameters: impl IntoIterator<Item = P>) -> TracedWith {
        TracedWith::default().redact(parameters)
    }

    /// The callers are strangers: each request starts a trace of its own, which links to the caller's span. The
    /// caller then decides neither the trace's id nor whether it is sampled, and its baggage is ignored.
    pub fn public(self) -> TracedWith {
        TracedWith::default().public()
    }

    /// A request whose client went away before the end has failed, with `cancelled` as its `error.type`, as the
    /// conventions of HTTP recommend. Without it such a span has the mark `traced.cancelled` and no status, as
    /// every span of this crate that was cancelled: nothing went wrong in the server.
    pub fn fail_cancelled(self) -> TracedWith {
        TracedWith::default().fail_cancelled()
    }
}

/// [`Traced`] with settings.
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
