//! The open statements of a connection: those that were sent and whose end was not reported yet.
//!
//! There is at most one, except with diesel-async. A connection to PostgreSQL that is used by shared reference sends
//! statements while others are open, and the end of each is reported. The end of a statement whose future was dropped
//! is never reported. The two cases cannot be told apart at first, so a statement counts as dropped when the span that
//! sent it has ended, or when a statement that was sent long after it has ended: a connection answers in order, and
//! only preparing a statement is a request and a response of its own before the statement's.

use std::mem;
use std::time::SystemTime;

use opentelemetry::Context;
use opentelemetry::trace::{SpanId, TraceContextExt as _};

use crate::current_context;
use crate::span::ActiveSpan;
use crate::stopwatch::Stopwatch;

#[derive(Debug)]
pub(super) struct Open {
    pub(super) span: ActiveSpan,
    pub(super) begun: Stopwatch,
    /// The statement without bound values.
    text: String,
    /// The context in which it was sent, and whether the span of the context was open then.
    context: Context,
    had_sender: bool,
    number: u64,
    /// When the next one was sent. If this one was dropped, that was before.
    followed: Option<SystemTime>,
    /// The number of the last statement that had been sent when a later one than this ended.
    overtaken: Option<u64>,
}

impl Open {
    fn sender(&self) -> SpanId {
        self.context.span().span_context().span_id()
    }

    /// Whether the span that sent it has ended, so that nobody waits for it.
    fn is_abandoned(&self) -> bool {
        self.had_sender && !self.context.span().is_recording()
    }

    fn cancel(self) {
        self.span
            .cancel_at(self.followed.unwrap_or_else(crate::end_time::now));
    }
}

/// In the order in which they were sent.
#[derive(Debug, Default)]
pub(super) struct OpenStatements {
    open: Vec<Open>,
    sent: u64,
}

impl OpenStatements {
    /// Notes a statement that is sent.
    pub(super) fn add(&mut self, text: String, span: Option<ActiveSpan>) {
        self.sent += 1;
        if !self.open.is_empty() {
            self.cancel_those(Open::is_abandoned);
            let now = SystemTime::now();
            for open in &mut self.open {
                open.followed.get_or_insert(now);
            }
        }
        let Some(span) = span else {
            return;
        };
        let context = current_context::current();
        self.open.push(Open {
            span,
            begun: Stopwatch::start(),
            text,
            had_sender: context.span().is_recording(),
            context,
            number: self.sent,
            followed: None,
            overtaken: None,
        });
    }

    /// Takes the statement that has ended: the oldest with this text that the current span sent, or else the oldest
    /// with this text.
    pub(super) fn take(&mut self, text: impl FnOnce() -> String) -> Option<Open> {
        let index = match self.open[..] {
            [] => return None,
            [_] => 0,
            _ => self.position(&text())?,
        };
        let ended = self.open.remove(index);
        let sent = self.sent;
        self.cancel_those(|open| {
            open.number < ended.number && open.overtaken.is_some_and(|last| last < ended.number)
        });
        for open in &mut self.open {
            if open.number < ended.number {
                open.overtaken.get_or_insert(sent);
            }
        }
        Some(ended)
    }

    fn position(&self, text: &str) -> Option<usize> {
        let current = current_context::current().span().span_context().span_id();
        let is_it = |open: &Open| open.text == text;
        let of_current = |open: &Open| is_it(open) && open.sender() == current;
        let index = self.open.iter().position(of_current);
        index.or_else(|| self.open.iter().position(is_it))
    }

    fn cancel_those(&mut self, mut is_gone: impl FnMut(&Open) -> bool) {
        let (gone, open) = mem::take(&mut self.open)
            .into_iter()
            .partition(|open| is_gone(open));
        self.open = open;
        let gone: Vec<Open> = gone;
        gone.into_iter().for_each(Open::cancel);
    }

    /// Cancels all statements when the connection is dropped.
    pub(super) fn cancel_all(&mut self) {
        self.cancel_those(|_| true);
    }
}
