//! `#[traced]` on an `impl`, a trait or a module.

use traced::testing::{capture, capture_async};
use traced::traced;

struct Store(u8);

#[traced(kind = "client")]
impl Store {
    const LIMIT: u8 = 3;

    fn count(&self) -> u8 {
        self.0.min(Self::limit())
    }

    const fn limit() -> u8 {
        Self::LIMIT
    }

    #[traced(name = "lookup", attributes(id))]
    fn find(&self, id: u8) -> bool {
        self.0 == id
    }

    #[traced(skip)]
    fn hot(&self) -> u8 {
        self.0
    }

    async fn load(&self) -> Result<u8, String> {
        tokio::task::yield_now().await;
        Err("gone".into())
    }
}

#[test]
fn every_method_has_a_span_named_after_its_type() {
    let (_, spans) = capture(|| Store(9).count());
    assert_eq!(spans.tree(), "Store::count [client]\n");
}

#[test]
fn an_attribute_of_ones_own_overrides() {
    let (_, spans) = capture(|| Store(9).find(9));
    assert_eq!(spans.tree(), "lookup id=9\n");
}

#[test]
fn skip_leaves_one_out() {
    let (_, spans) = capture(|| Store(9).hot());
    assert!(spans.is_empty());
}

#[tokio::test]
async fn async_methods_record_errors() {
    let (_, spans) = capture_async(Store(9).load()).await;
    assert_eq!(spans.named("Store::load").exceptions().len(), 1);
}

#[traced]
trait Greet {
    fn name(&self) -> String;

    fn greet(&self) -> String {
        format!("hello {}", self.name())
    }
}

impl Greet for Store {
    fn name(&self) -> String {
        "store".into()
    }
}

#[test]
fn default_methods_of_a_trait_have_one() {
    let (greeting, spans) = capture(|| Store(1).greet());
    assert_eq!(greeting, "hello store");
    assert_eq!(spans.tree(), "Greet::greet\n");
}

#[traced]
mod orders {
    pub(super) struct Order(pub(super) u8);

    pub(super) fn place() -> Order {
        nested::check();
        Order(1)
    }

    impl std::fmt::Display for Order {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "#{}", self.0)
        }
    }

    mod nested {
        pub(super) fn check() {}

        #[traced::traced(skip)]
        #[allow(dead_code)]
        pub(super) fn left_out() {}
    }
}

#[test]
fn a_module_is_traced_to_its_depth() {
    let (text, spans) = capture(|| orders::place().to_string());
    assert_eq!(text, "#1");
    assert_eq!(spans.tree(), "place\n  check\nOrder::fmt\n");
}

struct Spawner;

#[traced]
impl Spawner {
    #[traced::traced_spawn(detached)]
    fn detaches(&self) {
        std::thread::spawn(orders::place).join().unwrap();
    }
}

#[test]
fn a_method_that_says_how_it_spawns_keeps_its_span() {
    let ((), spans) = capture(|| Spawner.detaches());
    assert_eq!(spans.tree(), "Spawner::detaches\n");
}
