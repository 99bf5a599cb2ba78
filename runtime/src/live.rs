//! The open spans of this process, if the program or the environment enables this (feature `init`).
//!
//! An observer of the provider keeps them in sharded maps, so that threads seldom contend. If it is not enabled, there
//! is no observer and no span is slower. A field of each record that every start writes would cost every program what
//! few of them use.

mod spans;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::time::{Duration, Instant};

use opentelemetry::trace::{SpanId, TraceId};

use self::spans::{Key, Open};
pub(crate) use self::spans::{LiveSpans, forget, keep, note_polls};

/// The spans that are open now, as trees.
///
/// They are kept from `init` on if [`TelemetryBuilder::live`](crate::telemetry::TelemetryBuilder::live) or
/// `TRACED_LIVE=true` enables it; otherwise the list is empty, and its `Display` says so. Spans that are not sampled
/// are not included, and at most 65,536 spans are kept.
///
/// ```
/// use traced::telemetry::TelemetryBuilder;
///
/// # fn main() -> Result<(), traced::telemetry::InitError> {
/// let _telemetry = TelemetryBuilder::default().live(true).no_exporter().init()?;
/// traced::span!("import", {
///     traced::span!("read", {
///         let live = traced::live();
///         let names: Vec<&str> = live.spans().iter().map(|span| span.name()).collect();
///         assert_eq!(names, ["import", "read"]);
///         println!("{live}");
///         // 2 open spans
///         // import  12.3s  busy
///         //   read  12.1s  busy
///     })
/// });
/// # Ok(())
/// # }
/// ```
pub fn live() -> Live {
    let now = Instant::now();
    let open = spans::all();
    let mut children: HashMap<Key, Vec<Key>> = HashMap::new();
    let mut roots = Vec::new();
    for (key, span) in &open {
        let parent = (key.0, span.parent);
        match open.contains_key(&parent) && parent != *key {
            true => children.entry(parent).or_default().push(*key),
            false => roots.push(*key),
        }
    }
    let oldest_first = |keys: &mut Vec<Key>| keys.sort_by_key(|key| Reverse(open[key].since));
    oldest_first(&mut roots);
    children.values_mut().for_each(oldest_first);
    let mut found = Vec::with_capacity(open.len());
    // A stack, whose last element is the oldest span and comes next.
    let mut waiting: Vec<(Key, usize)> = roots.into_iter().map(|key| (key, 0)).collect();
    while let Some((key, depth)) = waiting.pop() {
        found.push(LiveSpan::of(key, &open[&key], depth, now));
        let below = children.remove(&key).unwrap_or_default();
        waiting.extend(below.into_iter().map(|key| (key, depth + 1)));
    }
    Live {
        spans: found,
        are_kept: spans::are_kept(),
    }
}

/// The result of [`live`](fn@live): the open spans, each after its parent.
///
/// Its `Display` has a line for each span, below its parent: its name, its age, and whether it is busy or waiting. If
/// there are more than 256 spans, the rest is only counted.
#[derive(Clone, Debug, Default)]
pub struct Live {
    spans: Vec<LiveSpan>,
    are_kept: bool,
}

/// An open span.
///
/// ```
/// # use traced::telemetry::TelemetryBuilder;
/// # fn main() -> Result<(), traced::telemetry::InitError> {
/// # let _telemetry = TelemetryBuilder::default().live(true).no_exporter().init()?;
/// traced::span!("load", {
///     let live = traced::live();
///     let load = &live.spans()[0];
///     assert_eq!((load.name(), load.depth()), ("load", 0));
///     assert_eq!(load.trace_id(), traced::current().trace_id());
///     assert!(load.parent_span_id().is_none());
/// });
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct LiveSpan {
    name: String,
    trace_id: TraceId,
    span_id: SpanId,
    parent_span_id: Option<SpanId>,
    age: Duration,
    state: LiveState,
    polls: Option<u64>,
    depth: usize,
}

/// The state of an open span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LiveState {
    /// Its code is running on a thread: a call that has not returned, or a future that is being polled.
    Busy,
    /// Its future waits to be polled.
    Waiting,
}

