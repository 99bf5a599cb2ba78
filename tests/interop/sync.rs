//! Synchronous functions and span guards.

use opentelemetry::trace::TraceContextExt;
use opentelemetry::{Context, global};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::layer::SubscriberExt;

use crate::capture;
use traced::traced;

#[traced]
fn ours() {}

#[tracing::instrument]
fn theirs() {}

#[traced]
fn ours_calls_theirs() {
    theirs();
}

#[tracing::instrument]
fn theirs_calls_ours() {
    ours();
}

#[test]
fn an_instrumented_function_is_the_parent_of_ours() {
    let ((), spans) = capture(theirs_calls_ours);
    assert_eq!(spans.tree(), "theirs_calls_ours\n  ours\n");
}

#[test]
fn ours_is_the_parent_of_an_instrumented_function() {
    let ((), spans) = capture(ours_calls_theirs);
    assert_eq!(spans.tree(), "ours_calls_theirs\n  theirs\n");
}

#[test]
fn both_take_turns_and_siblings_stay_siblings() {
    #[traced]
    fn top() {
        theirs_calls_ours();
        ours_calls_theirs();
        theirs();
        ours();
    }
    let ((), spans) = capture(|| {
        tracing::info_span!("around").in_scope(top);
        ours();
    });
    let expected = "\
around
  top
    theirs_calls_ours
      ours
    ours_calls_theirs
      theirs
    theirs
    ours
ours
";
    assert_eq!(spans.tree(), expected);
}

#[test]
fn an_entered_guard_is_a_parent_for_as_long_as_it_lives() {
    #[traced]
    fn top() {
        let entered = tracing::info_span!("entered").entered();
        ours();
        let span = entered.exit();
        theirs();
        drop(span);
    }
    let ((), spans) = capture(top);
    assert_eq!(spans.tree(), "top\n  entered\n    ours\n  theirs\n");
}

#[test]
fn a_guard_that_outlives_the_function_does_not_move_its_siblings() {
    // The guard is returned, so it is dropped after the span of the function has ended.
    #[traced]
    fn gives_out() -> tracing::span::EnteredSpan {
        tracing::info_span!("given_out").entered()
    }
    #[traced]
    fn top() {
        let guard = gives_out();
        ours();
        drop(guard);
        theirs();
    }
    let ((), spans) = capture(top);
    let given_out = spans.named("given_out");
    assert!(given_out.is_child_of(spans.named("gives_out")));
    assert!(spans.named("theirs").is_child_of(spans.named("top")));
}

#[test]
fn a_tracing_span_belongs_where_it_was_made() {
    #[traced]
    fn elsewhere(span: tracing::Span) {
        span.in_scope(ours);
    }
    let ((), spans) = capture(|| {
        let made = tracing::info_span!("outer").in_scope(|| tracing::info_span!("made"));
        elsewhere(made);
    });
    assert_eq!(spans.tree(), "outer\n  made\n    ours\nelsewhere\n");
}

#[test]
fn an_explicit_context_is_a_parent_in_both_directions() {
    #[traced(parent = parent)]
    fn below(parent: Context) {}
    #[traced]
    fn top() -> Context {
        Context::current()
    }
    let ((), spans) = capture(|| {
        let span = tracing::info_span!("of_ours");
        span.set_parent(top()).unwrap();
        below(span.context());
    });
    assert_eq!(spans.tree(), "top\n  of_ours\n    below\n");
}

#[test]
fn what_the_body_says_goes_to_the_span_that_is_current() {
    #[traced]
    fn top() {
        traced::set_attributes!(said.to = "ours");
        let _entered = tracing::info_span!("inner").entered();
        traced::set_attributes!(said.to = "theirs");
        assert_eq!(
            traced::current().span_id(),
            Context::current().span().span_context().span_id()
        );
    }
    let ((), spans) = capture(top);
    assert_eq!(spans.tree(), "top said.to=ours\n  inner said.to=theirs\n");
}

#[test]
fn an_event_of_tracing_is_an_event_of_the_tracing_span_around_it() {
    #[traced]
    fn top() {
        tracing::info_span!("inner").in_scope(|| tracing::info!("said"));
    }
    let ((), spans) = capture(top);
    assert_eq!(spans.named("inner").events()[0].name, "said");
}

/// What happens if the option is changed against the documentation's advice.
#[test]
fn without_context_activation_ours_do_not_see_theirs() {
    let ((), spans) = capture(|| {
        let layer = tracing_opentelemetry::layer()
            .with_tracer(global::tracer("theirs"))
            .with_location(false)
            .with_target(false)
            .with_context_activation(false);
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::with_default(subscriber, || {
            theirs_calls_ours();
            // The parent given by hand, for a single call.
            #[traced(parent = tracing::Span::current().context())]
            fn ours_below() {}
            tracing::info_span!("below").in_scope(ours_below);
        });
    });
    assert!(spans.named("ours").is_root());
    assert!(spans.named("ours_below").is_child_of(spans.named("below")));
}
