//! Counts spans that lost their context by call site, on request (feature `init`).
//!
//! All SQL statements share one call site, and so do all requests of a client. They are counted by span name instead:
//! otherwise the `CREATE TABLE` at start-up, a root, would make every later query look as if it had lost its context.
//!
//! If some spans of a call site have parents and others are roots, it was called where the context had been lost. A
//! span that starts after its parent has ended may belong to work that kept the context for too long, or to a
//! task that was spawned with the context and outlives its parent as it should. Where all spans have parents, none has
//! lost its context, so such spans are reported by a note of their own. They are counted and reported at the end. If
//! it is not requested, there is no observer and no span is slower.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, SpanKind, TraceContextExt as _, TraceId};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::call_site::CallSite;
use crate::fork::ForkMutex;
use crate::recorder::{Observer, Record};

/// How many ended spans are remembered. If more spans have ended after a parent, its children no longer count as late.
const MOST_ENDED: usize = 65_536;

/// How many call sites are counted; programs have fewer.
const MOST_SITES: usize = 65_536;

static IS_COUNTED: AtomicBool = AtomicBool::new(false);
static COUNTED: ForkMutex<Option<Counted>> = ForkMutex::new(None);

#[derive(Debug, Default)]
struct Counted {
    sites: HashMap<Site, Counts>,
    ended: Ended,
}

/// Where spans start.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Site {
    /// A call site, by its address, as it is static.
    Known(usize),
    /// The scope and the name of a span: of a statement or a request, and of any span of the SDK's provider, which
    /// knows nothing else.
    Named(String, String),
}

#[derive(Clone, Debug, Default)]
struct Counts {
    path: String,
    /// All spans of kinds that usually have a parent.
    all: u64,
    roots: u64,
    /// Spans whose parent had ended.
    late: u64,
}

/// The spans that ended last.
#[derive(Debug, Default)]
struct Ended {
    known: HashSet<(TraceId, SpanId)>,
    order: VecDeque<(TraceId, SpanId)>,
}

impl Ended {
    fn add(&mut self, span: &SpanContext) {
        let key = (span.trace_id(), span.span_id());
        if !self.known.insert(key) {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > MOST_ENDED {
            if let Some(oldest) = self.order.pop_front() {
                self.known.remove(&oldest);
            }
        }
    }

    fn has(&self, span: &SpanContext) -> bool {
        self.known.contains(&(span.trace_id(), span.span_id()))
    }
}

/// A call site that lost its context, `lost context at shop::db::load: 12 of 340`, or whose spans were late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    path: String,
    all: u64,
    /// Spans that were roots; 0 unless other spans of the same call site have parents.
    roots: u64,
    late: u64,
}

impl Finding {
    fn of(counts: Counts) -> Option<Self> {
        let Counts {
            path,
            all,
            roots,
            late,
        } = counts;
        // A call site whose spans are always roots begins traces, such as a job or a timer.
        let roots = if roots < all { roots } else { 0 };
        (roots + late > 0).then_some(Finding {
            path,
            all,
            roots,
            late,
        })
    }

    /// Whether spans lost their context. Otherwise all have parents, some of which had ended.
    pub(crate) fn is_lost(&self) -> bool {
        self.roots > 0
    }

    fn count(&self) -> u64 {
        self.roots + self.late
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding {
            path,
            all,
            roots,
            late,
        } = self;
        if !self.is_lost() {
            return write!(
                f,
                "lost context at {path}: {late} of {all} ({late} after their parent had ended, as spans of a spawned \
                 task may)"
            );
        }
        let count = self.count();
        write!(
            f,
            "lost context at {path}: {count} of {all} ({roots} started as roots"
        )?;
        if *late > 0 {
            write!(f, ", {late} after their parent had ended")?;
        }
        f.write_str(")")
    }
}

/// Counts the spans of a provider until [`take`] is called.
#[derive(Debug)]
pub(crate) struct LostContexts;

/// Counts the spans that start from now on.
pub(crate) fn count() {
    if let Some(mut counted) = COUNTED.lock() {
        *counted = Some(Counted::default());
    }
    IS_COUNTED.store(true, Ordering::Relaxed);
}

/// Stops counting, and returns the call sites that lost their context or had late spans, the most frequent first.
/// `None` if spans were not counted.
pub(crate) fn take() -> Option<Vec<Finding>> {
    IS_COUNTED.store(false, Ordering::Relaxed);
    let counted = COUNTED.lock()?.take()?;
    let found = counted.sites.into_values().filter_map(Finding::of);
    let mut found: Vec<Finding> = found.collect();
    found.sort_by(|a, b| b.count().cmp(&a.count()).then_with(|| a.path.cmp(&b.path)));
    Some(found)
}