/// The greatest number of spans in the text.
const MOST_SHOWN: usize = 256;

impl Live {
    /// The spans, each followed by its descendants; siblings from the oldest to the youngest.
    ///
    /// ```
    /// # use traced::telemetry::TelemetryBuilder;
    /// # fn main() -> Result<(), traced::telemetry::InitError> {
    /// # let _telemetry = TelemetryBuilder::default().live(true).no_exporter().init()?;
    /// let open = traced::span!("load", { traced::live().spans().len() });
    /// assert_eq!(open, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn spans(&self) -> &[LiveSpan] {
        &self.spans
    }

    /// Whether open spans are kept, because the program or the environment enabled it.
    ///
    /// ```
    /// assert!(!traced::live().are_kept());
    /// ```
    pub fn are_kept(&self) -> bool {
        self.are_kept
    }
}

impl LiveSpan {
    fn of((trace_id, span_id): Key, open: &Open, depth: usize, now: Instant) -> Self {
        let polls = open.polls.as_ref();
        LiveSpan {
            name: open.name.to_string(),
            trace_id,
            span_id,
            parent_span_id: Some(open.parent).filter(|parent| *parent != SpanId::INVALID),
            age: now.saturating_duration_since(open.since),
            state: match polls.is_none_or(|polls| polls.is_busy()) {
                true => LiveState::Busy,
                false => LiveState::Waiting,
            },
            polls: polls.map(|polls| polls.count()),
            depth,
        }
    }

    /// Its name when it started.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its trace.
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// Its own id.
    pub fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// Its parent, open or not; `None` for a root.
    pub fn parent_span_id(&self) -> Option<SpanId> {
        self.parent_span_id
    }

    /// How long ago it started.
    pub fn age(&self) -> Duration {
        self.age
    }

    /// Whether the span is busy or waiting.
    pub fn state(&self) -> LiveState {
        self.state
    }

    /// How many polls of its future have ended; `None` for a span that is not a future's.
    pub fn polls(&self) -> Option<u64> {
        self.polls
    }

    /// How many open spans are its ancestors.
    pub fn depth(&self) -> usize {
        self.depth
    }
}

impl fmt::Display for LiveState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LiveState::Busy => "busy",
            LiveState::Waiting => "waiting",
        })
    }
}

/// A line such as `load  12.3s  waiting (4 polls)`, indented by its depth.
impl fmt::Display for LiveSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:width$}", "", width = 2 * self.depth.min(40))?;
        // A name may contain control characters, which must not reach a terminal.
        for c in self.name.chars() {
            let is_plain =
                !c.is_control() && !matches!(c, '\u{200e}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            fmt::Write::write_char(f, if is_plain { c } else { '\u{fffd}' })?;
        }
        write!(f, "  {:.1?}  {}", self.age, self.state)?;
        match self.polls {
            Some(1) => f.write_str(" (1 poll)"),
            Some(polls) => write!(f, " ({polls} polls)"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.are_kept {
            return f.write_str(
                "open spans are not kept: set TRACED_LIVE=true, or TelemetryBuilder::live(true)",
            );
        }
        match self.spans.len() {
            1 => f.write_str("1 open span")?,
            count => write!(f, "{count} open spans")?,
        }
        for span in self.spans.iter().take(MOST_SHOWN) {
            write!(f, "\n{span}")?;
        }
        match self.spans.len().saturating_sub(MOST_SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n... and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_of_a_name_are_replaced() {
        let span = LiveSpan {
            name: "a\x1b[31m\u{202e}b".into(),
            trace_id: TraceId::INVALID,
            span_id: SpanId::INVALID,
            parent_span_id: None,
            age: Duration::from_millis(1500),
            state: LiveState::Waiting,
            polls: Some(1),
            depth: 1,
        };
        assert_eq!(
            span.to_string(),
            "  a\u{fffd}[31m\u{fffd}b  1.5s  waiting (1 poll)"
        );
        let live = Live {
            spans: vec![span; 300],
            are_kept: true,
        };
        let text = live.to_string();
        assert_eq!(text.lines().count(), 258);
        assert!(text.ends_with("\n... and 44 more"));
    }
}
