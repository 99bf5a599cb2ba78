//! Attributes: set at creation, taken by reference, and only those that are named.

use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use opentelemetry::Value;
use opentelemetry::trace::FutureExt as _;
use traced::testing::{capture, capture_async};
use traced::traced;
use traced_tests::Noisy;

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
    let ((), spans) = capture(lazy_one);
    assert_eq!(spans.named("lazy_one").attribute("count"), Some(1.into()));
    assert_eq!(EVALUATED.load(Ordering::SeqCst), 1);
    let ((), spans) = capture(|| {
        let _attached = unsampled().attach();
        lazy_one();
    });
    assert!(spans.is_empty());
    assert_eq!(EVALUATED.load(Ordering::SeqCst), 1);
}

/// A remote parent that is not sampled.
fn unsampled() -> opentelemetry::Context {
    use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId};

    let caller = SpanContext::new(
        TraceId::from(1),
        SpanId::from(1),
        TraceFlags::default(),
        true,
        Default::default(),
    );
    opentelemetry::Context::new().with_remote_span_context(caller)
}

/// How often the lazy attribute of a future is evaluated: in a span that records, and in one that
/// does not.
async fn evaluations<F: Future>(make: impl Fn(&'static AtomicUsize) -> F) -> (usize, usize) {
    let count: &'static AtomicUsize = Box::leak(Box::default());
    capture_async(async { make(count).await }).await;
    let recording = count.swap(0, Ordering::SeqCst);
    let unsampled = async { make(count).await }.with_context(unsampled());
    let (_, spans) = capture_async(unsampled).await;
    assert!(spans.is_empty());
    (recording, count.load(Ordering::SeqCst))
}

fn counted(evaluated: &AtomicUsize) -> i64 {
    evaluated.fetch_add(1, Ordering::SeqCst);
    1
}

#[traced(lazy(counted = counted(evaluated)))]
async fn lazy_async(evaluated: &AtomicUsize) {}

#[traced(lazy(counted = counted(evaluated)))]
fn lazy_box(evaluated: &AtomicUsize) -> Pin<Box<dyn Future<Output = usize> + Send + '_>> {
    Box::pin(async move { evaluated.load(Ordering::SeqCst) })
}

#[traced(lazy(counted = counted(evaluated)))]
fn lazy_opaque(evaluated: &'static AtomicUsize) -> impl Future<Output = usize> {
    async { evaluated.load(Ordering::SeqCst) }
}

#[traced(lazy(counted = counted(evaluated)))]
fn lazy_and_unused(evaluated: &AtomicUsize) -> impl Future<Output = ()> + 'static {
    async move {}
}

async fn lazy_inside(evaluated: &AtomicUsize) {
    #[traced]
    async fn around(evaluated: &AtomicUsize) {
        #[traced(lazy(counted = counted(evaluated)))]
        let block = async {};
        block.await;
    }
    around(evaluated).await;
}

#[async_trait::async_trait]
trait Lazily {
    async fn lazily(&self);
}

#[async_trait::async_trait]
impl Lazily for AtomicUsize {
    #[traced(lazy(counted = counted(self)))]
    async fn lazily(&self) {}
}

#[async_trait::async_trait]
trait Holds {
    async fn holds(&self, first: Noisy<'static>, second: Noisy<'static>);
}

#[async_trait::async_trait]
impl Holds for () {
    #[traced(lazy(held = second.0, since = first.0))]
    async fn holds(&self, first: Noisy<'static>, second: Noisy<'static>) {
        let _ = (first, second);
    }
}

#[test]
fn lazy_attributes_change_no_order_of_drops() {
    static DROPPED: Mutex<Vec<&str>> = Mutex::new(Vec::new());
    drop(().holds(Noisy("first", &DROPPED), Noisy("second", &DROPPED)));
    assert_eq!(*DROPPED.lock().unwrap(), ["first", "second"]);
}

#[tokio::test]
async fn lazy_attributes_of_an_async_fn_wait_for_its_span() {
    assert_eq!(evaluations(lazy_async).await, (1, 0));
}

#[tokio::test]
async fn lazy_attributes_of_a_boxed_block_wait_for_its_span() {
    assert_eq!(evaluations(lazy_box).await, (1, 0));
}

#[tokio::test]
async fn lazy_attributes_of_an_opaque_block_wait_for_its_span() {
    assert_eq!(evaluations(lazy_opaque).await, (1, 0));
}

#[tokio::test]
async fn lazy_attributes_of_a_parameter_that_the_block_does_not_take_wait_for_its_span() {
    assert_eq!(evaluations(lazy_and_unused).await, (1, 0));
}

#[tokio::test]
async fn lazy_attributes_of_an_inner_block_wait_for_its_span() {
    assert_eq!(evaluations(lazy_inside).await, (1, 0));
}

#[tokio::test]
async fn lazy_attributes_under_async_trait_wait_for_its_span() {
    assert_eq!(evaluations(|count| count.lazily()).await, (1, 0));
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

/// Writes a part of itself, and then fails, which `to_string` would panic at.
struct Torn;

impl std::fmt::Display for Torn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("half")?;
        Err(std::fmt::Error)
    }
}

impl std::fmt::Debug for Torn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

#[traced(attributes(shown = %Torn, debugged = ?Torn))]
fn records_torn() -> Result<(), Torn> {
    traced::event!("torn", value = %Torn);
    traced::set_attributes!(later = ?Torn);
    Err(Torn)
}

#[test]
fn a_value_that_fails_to_print_is_recorded_as_far_as_it_came() {
    let (_, spans) = capture(records_torn);
    let span = spans.named("records_torn");
    for key in ["shown", "debugged", "later"] {
        assert_eq!(span.attribute(key), Some("half".into()), "{key}");
    }
    assert_eq!(span.events()[0].attributes[0].value, "half".into());
    assert_eq!(*span.status(), opentelemetry::trace::Status::error("half"));
}

#[traced(attributes(state = "new", order = 1))]
fn sets_again() {
    traced::set_attributes!(state = "paid");
    traced::set_attributes!(state = "sent", left = 2);
}

#[test]
fn an_attribute_that_is_set_again_has_its_last_value_where_it_stood_first() {
    let ((), spans) = capture(sets_again);
    assert_eq!(spans.tree(), "sets_again state=sent order=1 left=2\n");
    let state = spans.named("sets_again").attribute("state");
    assert_eq!(state, Some("sent".into()));
}
