use std::fs;
use std::sync::OnceLock;

use opentelemetry::InstrumentationScope;
use opentelemetry::trace::{SpanContext, SpanKind, TraceFlags, TraceState};
use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};

use super::*;

fn span() -> SpanData {
    let (trace, span) = (TraceId::from_bytes([7; 16]), SpanId::from_bytes([1; 8]));
    SpanData {
        span_context: SpanContext::new(
            trace,
            span,
            TraceFlags::SAMPLED,
            false,
            TraceState::default(),
        ),
        parent_span_id: SpanId::INVALID,
        parent_span_is_remote: false,
        span_kind: SpanKind::Internal,
        name: "work".into(),
        start_time: SystemTime::UNIX_EPOCH,
        end_time: SystemTime::UNIX_EPOCH,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: Status::Unset,
        instrumentation_scope: InstrumentationScope::default(),
    }
}

#[test]
fn a_page_that_could_not_be_written_is_written_at_the_next_flush() {
    let folder = std::env::temp_dir().join(format!("traced-pages-{}", std::process::id()));
    // A file where the folder of the page should be.
    fs::write(&folder, "").unwrap();
    let path = folder.join("page.html");
    let pages = Pages::new(Target::of(&path), Arc::new(|_| {}), None);
    pages.ended(&span());
    assert!(pages.shared.write(&Reason::Flush).is_err());
    assert!(pages.shared.write(&Reason::Flush).is_err());
    fs::remove_file(&folder).unwrap();
    let written = pages.shared.write(&Reason::Flush).unwrap();
    assert_eq!(written.as_deref(), Some(&*path));
    assert!(path.exists());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn spans_need_not_wait_until_a_page_is_made() {
    static PAGES: OnceLock<Pages> = OnceLock::new();
    static WAS_FREE: AtomicBool = AtomicBool::new(false);

    // No assertion here, as a panic takes the lock too.
    let finish = |_: &mut SpanData| {
        let shared = &PAGES.get().unwrap().shared;
        WAS_FREE.store(shared.state.try_lock().is_some(), Ordering::Relaxed);
    };
    let folder = std::env::temp_dir().join(format!("traced-page-made-{}", std::process::id()));
    let target = Target::of(folder.join("page.html"));
    let pages = PAGES.get_or_init(|| Pages::new(target, Arc::new(finish), None));
    pages.started(span());
    pages.shared.write(&Reason::Flush).unwrap();
    fs::remove_dir_all(folder).unwrap();
    assert!(WAS_FREE.load(Ordering::Relaxed));
}
