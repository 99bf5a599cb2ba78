//! Waits for spans that start or end late. Each such span wakes the waiting test; there is no polling.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use super::spans::Spans;

/// A condition of [`Spans::wait_for`]: the name of a span, a number of spans, a closure that returns whether all
/// spans are there, or [`Released`].
pub trait Wanted {
    /// Whether the condition holds for the spans so far.
    fn is_in(&self, spans: &Spans) -> bool;

    /// The words for the condition in the failure message.
    fn described(&self) -> String;
}

impl Wanted for &str {
    fn is_in(&self, spans: &Spans) -> bool {
        spans.iter().any(|span| span.name() == *self)
    }

    fn described(&self) -> String {
        format!("a span named {self:?}")
    }
}

/// At least this number of spans.
impl Wanted for usize {
    fn is_in(&self, spans: &Spans) -> bool {
        spans.len() >= *self
    }

    fn described(&self) -> String {
        match self {
            1 => "a span".to_owned(),
            count => format!("{count} spans"),
        }
    }
}

/// The condition that nothing holds the context of the capture any more.
///
/// A pool, a cache, a client or a background task that the code under test has made must not keep the
/// context, as the spans of later work would be in the trace of this request. A function with
/// [`#[traced::test]`](macro@crate::test) holds the context itself, so use a [`Capture`](super::Capture) for this
/// check.
///
/// ```
/// use opentelemetry::trace::FutureExt as _;
/// use traced::testing::{Capture, Released};
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// # runtime.block_on(async {
/// let capture = Capture::new();
/// let request = async {
///     let write_behind = traced::carry(async { traced::span!("write", {}) });
///     tokio::spawn(write_behind)
/// };
/// request.with_context(capture.context()).await;
/// let spans = capture.spans().wait_for_async(Released).await;
/// assert_eq!(spans.tree(), "write\n"); // no span of this request can come any more
/// # });
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Released;

impl Wanted for Released {
    fn is_in(&self, spans: &Spans) -> bool {
        !spans.is_held
    }

    fn described(&self) -> String {
        "the context of this capture to be released: a task, a thread or a value that lives on \
         still holds it"
            .to_owned()
    }
}

impl<F: Fn(&Spans) -> bool> Wanted for F {
    fn is_in(&self, spans: &Spans) -> bool {
        self(spans)
    }

    fn described(&self) -> String {
        "the spans that the closure asks for".to_owned()
    }
}

impl Spans {
    /// Waits until the condition holds, and returns all spans that have ended by then. It checks the condition
    /// whenever a span starts or ends, and never sleeps.
    ///
    /// In async code, use [`wait_for_async`](Spans::wait_for_async), as this method blocks the thread.
    ///
    /// ```
    /// use traced::testing::Capture;
    ///
    /// let capture = Capture::new();
    /// let attached = capture.context().attach();
    /// std::thread::spawn(traced::carry_fn(|| traced::span!("late", {})));
    /// let spans = capture.spans().wait_for("late");
    /// assert_eq!(spans.tree(), "late\n");
    ///
    /// for _ in 0..3 {
    ///     std::thread::spawn(traced::carry_fn(|| traced::span!("worker", {})));
    /// }
    /// let spans = spans.wait_for(4);
    /// assert_eq!(spans.all_named("worker").len(), 3);
    ///
    /// std::thread::spawn(traced::carry_fn(|| traced::span!("serve", { std::thread::park() })));
    /// spans.wait_for(|spans: &traced::testing::Spans| spans.open_names() == ["serve"]);
    /// # drop(attached);
    /// ```
    ///
    /// # Panics
    ///
    /// After five seconds, or the time set with [`deadline`](Spans::deadline). The message shows the tree, and the
    /// spans that have not ended.
    #[track_caller]
    pub fn wait_for(&self, wanted: impl Wanted) -> Spans {
        let deadline = after(self.deadline);
        loop {
            let spans = self.renewed();
            if wanted.is_in(&spans) {
                return spans;
            }
            if !self.source.wait_for_change(spans.seen, deadline) {
                spans.fail(&spans.too_late(&wanted.described()));
            }
        }
    }

