//! The functions that the tests switch off and on.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt as _;
use futures::stream::BoxStream;
use traced::traced;

#[traced]
pub(crate) fn handle() {
    db::query();
}

#[traced]
pub(crate) fn health() {}

#[traced(name = "another name", scope = "a_scope")]
pub(crate) fn renamed() {}

pub(crate) mod db {
    use traced::traced;

    #[traced]
    pub(crate) fn query() {
        fetch();
    }

    #[traced]
    fn fetch() {}

    pub(crate) struct Store;

    #[traced]
    impl Store {
        pub(crate) fn save(&self) {}

        pub(crate) fn with_inner(&self) {
            traced::span!("inner", {});
        }
    }

    impl Store {
        #[traced]
        pub(crate) fn alone(&self) {}
    }

    #[traced]
    pub(crate) trait Loader {
        fn load(&self);

        fn defaulted(&self) {
            traced::span!("inner", {});
        }
    }

    #[traced]
    impl Loader for Store {
        fn load(&self) {}
    }
}

pub(crate) mod r#type {
    use traced::traced;

    #[traced]
    pub(crate) fn r#match() {}
}

#[traced]
pub(crate) fn inner() {
    #[traced]
    {
        std::hint::black_box(1);
    }
    traced::span!("parse", {});
}

static EVALUATED: AtomicUsize = AtomicUsize::new(0);

pub(crate) fn evaluated() -> usize {
    EVALUATED.load(Ordering::SeqCst)
}

fn evaluate(n: i64) -> i64 {
    EVALUATED.fetch_add(1, Ordering::SeqCst);
    n
}

#[traced]
pub(crate) async fn everything() {
    rows().collect::<Vec<()>>().await;
    spawner().await;
    boxed().await;
    told(2).await;
}

#[traced]
fn rows() -> BoxStream<'static, ()> {
    Box::pin(futures::stream::iter([1]).map(|_| row()))
}

#[traced]
fn row() {}

#[traced]
async fn spawner() {
    #[traced_spawn(name = "unit", attributes(n = evaluate(3)))]
    let unit = tokio::spawn(async { leaf() });
    unit.await.unwrap();
}

#[traced]
fn boxed() -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async { leaf() })
}

#[traced(attributes(n = evaluate(n)))]
async fn told(n: i64) {
    leaf();
}

#[traced]
fn leaf() {}
