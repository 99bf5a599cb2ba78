//! The sharded maps of open spans, and the observer that fills them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use opentelemetry::Context;
use opentelemetry::trace::{SpanContext, SpanId, TraceId};
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use crate::fork::ForkMutex;
use crate::polls::Polls;
use crate::recorder::{Observer, Record};

pub(super) type Key = (TraceId, SpanId);
type All = HashMap<Key, Open>;

/// A span that is open.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) name: Cow<'static, str>,
    /// Invalid for a root.
    pub(super) parent: SpanId,
    pub(super) since: Instant,
    /// The polls of its future.
    pub(super) polls: Option<Arc<Polls>>,
}

const SHARDS: usize = 16;

/// The greatest number of spans in each shard.
const MOST: usize = 65_536 / SHARDS;

static OPEN: LazyLock<[ForkMutex<All>; SHARDS]> =
    LazyLock::new(|| std::array::from_fn(|_| ForkMutex::new(All::new())));
static ARE_KEPT: AtomicBool = AtomicBool::new(false);

fn shard((_, span): Key) -> &'static ForkMutex<All> {
    // Mixes all bytes, as the ids of a user's generator need not be random.
    let bytes = span.to_bytes();
    let mixed = bytes.iter().fold(0_u8, |mixed, byte| mixed ^ byte);
    &OPEN[usize::from(mixed) % SHARDS]
}

pub(super) fn are_kept() -> bool {
    ARE_KEPT.load(Ordering::Relaxed)
}

/// All spans that are open now. Others may start or end meanwhile.
pub(super) fn all() -> All {
    let mut all = All::new();
    for shard in OPEN.iter() {
        // Cloned under the lock and merged after it was released, so that spans wait as briefly as possible.
        let open = shard.lock().map(|open| open.clone());
        all.extend(open.unwrap_or_default());
    }
    all
}

/// Notes the polls of the future that has an open span.
pub(crate) fn note_polls(span: &SpanContext, polls: &Arc<Polls>) {
    if !are_kept() {
        return;
    }
    let key = (span.trace_id(), span.span_id());
    if let Some(mut open) = shard(key).lock() {
        if let Some(span) = open.get_mut(&key) {
            span.polls = Some(Arc::clone(polls));
        }
    }
}

/// Keeps the open spans of a provider, from [`keep`] until [`forget`], so that they can be logged at the end.
#[derive(Debug)]
pub(crate) struct LiveSpans;

/// Keeps the spans that start from now on.
pub(crate) fn keep() {
    forget();
    ARE_KEPT.store(true, Ordering::Relaxed);
}

/// Removes all open spans, and keeps no further ones.
pub(crate) fn forget() {
    ARE_KEPT.store(false, Ordering::Relaxed);
    for shard in OPEN.iter() {
        let gone = shard.lock().map(|mut open| std::mem::take(&mut *open));
        drop(gone);
    }
}

#[expect(clippy::ptr_arg, reason = "cloning a static name copies nothing")]
fn note_started(span: &SpanContext, name: &Cow<'static, str>, parent: SpanId) {
    if !span.is_sampled() || !are_kept() {
        return;
    }
    let key = (span.trace_id(), span.span_id());
    let started = Open {
        name: name.clone(),
        parent,
        since: Instant::now(),
        polls: None,
    };
    if let Some(mut open) = shard(key).lock() {
        if open.len() < MOST {
            open.insert(key, started);
        }
    }
}

fn ended(span: &SpanContext) {
    let key = (span.trace_id(), span.span_id());
    let gone = shard(key).lock().and_then(|mut open| open.remove(&key));
    drop(gone);
}

impl Observer for LiveSpans {
    fn started(&self, span: &mut Record, _: &Context) {
        note_started(span.span_context(), span.name(), span.parent());
    }

    fn ended(&self, span: SpanData) {
        ended(&span.span_context);
    }
}

impl SpanProcessor for LiveSpans {
    fn on_start(&self, span: &mut Span, _: &Context) {
        use opentelemetry::trace::Span as _;

        let Some(data) = span.exported_data() else {
            return;
        };
        note_started(span.span_context(), &data.name, data.parent_span_id);
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