    /// The same for async code, on any runtime. A thread keeps the deadline, so that it also works while the
    /// clock of a runtime is paused.
    ///
    /// ```
    /// use traced::testing::Capture;
    ///
    /// # let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    /// # runtime.block_on(async {
    /// let capture = Capture::new();
    /// let attached = capture.context().attach();
    /// tokio::spawn(traced::carry(async { traced::span!("late", {}) }));
    /// drop(attached);
    /// let spans = capture.spans().wait_for_async("late").await;
    /// assert_eq!(spans.tree(), "late\n");
    /// # });
    /// ```
    ///
    /// # Panics
    ///
    /// As [`wait_for`](Spans::wait_for).
    #[track_caller]
    pub fn wait_for_async<W: Wanted>(&self, wanted: W) -> impl Future<Output = Spans> + use<W> {
        Waiting {
            spans: self.clone(),
            wanted: Box::new(wanted),
            place: Location::caller(),
            alarm: None,
        }
    }

    /// Sets how long these spans wait at most: a year or less, by default five seconds.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// The spans that have ended by now.
    fn renewed(&self) -> Spans {
        Spans::of(&self.source).deadline(self.deadline)
    }

    fn too_late(&self, wanted: &str) -> String {
        let waited = self.deadline;
        let ended = match self.is_empty() {
            true => "no span has ended\n".to_owned(),
            false => format!("these spans have ended:\n{}", self.tree()),
        };
        format!("waited {waited:?} for {wanted}\n{ended}")
    }
}

/// The future of [`Spans::wait_for_async`].
struct Waiting<W> {
    spans: Spans,
    /// Boxed, so that the future is `Unpin` for any `W`.
    wanted: Box<W>,
    place: &'static Location<'static>,
    alarm: Option<Alarm>,
}

impl<W: Wanted> Future for Waiting<W> {
    type Output = Spans;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Spans> {
        let deadline = self.spans.deadline;
        let alarm = self.alarm.get_or_insert_with(|| Alarm::after(deadline));
        // Before the deadline is checked, so that an alarm that comes too early for this task is seen below.
        alarm.wakes(context.waker());
        let until = alarm.until;
        loop {
            let spans = self.spans.renewed();
            if self.wanted.is_in(&spans) {
                return Poll::Ready(spans);
            }
            if Instant::now() >= until {
                let message = spans.too_late(&self.wanted.described());
                spans.fail(&format!("{}: {message}", self.place));
            }
            if spans.source.wake_at_change(spans.seen, context.waker()) {
                return Poll::Pending;
            }
        }
    }
}

/// A thread that wakes a task once, unless it is dropped before.
struct Alarm {
    until: Instant,
    /// Of the task that polled last, as a future may move to another task.
    waker: Arc<Mutex<Waker>>,
    _stop: SyncSender<()>,
}

impl Alarm {
    fn after(time: Duration) -> Self {
        let (stop, stopped) = mpsc::sync_channel(0);
        let waker = Arc::new(Mutex::new(Waker::noop().clone()));
        let of_task = Arc::clone(&waker);
        let until = after(time);
        thread::spawn(move || {
            let left = until.saturating_duration_since(Instant::now());
            if stopped.recv_timeout(left) == Err(RecvTimeoutError::Timeout) {
                let waker = lock(&of_task).clone();
                waker.wake();
            }
        });
        Alarm {
            until,
            waker,
            _stop: stop,
        }
    }

    fn wakes(&self, waker: &Waker) {
        lock(&self.waker).clone_from(waker);
    }
}

fn lock(waker: &Mutex<Waker>) -> MutexGuard<'_, Waker> {
    waker.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A time that stands for ever: later ones overflow the clock.
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn after(time: Duration) -> Instant {
    Instant::now() + time.min(FOR_EVER)
}
