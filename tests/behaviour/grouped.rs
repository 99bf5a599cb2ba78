//! Tokens from a fragment of `macro_rules!` are in a group without delimiters.

use std::future::Future;
use std::pin::Pin;

use traced::testing::{capture, capture_async};
use traced::traced;

macro_rules! function {
    ($name:ident($(($parameter:pat_param) $given:ty),*) -> $returned:ty, $body:block) => {
        #[traced]
        fn $name($($parameter: $given),*) -> $returned $body
    };
}

function!(never() -> !, { panic!("never") });
function!(failing((n) u8) -> Result<u8, String>, { Err(n.to_string()) });
function!(destructured(((one, two)) (u8, String)) -> usize, { usize::from(one) + two.len() });
function!(boxed((n) u8) -> Pin<Box<dyn Future<Output = u8> + Send>>, {
    Box::pin(async move {
        traced::event!("inside");
        n
    })
});

macro_rules! box_of {
    ($name:ident, $future:ty, $content:ty, $output:ty) => {
        #[traced]
        fn $name(n: u8) -> Pin<$future> {
            Box::pin(async move {
                traced::event!("inside");
                n
            })
        }

        mod $name {
            use super::*;
            #[traced]
            pub(super) fn content(n: u8) -> Pin<Box<$content>> {
                Box::pin(async move {
                    traced::event!("inside");
                    n
                })
            }

            #[traced]
            pub(super) fn output(n: u8) -> impl Future<Output = $output> {
                async move {
                    traced::event!("inside");
                    n
                }
            }
        }
    };
}

box_of!(
    nested,
    Box<dyn Future<Output = u8> + Send>,
    dyn Future<Output = u8> + Send,
    u8
);

#[test]
fn a_type_that_is_never_is_no_value() {
    let (caught, spans) = capture(|| std::panic::catch_unwind(|| never()).is_err());
    assert!(caught);
    assert_eq!(spans.named("never").exceptions().len(), 1);
}

#[test]
fn a_result_fails_the_span() {
    let (out, spans) = capture(|| failing(3));
    assert_eq!(out, Err("3".to_owned()));
    assert_eq!(spans.named("failing").exceptions().len(), 1);
}

#[test]
fn a_pattern_is_bound() {
    let (out, spans) = capture(|| destructured((1, "two".to_owned())));
    assert_eq!((out, spans.tree()), (4, "destructured\n".to_owned()));
}

#[tokio::test]
async fn a_future_is_in_the_span_to_its_end() {
    let (_, spans) = capture_async(async {
        boxed(1).await;
        nested(1).await;
        nested::content(1).await;
        nested::output(1).await;
    })
    .await;
    for name in ["boxed", "nested", "content", "output"] {
        assert_eq!(spans.named(name).events().len(), 1, "{name}");
    }
}

struct Counter(String);

macro_rules! method {
    ($receiver:ty, $name:ident) => {
        impl Counter {
            #[traced]
            fn $name(self: $receiver) -> usize {
                self.0.len()
            }
        }
    };
}

method!(&Self, by_reference);
method!(Box<Self>, boxed);

macro_rules! implementation {
    ($($of:path)?, $owner:ty, $name:ident) => {
        #[traced]
        impl $($of for)? $owner {
            fn $name(&self) -> usize {
                1
            }
        }
    };
}

trait Counts {
    fn counts(&self) -> usize;
}

implementation!(, Counter, inherent);
implementation!(self::Counts, Counter, counts);

#[test]
fn a_receiver_and_an_implementing_type_are_found() {
    let (_, spans) = capture(|| {
        let counter = Counter("a".to_owned());
        counter.inherent() + counter.counts() + counter.by_reference() + Box::new(counter).boxed()
    });
    assert_eq!(
        spans.tree(),
        "Counter::inherent\nCounter::counts\nby_reference\nboxed\n"
    );
}

macro_rules! arguments {
    ($name:ident, $text:literal, $kind:expr, $off:expr, $on:expr, $key:literal, $value:expr, $returns:expr) => {
        #[traced(name = $text, kind = $kind, errors = $off, enabled = $on, returns = $returns,
                                                                         attributes(text = $value))]
        fn $name(#[attribute($key)] _id: u8) -> Result<(), String> {
            Err("ignored".to_owned())
        }
    };
}

arguments!(
    argued, "told", "client", false, true, "shop.id", "a", "value"
);

macro_rules! links {
    ($cause:ident, $links:expr, $parent:expr, $predicate:expr) => {
        #[traced(links = $links, error_if = $predicate)]
        fn linked($cause: &opentelemetry::Context) -> Result<(), String> {
            Err("small".to_owned())
        }

        #[traced(parent = $parent)]
        fn given($cause: &opentelemetry::Context) {}
    };
}

mod with_links {
    use super::*;

    links!(cause, [cause], cause, |error: &String| error.len() > 10);

    #[test]
    fn links_parents_and_predicates_are_looked_at() {
        let (_, spans) = capture(|| {
            let cause = opentelemetry::Context::current();
            given(&cause);
            linked(&cause)
        });
        assert_eq!(spans.tree(), "given\nlinked\n");
        assert!(spans.named("linked").exceptions().is_empty());
    }
}

#[test]
fn arguments_are_looked_at() {
    let (_, spans) = capture(|| argued(1));
    assert!(
        spans.tree().starts_with("told [client]"),
        "{}",
        spans.tree()
    );
    assert!(spans.named("told").exceptions().is_empty());
}

#[traced]
async fn child() {}

macro_rules! spawned {
    ($spawn:path, $unit:expr, $block:expr, $traced:expr) => {
        #[traced]
        async fn spawns() {
            $spawn($unit).await.unwrap();
            $spawn(Box::pin($block)).await.unwrap();
            #[traced(name = "statement")]
            $traced;
            #[traced(name = "value")]
            let _value = $traced;
        }
    };
}

spawned!(
    tokio::spawn,
    child(),
    async { child().await },
    u8::from(true)
);

#[tokio::test]
async fn spawners_and_units_are_found() {
    let ((), spans) = capture_async(spawns()).await;
    assert_eq!(
        spans.tree(),
        "spawns\n  child\n  child\n  statement\n  value\n"
    );
}
