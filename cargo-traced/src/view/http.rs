//! The checks of every request, and the headers of every answer.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use super::hosts::Hosts;

/// The number of messages that are read and decoded at the same time. Others wait.
const MOST_AT_ONCE: usize = 8;

/// The time that a message may take, including the wait.
const PATIENCE: Duration = Duration::from_secs(30);

struct Guard {
    hosts: Hosts,
    permits: Semaphore,
}

/// The routes, behind the check of the host and the limit on concurrent messages.
pub(crate) fn guarded(router: Router, hosts: Hosts) -> Router {
    let guard = Arc::new(Guard {
        hosts,
        permits: Semaphore::new(MOST_AT_ONCE),
    });
    router.layer(middleware::from_fn_with_state(guard, answer))
}

async fn answer(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let refusal = guard.hosts.refusal(request.uri(), request.headers());
    let mut response = match refusal {
        // The body of the request is not read. The answer to a gRPC client has no body, which the client would take
        // for a message.
        Some(_) if is_grpc(&request) => StatusCode::FORBIDDEN.into_response(),
        Some(why) => (StatusCode::FORBIDDEN, format!("{why}\n")).into_response(),
        None if request.method() == Method::POST => {
            let read = async {
                let _permit = guard.permits.acquire().await;
                next.run(request).await
            };
            let in_time = tokio::time::timeout(PATIENCE, read).await;
            in_time.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
        }
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        "cross-origin-resource-policy",
        HeaderValue::from_static("same-origin"),
    );
    response
}

fn is_grpc(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}
