//! Which status codes fail a span: by the kind of the span, the side of the `Result`, and the shape of the function.
#![cfg(feature = "http")]

use std::future::Future;
use std::pin::Pin;

use http::{HeaderMap, Response, StatusCode};
use opentelemetry::trace::{SpanKind, Status};
use traced::testing::{Spans, capture, capture_async};
use traced::{Failure, Outcome, traced};

fn error_type(spans: &Spans, name: &str) -> Option<String> {
    let span = spans.named(name);
    let is_error = matches!(span.data().status, Status::Error { .. });
    let error_type = span.attribute("error.type").map(|value| value.to_string());
    assert_eq!(is_error, error_type.is_some(), "{name}");
    error_type
}

#[traced(kind = "server")]
fn server(status: StatusCode) -> StatusCode {
    status
}

#[traced(kind = "client")]
fn client(status: StatusCode) -> StatusCode {
    status
}

#[traced]
fn neither(status: StatusCode) -> StatusCode {
    status
}

#[test]
fn codes_of_4xx_fail_only_clients_and_5xx_fail_all() {
    for (code, on_server, on_client) in [
        (100, None, None),
        (200, None, None),
        (302, None, None),
        (399, None, None),
        (400, None, Some("400")),
        (404, None, Some("404")),
        (499, None, Some("499")),
        (500, Some("500"), Some("500")),
        (599, Some("599"), Some("599")),
    ] {
        let status = StatusCode::from_u16(code).unwrap();
        let (_, spans) = capture(|| {
            server(status);
            client(status);
            neither(status);
        });
        assert_eq!(error_type(&spans, "server").as_deref(), on_server, "{code}");
        assert_eq!(error_type(&spans, "client").as_deref(), on_client, "{code}");
        assert_eq!(
            error_type(&spans, "neither").as_deref(),
            on_server,
            "{code}"
        );
    }
}

/// Without a span, an answer is judged as that of a server.
#[test]
fn an_answer_says_by_itself_whether_it_failed() {
    for (code, has_failed) in [(404, false), (500, true)] {
        let status = StatusCode::from_u16(code).unwrap();
        let (parts, ()) = Response::builder()
            .status(status)
            .body(())
            .unwrap()
            .into_parts();
        let answers: [&dyn Outcome; 3] = [&status, &parts, &(status, "body")];
        for answer in answers {
            assert_eq!(answer.failure().is_some(), has_failed, "{code}");
        }
    }
}

#[test]
fn a_failed_answer_has_no_event_and_no_description() {
    let (_, spans) = capture(|| server(StatusCode::BAD_GATEWAY));
    let span = spans.named("server").data();
    assert!(span.events.is_empty());
    assert_eq!(span.status, Status::error(""));
}

mod shapes {
    use super::*;

    #[traced(kind = "client")]
    pub(super) async fn in_async(status: StatusCode) -> Response<()> {
        tokio::task::yield_now().await;
        answer(status)
    }

    #[traced(kind = "client")]
    pub(super) fn in_future(status: StatusCode) -> impl Future<Output = Response<()>> {
        async move { answer(status) }
    }

    #[traced(kind = "client")]
    pub(super) fn in_box(status: StatusCode) -> Pin<Box<dyn Future<Output = Response<()>>>> {
        Box::pin(async move { answer(status) })
    }

    #[traced(kind = "client")]
    #[track_caller]
    pub(super) fn in_place(status: StatusCode) -> Response<()> {
        answer(status)
    }

    #[traced(kind = "client", on_ok(|parts| reason = parts.status.as_str()))]
    pub(super) fn parts(status: StatusCode) -> http::response::Parts {
        answer(status).into_parts().0
    }

    #[traced(kind = "client")]
    pub(super) fn pair(status: StatusCode) -> (StatusCode, &'static str) {
        (status, "body")
    }

    #[traced(kind = "client")]
    pub(super) fn triple(status: StatusCode) -> (StatusCode, HeaderMap, &'static str) {
        (status, HeaderMap::new(), "body")
    }

    fn answer(status: StatusCode) -> Response<()> {
        Response::builder().status(status).body(()).unwrap()
    }
}

