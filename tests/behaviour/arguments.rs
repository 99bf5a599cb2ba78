//! The other arguments of `#[traced]`.

use opentelemetry::trace::{
    SpanContext, SpanId, SpanKind, TraceContextExt, TraceFlags, TraceId, TraceState,
};
use opentelemetry::{Context, trace::Status};
use traced::testing::{capture, capture_async};
use traced::traced;

#[traced]
fn r#match() {}

#[test]
fn the_name_is_the_functions_without_the_raw_prefix() {
    let ((), spans) = capture(r#match);
    assert_eq!(spans.len(), 1);
    assert_eq!(spans.iter().next().unwrap().name(), "match");
}

#[traced(name = "a name")]
fn named() {}

#[traced(name = format!("GET {path}"), allow(unbounded_name))]
fn computed(path: &str) {}

#[traced(name = NAME)]
async fn constant() {}

const NAME: &str = "from a constant";

#[tokio::test]
async fn the_name_can_be_given_or_computed() {
    let ((), spans) = capture_async(async {
        named();
        computed("/x");
        constant().await;
    })
    .await;
    assert_eq!(spans.tree(), "a name\nGET /x\nfrom a constant\n");
}

#[traced(kind = "internal")]
fn internal() {}
#[traced(kind = "server")]
fn server() {}
#[traced(kind = "client")]
fn client() {}
#[traced(kind = "producer")]
fn producer() {}
#[traced(kind = "consumer")]
fn consumer() {}

#[test]
fn the_kind_is_one_of_five() {
    let ((), spans) = capture(|| {
        internal();
        server();
        client();
        producer();
        consumer();
    });
    let kinds: Vec<_> = spans.iter().map(|span| span.kind().clone()).collect();
    let all = [
        SpanKind::Internal,
        SpanKind::Server,
        SpanKind::Client,
        SpanKind::Producer,
        SpanKind::Consumer,
    ];
    assert_eq!(kinds, all);
}

fn remote() -> SpanContext {
    SpanContext::new(
        TraceId::from(0xabc),
        SpanId::from(0xdef),
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    )
}

#[traced(parent = parent)]
fn under_span_context(parent: SpanContext) -> SpanContext {
    parent
}

#[traced(parent = parent)]
fn under_context(parent: &Context) {}

#[traced(parent = parent)]
async fn under_owned_context(parent: Context) {}

#[tokio::test]
async fn the_parent_can_be_given() {
    // The new context is below that of the capture, which marks its spans by a value in the
    // context.
    let ((), spans) = capture_async(async {
        under_span_context(remote());
        let parent = Context::current().with_remote_span_context(remote());
        under_context(&parent);
        under_owned_context(parent).await;
    })
    .await;
    for name in ["under_span_context", "under_context", "under_owned_context"] {
        assert_eq!(spans.named(name).parent_id(), remote().span_id(), "{name}");
        assert_eq!(spans.named(name).trace_id(), remote().trace_id(), "{name}");
    }
}

#[traced(root)]
fn new_trace() {
    in_new_trace();
}

#[traced]
fn in_new_trace() {}

#[traced]
fn old_trace() {
    new_trace();
}

#[test]
fn a_root_starts_a_new_trace_for_itself_and_its_children() {
    let ((), spans) = capture(old_trace);
    let root = spans.named("new_trace");
    assert!(root.is_root());
    assert_ne!(root.trace_id(), spans.named("old_trace").trace_id());
    assert!(spans.named("in_new_trace").is_child_of(root));
}

#[traced(scope = "my.scope")]
fn in_scope() {}

#[test]
fn the_scope_is_the_crate_unless_given() {
    let ((), spans) = capture(|| {
        named();
        in_scope();
    });
    let scope = |name| spans.named(name).data().instrumentation_scope.clone();
    assert_eq!(scope("a name").name(), "traced-tests");
    assert_eq!(scope("a name").version(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(scope("in_scope").name(), "my.scope");
    assert_eq!(scope("in_scope").version(), None);
}

#[allow(
    clippy::single_component_path_imports,
    reason = "it is the re-export that is tested"
)]
mod reexports {
    pub(crate) use traced;
}

#[reexports::traced::traced(crate = crate::arguments::reexports::traced, attributes(n))]
fn through_a_reexport(n: u8) -> Result<(), String> {
    Err("seen".into())
}

#[test]
fn traced_may_live_elsewhere() {
    let (_, spans) = capture(|| through_a_reexport(1));
    assert_eq!(
        *spans.named("through_a_reexport").status(),
        Status::error("seen")
    );
}

type Loading = std::pin::Pin<Box<dyn Future<Output = Result<u8, String>> + Send>>;

#[traced(returns = "future")]
fn behind_an_alias(fail: bool) -> Loading {
    Box::pin(async move { if fail { Err("gone".into()) } else { Ok(1) } })
}

#[traced(returns = "value")]
fn only_the_call() -> Loading {
    Box::pin(async { Err("later".into()) })
}

#[tokio::test]
async fn what_is_timed_can_be_said() {
    let (_, spans) = capture_async(async { behind_an_alias(true).await }).await;
    assert_eq!(
        *spans.named("behind_an_alias").status(),
        Status::error("gone")
    );
    let (_, spans) = capture_async(async { only_the_call().await }).await;
    assert_eq!(*spans.named("only_the_call").status(), Status::Unset);
}

#[traced]
fn loses_a_named_one(#[cfg(any())] gone: u8, kept: u8) -> u8 {
    #[cfg(any())]
    {
        let _ = gone;
    }
    kept
}

#[traced]
fn loses_all(#[cfg(any())] _gone: u8) {}

#[traced]
fn loses_a_recorded_one(
    #[cfg(any())]
    #[attribute]
    gone: u8,
    #[attribute] kept: u8,
) {
}

#[traced]
async fn loses_one_in_a_future(
    #[cfg(any())] mut _gone: Option<&str>,
    #[cfg(not(any()))]
    #[attribute]
    mut kept: Option<&str>,
) {
    #[cfg(any())]
    {
        _gone = None;
    }
    let inside = "inside".to_owned();
    kept = kept.or(Some(&inside));
    let _ = kept;
}

#[traced]
fn has_one_of_two(#[cfg(any())] which: u8, #[cfg(not(any()))] which: &str) -> usize {
    which.len()
}

#[tokio::test]
async fn a_parameter_may_be_compiled_out() {
    let (_, spans) = capture_async(async {
        loses_a_named_one(1);
        loses_all();
        loses_a_recorded_one(2);
        loses_one_in_a_future(Some("3")).await;
        has_one_of_two("4")
    })
    .await;
    assert_eq!(
        spans.tree(),
        "loses_a_named_one\nloses_all\nloses_a_recorded_one kept=2\n\
         loses_one_in_a_future kept=3\nhas_one_of_two\n"
    );
}

mod names_that_borrow {
    use super::*;

    struct Job {
        name: String,
    }

    impl Job {
        fn name(&self) -> &str {
            &self.name
        }

        #[traced(name = self.name())]
        async fn run_async(self, _turns: u8) -> usize {
            self.name.len()
        }

        #[traced(name = self.name())]
        fn run(self) -> usize {
            self.name.len()
        }

        #[traced(name = &*self.name, extract = headers)]
        async fn by_reference(&self, headers: &std::collections::HashMap<String, String>) -> usize {
            self.name.len() + headers.len()
        }
    }

    #[traced(name = name)]
    async fn of_a_parameter(name: &str) -> usize {
        name.len()
    }

    #[traced(name = match wide { true => "wide", false => "narrow" })]
    fn fixed(wide: bool) -> bool {
        wide
    }

    #[tokio::test]
    async fn are_copied() {
        let job = || Job { name: "job".into() };
        let (_, spans) = capture_async(async {
            job().run_async(1).await;
            job().run();
            job().by_reference(&std::collections::HashMap::new()).await;
            of_a_parameter("of a parameter").await;
            fixed(true);
        })
        .await;
        let names: Vec<_> = spans.iter().map(|span| span.name().to_owned()).collect();
        assert_eq!(names, ["job", "job", "job", "of a parameter", "wide"]);
    }
}