/// A span that starts.
struct Starting<'a> {
    kind: &'a SpanKind,
    parent: SpanContext,
    /// The span links to its origin instead of being its child.
    has_links: bool,
}

fn started(starting: &Starting<'_>, site: impl FnOnce() -> Site, path: impl FnOnce() -> String) {
    let is_inside = matches!(
        starting.kind,
        SpanKind::Internal | SpanKind::Client | SpanKind::Producer
    );
    let parent = &starting.parent;
    let is_root = !parent.is_valid();
    if !is_inside || (is_root && starting.has_links) || !IS_COUNTED.load(Ordering::Relaxed) {
        return;
    }
    let site = site();
    let mut counted = COUNTED.lock();
    let Some(Some(Counted { sites, ended })) = counted.as_deref_mut() else {
        return;
    };
    if sites.len() >= MOST_SITES && !sites.contains_key(&site) {
        return;
    }
    let counts = sites.entry(site).or_insert_with(|| Counts {
        path: path(),
        ..Counts::default()
    });
    counts.all += 1;
    counts.roots += u64::from(is_root);
    counts.late += u64::from(!is_root && ended.has(parent));
}

fn started_by_name(starting: &Starting<'_>, scope: &str, name: &str) {
    started(
        starting,
        || Site::Named(scope.to_owned(), name.to_owned()),
        || format!("{scope}::{name}"),
    );
}

fn ended(span: &SpanContext) {
    if !IS_COUNTED.load(Ordering::Relaxed) {
        return;
    }
    if let Some(Some(counted)) = COUNTED.lock().as_deref_mut() {
        counted.ended.add(span);
    }
}

impl Observer for LostContexts {
    fn started(&self, span: &mut Record, parent: &Context) {
        // A span that was started through OpenTelemetry's API has no call site to report.
        let Some(site) = span.call_site() else {
            return;
        };
        let starting = Starting {
            kind: span.kind(),
            parent: parent.span().span_context().clone(),
            has_links: span.has_links(),
        };
        if site.has_many_names() {
            started_by_name(&starting, site.scope.name, span.name());
            return;
        }
        let address = std::ptr::from_ref::<CallSite>(site).addr();
        started(&starting, || Site::Known(address), || site.function_path());
    }

    fn ended(&self, span: SpanData) {
        ended(&span.span_context);
    }
}

/// For the SDK's provider, which is installed if the user adds a span processor, and does not know call sites.
impl SpanProcessor for LostContexts {
    fn on_start(&self, span: &mut Span, parent: &Context) {
        let Some(data) = span.exported_data() else {
            return;
        };
        let starting = Starting {
            kind: &data.span_kind,
            parent: parent.span().span_context().clone(),
            has_links: !data.links.links.is_empty(),
        };
        started_by_name(&starting, data.instrumentation_scope.name(), &data.name);
    }

    fn on_end(&self, span: SpanData) {
        ended(&span.span_context);
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(all: u64, roots: u64, late: u64) -> Option<String> {
        let path = "shop::db::load".to_owned();
        let found = Finding::of(Counts {
            path,
            all,
            roots,
            late,
        });
        found.map(|found| found.to_string())
    }

    #[test]
    fn a_call_site_whose_spans_are_always_roots_has_lost_nothing() {
        assert_eq!(counts(340, 340, 0), None);
        assert_eq!(counts(340, 0, 0), None);
    }

    #[test]
    fn lost_contexts_are_reported_with_their_counts() {
        let message = |all, roots, late| counts(all, roots, late).unwrap();
        assert_eq!(
            message(340, 12, 0),
            "lost context at shop::db::load: 12 of 340 (12 started as roots)"
        );
        assert_eq!(
            message(340, 12, 3),
            "lost context at shop::db::load: 15 of 340 (12 started as roots, 3 after their parent had ended)"
        );
    }

    #[test]
    fn the_report_says_why_late_spans_may_be_right() {
        assert_eq!(
            counts(340, 0, 5).unwrap(),
            "lost context at shop::db::load: 5 of 340 (5 after their parent had ended, as spans of a spawned task may)"
        );
        // A task of a job, whose call site begins traces each time.
        assert!(counts(9, 9, 0).is_none());
    }

    #[test]
    fn the_latest_ended_spans_are_remembered() {
        let context = |id: u64| {
            let (trace, span) = (TraceId::from(1), SpanId::from(id));
            SpanContext::new(trace, span, Default::default(), false, Default::default())
        };
        let mut ended = Ended::default();
        for id in 1..=MOST_ENDED as u64 + 1 {
            ended.add(&context(id));
            ended.add(&context(id));
        }
        assert!(!ended.has(&context(1)));
        assert!(ended.has(&context(2)) && ended.has(&context(MOST_ENDED as u64 + 1)));
        assert_eq!(ended.known.len(), MOST_ENDED);
    }
}
