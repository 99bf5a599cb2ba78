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

#[traced]
mod nested_containers {
    pub(super) struct Type;

    #[traced::traced(skip)]
    impl Type {
        pub(super) fn left_out(&self) {}

        #[traced::traced(name = "all the same")]
        pub(super) fn has_its_own(&self) {}
    }

    #[traced::traced(kind = "client")]
    impl Type {
        pub(super) fn overridden(&self) {}
    }

    #[traced(skip)]
    pub(super) mod quiet {
        pub(crate) fn left_out() {
            deeper::left_out();
            loud::overridden();
        }

        mod deeper {
            pub(super) fn left_out() {}
        }

        #[traced::traced(kind = "server")]
        mod loud {
            pub(super) fn overridden() {}
        }
    }

    #[traced::traced(kind = "producer")]
    pub(super) trait Does {
        fn does(&self) {}
    }

    impl Does for Type {}
}

#[test]
fn a_nested_impl_is_left_out() {
    let ((), spans) = capture(|| nested_containers::Type.left_out());
    assert!(spans.is_empty());
}

#[test]
fn a_method_overrides_that_its_impl_is_left_out() {
    let ((), spans) = capture(|| nested_containers::Type.has_its_own());
    assert_eq!(spans.tree(), "all the same\n");
}

#[test]
fn a_nested_impl_overrides() {
    let ((), spans) = capture(|| nested_containers::Type.overridden());
    assert_eq!(spans.tree(), "Type::overridden [client]\n");
}

#[test]
fn a_nested_module_is_left_out_but_for_what_overrides() {
    let ((), spans) = capture(nested_containers::quiet::left_out);
    assert_eq!(spans.tree(), "overridden [server]\n");
}

#[test]
fn a_nested_trait_overrides() {
    let ((), spans) = capture(|| nested_containers::Does::does(&nested_containers::Type));
    assert_eq!(spans.tree(), "Does::does [producer]\n");
}

struct Conditional;

#[traced(kind = "client")]
impl Conditional {
    #[cfg_attr(all(), traced(kind = "server"))]
    fn holds(&self) {}

    #[cfg_attr(any(), traced(kind = "server"))]
    fn holds_not(&self) {}

    #[cfg_attr(all(), must_use, traced(skip))]
    fn left_out(&self) -> u8 {
        1
    }
}

#[test]
fn a_conditional_attribute_overrides_where_its_condition_holds() {
    let (_, spans) = capture(|| {
        Conditional.holds();
        Conditional.holds_not();
        Conditional.left_out()
    });
    assert_eq!(
        spans.tree(),
        "Conditional::holds [server]\nConditional::holds_not [client]\n"
    );
}

struct Computed<const N: usize>;

#[traced]
mod of_a_computed_type {
    impl super::Computed<{ 1 + 1 }> {
        pub(super) fn call(&self) {}
    }

    pub(super) fn makes() -> super::Computed<{ 1 + 1 }> {
        super::Computed
    }
}

#[test]
fn braces_in_a_type_end_no_item() {
    let ((), spans) = capture(|| of_a_computed_type::makes().call());
    assert_eq!(spans.tree(), "makes\nComputed::call\n");
}

trait Named {
    fn named(&self);
}

trait Other {}

impl Other for u8 {}

#[allow(non_camel_case_types)]
struct r#match;

#[traced]
mod names_of_types {
    use super::{Named, Other};

    impl Named for [u8] {
        fn named(&self) {}
    }

    impl Named for [u8; 2] {
        fn named(&self) {}
    }

    impl Named for (u8, Option<String>) {
        fn named(&self) {}
    }

    impl Named for dyn Other + Send {
        fn named(&self) {}
    }

    impl Named for super::r#match {
        fn named(&self) {}
    }
}

#[test]
fn every_type_has_a_name() {
    let ((), spans) = capture(|| {
        [1_u8][..].named();
        [1_u8, 2].named();
        (1_u8, Some(String::new())).named();
        let other: &(dyn Other + Send) = &1_u8;
        other.named();
        r#match.named();
    });
    assert_eq!(
        spans.tree(),
        "[u8]::named\n[u8; 2]::named\n(u8, Option)::named\ndyn Other::named\nmatch::named\n"
    );
}

#[traced::traced]
#[deny(unused_imports)]
mod imports {
    use traced::traced;

    #[traced(skip)]
    pub(super) fn left_out() {}

    pub(super) mod in_a_group {
        use traced::{event, traced};

        pub(in super::super) fn has_a_block() {
            #[traced(name = "block")]
            {
                event!("ran");
            }
        }
    }

    pub(super) mod conditional {
        #[cfg(unix)]
        use traced::traced;
        #[cfg(not(unix))]
        use traced::traced;

        #[cfg_attr(all(), traced(name = "conditionally named"))]
        pub(in super::super) fn named() {}
    }
}

#[test]
fn imports_in_a_module_are_used_as_without_its_attribute() {
    let ((), spans) = capture(|| {
        imports::left_out();
        imports::in_a_group::has_a_block();
        imports::conditional::named();
    });
    assert_eq!(spans.tree(), "has_a_block\n  block\nconditionally named\n");
}

struct Gate;

/// Functions that a container gives no span: what `#[traced]` says on them counts.
#[traced]
impl Gate {
    #[traced(skip)]
    const fn width() -> u8 {
        2
    }

    #[traced(skip)]
    extern "C" fn closed(#[attribute] _by: u8) {}

    #[traced(kind = "client")]
    extern "C" fn opened() {}

    extern "C" fn seen() {}
}

#[traced]
trait Door {
    #[traced(skip)]
    fn lock(&self);

    #[cfg_attr(test, traced(skip))]
    fn bolt(&self);

    fn shut(&self) {
        self.lock();
        self.bolt();
    }
}

impl Door for Gate {
    fn lock(&self) {}
    fn bolt(&self) {}
}

#[test]
fn what_has_no_span_anyway_may_be_skipped() {
    let ((), spans) = capture(|| {
        assert_eq!(Gate::width(), 2);
        Gate::closed(1);
        Gate::opened();
        Gate::seen();
        Gate.shut();
    });
    assert_eq!(spans.tree(), "Gate::opened [client]\nDoor::shut\n");
}