#[tokio::test]
async fn every_shape_knows_its_kind() {
    let (_, spans) = capture_async(async {
        let status = StatusCode::NOT_FOUND;
        shapes::in_async(status).await;
        shapes::in_future(status).await;
        shapes::in_box(status).await;
        shapes::in_place(status);
        shapes::parts(status);
        shapes::pair(status);
        shapes::triple(status);
    })
    .await;
    assert_eq!(spans.len(), 7);
    for name in [
        "in_async",
        "in_future",
        "in_box",
        "in_place",
        "parts",
        "pair",
        "triple",
    ] {
        assert_eq!(error_type(&spans, name).as_deref(), Some("404"), "{name}");
    }
}

#[derive(Debug, thiserror::Error)]
#[error("refused")]
struct Refused;

mod sides {
    use super::*;

    #[traced(kind = "server")]
    pub(super) fn both(answer: Result<StatusCode, StatusCode>) -> Result<StatusCode, StatusCode> {
        answer
    }

    #[traced(kind = "client")]
    pub(super) async fn ok_or_error(
        answer: Result<Response<()>, Refused>,
    ) -> Result<Response<()>, Refused> {
        answer
    }

    #[traced(kind = "server")]
    pub(super) fn anything_or_status(ok: bool) -> Result<&'static str, StatusCode> {
        if ok {
            Ok("page")
        } else {
            Err(StatusCode::NOT_FOUND)
        }
    }

    #[traced(kind = "server", error_if = |_| false)]
    pub(super) fn only_the_ok(answer: Result<StatusCode, Refused>) -> Result<StatusCode, Refused> {
        answer
    }

    #[traced(kind = "server", errors = false)]
    pub(super) fn off(status: StatusCode) -> StatusCode {
        status
    }
}

#[test]
fn an_answer_in_err_fails_only_by_its_code() {
    let (_, spans) = capture(|| {
        let _ = sides::both(Err(StatusCode::NOT_FOUND));
        let _ = sides::anything_or_status(false);
    });
    assert_eq!(error_type(&spans, "both"), None);
    assert_eq!(error_type(&spans, "anything_or_status"), None);
    let (_, spans) = capture(|| sides::both(Err(StatusCode::INTERNAL_SERVER_ERROR)));
    assert_eq!(error_type(&spans, "both").as_deref(), Some("500"));
    assert!(sides::anything_or_status(true).is_ok());
}

#[tokio::test]
async fn an_answer_in_ok_may_fail() {
    let (_, spans) = capture(|| sides::both(Ok(StatusCode::BAD_GATEWAY)));
    assert_eq!(error_type(&spans, "both").as_deref(), Some("502"));
    let answer = Response::builder().status(404).body(()).unwrap();
    let (_, spans) = capture_async(sides::ok_or_error(Ok(answer))).await;
    assert_eq!(error_type(&spans, "ok_or_error").as_deref(), Some("404"));
    let (_, spans) = capture_async(sides::ok_or_error(Err(Refused))).await;
    let name = error_type(&spans, "ok_or_error").unwrap();
    assert!(name.ends_with("Refused"), "{name}");
    assert_eq!(spans.named("ok_or_error").data().events.len(), 1);
}

#[test]
fn error_if_judges_errors_but_not_answers() {
    let (_, spans) = capture(|| sides::only_the_ok(Err(Refused)).is_err());
    assert_eq!(error_type(&spans, "only_the_ok"), None);
    let (_, spans) = capture(|| sides::only_the_ok(Ok(StatusCode::BAD_GATEWAY)).is_err());
    assert_eq!(error_type(&spans, "only_the_ok").as_deref(), Some("502"));
}

#[test]
fn errors_false_covers_answers_too() {
    let (_, spans) = capture(|| sides::off(StatusCode::BAD_GATEWAY));
    assert_eq!(error_type(&spans, "off"), None);
}

struct Judged;

impl Outcome for Judged {
    fn failure(&self) -> Option<Failure> {
        Some(Failure::new("internal"))
    }

    fn failure_on(&self, kind: &SpanKind) -> Option<Failure> {
        Some(Failure::new(format!("{kind:?}")))
    }
}

#[traced(kind = "client")]
fn generic<T>(answer: T) -> Result<T, Refused> {
    Ok(answer)
}

#[traced(kind = "server")]
fn judged() -> Judged {
    Judged
}

