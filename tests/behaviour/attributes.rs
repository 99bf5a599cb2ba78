//! Attributes: given at creation, by reference, and only those that are named.

use std::sync::atomic::{AtomicUsize, Ordering};

use opentelemetry::Value;
use traced::testing::{capture, capture_async};
use traced::traced;

struct User {
    id: u64,
    name: String,
}

#[traced(attributes(
    id,
    user.id = user.id,
    "user name" = %user.name,
    tags = ?tags,
    type = "order",
    limit,
    none,
))]
#[allow(clippy::needless_pass_by_value)]
fn every_form(id: u32, user: User, tags: Vec<&str>, limit: Option<u8>, none: Option<u8>) -> User {
    let _ = (tags, limit, none);
    user
}

#[test]
fn every_form_is_recorded_and_moves_nothing() {
    let user = User {
        id: 7,
        name: "Ada".into(),
    };
    let (user, spans) = capture(|| every_form(1, user, vec!["a"], Some(3), None));
    assert_eq!(user.name, "Ada");
    let span = spans.named("every_form");
    let recorded: Vec<_> = span
        .data()
        .attributes
        .iter()
        .map(|kv| (kv.key.as_str(), kv.value.clone()))
        .collect();
    let expected: Vec<(&str, Value)> = vec![
        ("id", 1.into()),
        ("user.id", 7.into()),
        ("user name", "Ada".into()),
        ("tags", "[\"a\"]".into()),
        ("type", "order".into()),
        ("limit", 3.into()),
    ];
    assert_eq!(recorded, expected);
}

#[traced]
fn secret(password: &str) {
    let _ = password;
}

#[test]
fn no_parameter_is_recorded_unless_named() {
    let ((), spans) = capture(|| secret("hunter2"));
    assert!(spans.named("secret").data().attributes.is_empty());
}

static EVALUATED: AtomicUsize = AtomicUsize::new(0);

fn count() -> i64 {
    EVALUATED.fetch_add(1, Ordering::SeqCst);
    1
}

#[traced(lazy(count = count()))]
fn lazy_one() {}

#[test]
fn lazy_attributes_are_evaluated_if_the_span_records() {
    use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId};

    let ((), spans) = capture(lazy_one);
    assert_eq!(spans.named("lazy_one").attribute("count"), Some(1.into()));
    assert_eq!(EVALUATED.load(Ordering::SeqCst), 1);
    let unsampled = SpanContext::new(
        TraceId::from(1),
        SpanId::from(1),
        TraceFlags::default(),
        true,
        Default::default(),
    );
    let ((), spans) = capture(|| {
        let context = opentelemetry::Context::current().with_remote_span_context(unsampled);
        let _attached = context.attach();
        lazy_one();
    });
    assert!(spans.is_empty());
    assert_eq!(EVALUATED.load(Ordering::SeqCst), 1);
}

#[traced(attributes(n), lazy(twice = n * 2))]
async fn in_async(n: u32) -> u32 {
    n
}

#[tokio::test]
async fn an_async_fn_records_both_lists() {
    let (_, spans) = capture_async(in_async(4)).await;
    assert_eq!(spans.tree(), "in_async n=4 twice=8\n");
}

#[traced(attributes(n), lazy(twice = n * 2))]
fn in_future(n: u32) -> impl Future<Output = u32> {
    async move { n }
}

#[tokio::test]
async fn a_deferred_span_records_both_lists() {
    let (_, spans) = capture_async(in_future(4)).await;
    assert_eq!(spans.tree(), "in_future n=4 twice=8\n");
}

struct Service {
    name: &'static str,
}

impl Service {
    #[traced(attributes(service = self.name, self.name))]
    fn call(&self) {}
}

#[test]
fn self_is_a_parameter_too() {
    let ((), spans) = capture(|| Service { name: "cart" }.call());
    assert_eq!(spans.tree(), "call service=cart self.name=cart\n");
}
