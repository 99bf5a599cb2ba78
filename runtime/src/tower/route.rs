//! The route of a request, and the span that is named after it.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::MatchedPath;
use http::{Extensions, Method};
use opentelemetry::trace::TraceContextExt as _;
use opentelemetry::{Context, KeyValue};

use crate::http_spans::server::name;

/// The route of a request, for routers other than axum's: the service adds it to the extensions of the
/// response, or an outer layer adds it to those of the request.
///
/// ```
/// use http::Response;
/// use traced::tower::Route;
///
/// let mut response = Response::new("an order");
/// response.extensions_mut().insert(Route::new("/orders/{id}"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route(Cow<'static, str>);

impl Route {
    /// A route: the path with names in place of its variable parts.
    pub fn new(route: impl Into<Cow<'static, str>>) -> Self {
        Route(route.into())
    }

    /// The route as a string.
    ///
    /// ```
    /// assert_eq!(traced::tower::Route::new("/orders/{id}").as_str(), "/orders/{id}");
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn of(extensions: &Extensions) -> Option<Self> {
        let of_axum = || {
            let path = extensions.get::<MatchedPath>()?;
            Some(Route::new(path.as_str().to_owned()))
        };
        extensions.get::<Route>().cloned().or_else(of_axum)
    }
}

/// The span of an outer layer, which is in the extensions of the request.
#[derive(Clone)]
pub(super) struct OuterSpan {
    context: Context,
    method: Method,
    has_route: Arc<AtomicBool>,
}

impl OuterSpan {
    pub(super) fn new(context: Context, method: Method, has_route: bool) -> Self {
        OuterSpan {
            context,
            method,
            has_route: Arc::new(AtomicBool::new(has_route)),
        }
    }

    pub(super) fn set_route(&self, route: &Route) {
        if self.has_route.swap(true, Ordering::Relaxed) {
            return;
        }
        let span = self.context.span();
        span.set_attribute(KeyValue::new("http.route", route.as_str().to_owned()));
        span.update_name(name(self.method.as_str(), Some(route.as_str())));
    }
}