#[test]
fn a_type_with_its_own_outcome_gets_the_kind() {
    let (_, spans) = capture(judged);
    assert_eq!(error_type(&spans, "judged").as_deref(), Some("Server"));
}

#[test]
fn an_answer_of_a_generic_type_is_not_judged() {
    let (_, spans) = capture(|| generic(Judged).is_ok());
    assert_eq!(error_type(&spans, "generic"), None);
}

#[cfg(feature = "tonic")]
mod tonic {
    use ::tonic::{Code, Status as Answer};

    use super::*;

    #[traced(kind = "server")]
    fn serve(status: Answer) -> Result<(), Answer> {
        Err(status)
    }

    #[traced(kind = "client")]
    fn call(status: Answer) -> Result<(), Answer> {
        Err(status)
    }

    #[test]
    fn a_code_fails_the_server_only_if_it_is_its_fault() {
        for (code, name, fails_server) in [
            (Code::Cancelled, "CANCELLED", false),
            (Code::Unknown, "UNKNOWN", true),
            (Code::InvalidArgument, "INVALID_ARGUMENT", false),
            (Code::DeadlineExceeded, "DEADLINE_EXCEEDED", true),
            (Code::NotFound, "NOT_FOUND", false),
            (Code::AlreadyExists, "ALREADY_EXISTS", false),
            (Code::PermissionDenied, "PERMISSION_DENIED", false),
            (Code::ResourceExhausted, "RESOURCE_EXHAUSTED", false),
            (Code::FailedPrecondition, "FAILED_PRECONDITION", false),
            (Code::Aborted, "ABORTED", false),
            (Code::OutOfRange, "OUT_OF_RANGE", false),
            (Code::Unimplemented, "UNIMPLEMENTED", true),
            (Code::Internal, "INTERNAL", true),
            (Code::Unavailable, "UNAVAILABLE", true),
            (Code::DataLoss, "DATA_LOSS", true),
            (Code::Unauthenticated, "UNAUTHENTICATED", false),
        ] {
            let status = Answer::new(code, "no such order");
            let (_, spans) = capture(|| {
                let _ = serve(status.clone());
                let _ = call(status);
            });
            assert_eq!(error_type(&spans, "call").as_deref(), Some(name));
            let expected = fails_server.then_some(name);
            assert_eq!(error_type(&spans, "serve").as_deref(), expected);
        }
    }

    #[test]
    fn a_status_says_by_itself_whether_the_server_failed() {
        assert!(Answer::internal("").failure().is_some());
        assert!(Answer::not_found("").failure().is_none());
    }

    #[test]
    fn the_message_and_the_causes_are_recorded() {
        let status = Answer::from_error(Box::new(Refused));
        let (_, spans) = capture(|| serve(status));
        let span = spans.named("serve").data();
        assert_eq!(span.status, Status::error("refused"));
        let event = &span.events[0];
        let trace = event.attributes.iter();
        let mut trace = trace.filter(|attribute| attribute.key.as_str() == "exception.stacktrace");
        let trace = trace.next().expect("the status has a cause");
        assert!(trace.value.as_str().ends_with("Caused by: refused"));
    }
}

#[cfg(feature = "actix-web")]
mod actix {
    use actix_web::error::{ErrorBadGateway, ErrorNotFound};
    use actix_web::{Error, HttpResponse};

    use super::*;

    #[traced(kind = "server")]
    fn serve(error: Error) -> Result<(), Error> {
        Err(error)
    }

    #[traced(kind = "server")]
    fn respond(error: Error) -> HttpResponse {
        error.into()
    }

    #[test]
    fn the_message_of_an_error_is_kept_in_its_response() {
        let ((), spans) = capture(|| {
            let _ = serve(ErrorBadGateway("no stock"));
            let _ = respond(ErrorBadGateway("no stock"));
        });
        for name in ["serve", "respond"] {
            assert_eq!(error_type(&spans, name).as_deref(), Some("502"), "{name}");
            let status = &spans.named(name).data().status;
            assert_eq!(*status, Status::error("no stock"), "{name}");
        }
        let (_, spans) = capture(|| respond(ErrorNotFound("no such order")));
        assert_eq!(error_type(&spans, "respond"), None);
    }
}
