//! The queue of an exporter's encoded spans, as spans that end see it.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fmt, mem};

use super::encode::Message;
use super::scope::{Scope, Scopes};
#[cfg(feature = "metrics")]
use super::sink::Places;
use super::sink::{Batch, Bounds, Counts, Pushed, Sink, Slot, Wake};
use crate::encoding::first_len;

/// The spans of one exporter, from their end, when they are encoded, until they are exported.
pub(crate) struct Intake {
    sink: Sink<Scope>,
    /// The scopes by which spans are grouped.
    scopes: Arc<Scopes>,
    /// Called for refused spans; only for the first one that a full queue refuses.
    refused: Box<dyn Fn(Pushed) + Send + Sync>,
    was_full: AtomicBool,
}

/// A slot of the sink that this thread uses.
struct Own {
    intake: Arc<Intake>,
    /// `None` once it was released.
    slot: Option<Arc<Slot<Scope>>>,
}

/// Releases the slot to the next thread; its waiting items stay in it.
impl Drop for Own {
    fn drop(&mut self) {
        if let Some(slot) = self.slot.take() {
            self.intake.sink.release(slot);
        }
    }
}

thread_local! {
    /// The slots of this thread: one for each exporter that it had a span for.
    static OWN: RefCell<Vec<Own>> = const { RefCell::new(Vec::new()) };
}

impl Intake {
    pub(crate) fn new(
        bounds: Bounds,
        scopes: Arc<Scopes>,
        wake: Wake,
        refused: impl Fn(Pushed) + Send + Sync + 'static,
    ) -> Self {
        Intake {
            sink: Sink::new(bounds, wake, first_len),
            scopes,
            refused: Box::new(refused),
            was_full: AtomicBool::new(false),
        }
    }

    pub(crate) fn scopes(&self) -> &Arc<Scopes> {
        &self.scopes
    }

    /// Queues a span that has ended: computes the length of its message, and writes it into the slot of this thread.
    #[inline]
    pub(crate) fn push(self: &Arc<Self>, scope: &Scope, message: &Message<'_>) {
        let pushed = match message.measure_plain() {
            Some(message) => self.push_to_own(scope, message.len(), |place| message.write(place)),
            None => self.push_rare(scope, message),
        };
        if pushed != Pushed::Waiting {
            self.note_refused(pushed);
        }
    }

    /// Queues a span that is not plain.
    #[inline(never)]
    fn push_rare(self: &Arc<Self>, scope: &Scope, message: &Message<'_>) -> Pushed {
        if message.is_written_in_place() {
            let message = message.measure();
            return self.push_to_own(scope, message.len(), |place| message.write(place));
        }
        // Writing it allocates, which must not happen under a lock.
        let bytes = message.into_bytes();
        self.push_to_own(scope, bytes.len(), |place| place.copy_from_slice(&bytes))
    }

    #[inline(always)]
    fn push_to_own(
        self: &Arc<Self>,
        scope: &Scope,
        len: usize,
        write: impl FnOnce(&mut [u8]),
    ) -> Pushed {
        let mut write = Some(write);
        let pushed = OWN.try_with(|own| {
            // A user's allocator may end spans while this is borrowed.
            let own = own.try_borrow().ok()?;
            let own = own.iter().find(|own| Arc::ptr_eq(&own.intake, self))?;
            let (slot, write) = (own.slot.as_ref()?, write.take()?);
            Some(self.sink.push(slot, scope, len, write))
        });
        match (pushed, write) {
            (Ok(Some(pushed)), _) => pushed,
            (_, Some(write)) => self.push_to_another(scope, len, write),
            // Cannot happen: `write` is taken out only right before the push.
            _ => Pushed::Waiting,
        }
    }

    /// Pushes where the thread's own slot cannot be used: for the first span of a thread, after the
    /// thread's values were destroyed, and while another span is being pushed.
    #[cold]
    fn push_to_another(
        self: &Arc<Self>,
        scope: &Scope,
        len: usize,
        write: impl FnOnce(&mut [u8]),
    ) -> Pushed {
        let Some(slot) = self.sink.acquire() else {
            return Pushed::Forked;
        };
        let pushed = self.sink.push(&slot, scope, len, write);
        let mut own = Some(Own {
            intake: Arc::clone(self),
            slot: Some(slot),
        });
        let over = OWN.try_with(|all| {
            let mut all = all.try_borrow_mut().ok()?;
            if all.iter().any(|other| Arc::ptr_eq(&other.intake, self)) {
                return None;
            }
            // The slots of exporters that were shut down are dropped.
            let (over, used) = mem::take(&mut *all)
                .into_iter()
                .partition::<Vec<Own>, _>(|other| other.intake.is_over());
            *all = used;
            all.extend(own.take());
            Some(over)
        });
        // Dropped after the borrow, as the destructors of both may run user code.
        drop((over, own));
        pushed
    }

    #[cold]
    fn note_refused(&self, pushed: Pushed) {
        let is_full = matches!(pushed, Pushed::Full | Pushed::FullOfBytes);
        if !is_full || !self.was_full.swap(true, Ordering::Relaxed) {
            (self.refused)(pushed);
        }
    }

    // Methods for the worker.

    pub(crate) fn has_some(&self) -> bool {
        self.sink.has_some()
    }

    pub(crate) fn has_batch(&self) -> bool {
        self.sink.has_batch()
    }

    /// Stages all waiting spans before those that end later, and returns their number.
    pub(crate) fn drain(&self) -> usize {
        self.sink.drain()
    }

    pub(crate) fn take(&self) -> Batch<Scope> {
        self.sink.take()
    }

    pub(crate) fn settle(&self, taken: u64, exported: u64) {
        self.sink.settle(taken, exported);
    }

    pub(crate) fn fail_in_flight(&self) -> u64 {
        self.sink.fail_in_flight()
    }

    pub(crate) fn close(&self) {
        self.sink.close();
    }

    pub(crate) fn is_over(&self) -> bool {
        self.sink.is_over()
    }

    pub(crate) fn finish(&self) {
        self.sink.finish();
    }

    pub(crate) fn counts(&self) -> Counts {
        self.sink.counts()
    }

    #[cfg(feature = "metrics")]
    pub(crate) fn places(&self) -> Places {
        self.sink.places()
    }
}

impl fmt::Debug for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake")
            .field("sink", &self.sink)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use opentelemetry::trace::{SpanContext, SpanId, SpanKind};

    use super::*;

    /// A queue with one place, and what it tells of spans that it refuses.
    fn queue() -> (Arc<Intake>, mpsc::Receiver<Pushed>) {
        let bounds = Bounds {
            items: 1,
            bytes: 1_000,
            batch: 1,
            batch_bytes: 1_000,
        };
        let (refused, told) = mpsc::channel();
        let refused = move |pushed| refused.send(pushed).unwrap();
        let intake = Intake::new(bounds, Arc::default(), Box::new(|| true), refused);
        (Arc::new(intake), told)
    }

    fn push(intake: &Arc<Intake>) {
        let message = Message {
            context: &SpanContext::NONE,
            parent: SpanId::INVALID,
            parent_is_remote: false,
            kind: &SpanKind::Internal,
            name: "span",
            started: 1,
            ended: 2,
            written: &[],
            attributes: &[],
            rare: None,
        };
        intake.push(&Scope::Known(0), &message);
    }

    #[test]
    fn a_full_queue_tells_its_first_refusal_and_a_closed_one_each() {
        let (intake, told) = queue();
        push(&intake);
        assert_eq!(told.try_iter().count(), 0);
        push(&intake);
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [Pushed::Full]);
        push(&intake);
        assert_eq!(told.try_iter().count(), 0);
        intake.close();
        push(&intake);
        push(&intake);
        assert_eq!(told.try_iter().collect::<Vec<_>>(), [Pushed::Closed; 2]);
    }

    #[test]
    fn a_span_that_was_taken_and_is_not_settled_has_failed() {
        let (intake, _told) = queue();
        assert!(!intake.has_some() && !intake.has_batch());
        push(&intake);
        assert!(intake.has_some() && intake.has_batch());
        assert_eq!(intake.drain(), 1);
        assert_eq!(intake.take().len(), 1);
        assert_eq!(intake.drain(), 0);
        assert_eq!(intake.fail_in_flight(), 1);
        assert_eq!(intake.fail_in_flight(), 0);
        assert_eq!(intake.counts().failed, 1);
    }

    #[test]
    fn the_slot_of_a_thread_that_has_ended_is_that_of_another() {
        let (intake, _told) = queue();
        let used = std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                push(&intake);
                OWN.with_borrow(|own| own[0].slot.as_ref().map(|slot| Arc::as_ptr(slot) as usize))
            });
            thread.join().unwrap()
        });
        let next = intake.sink.acquire().unwrap();
        assert_eq!(used, Some(Arc::as_ptr(&next) as usize));
    }

    #[test]
    fn a_thread_has_one_slot_of_each_queue_that_is_not_over() {
        let of_this_thread = || OWN.with_borrow(|own| own.len());
        let (first, _first) = queue();
        let (second, _second) = queue();
        for intake in [&first, &first, &second, &first] {
            push(intake);
        }
        assert_eq!(of_this_thread(), 2);
        first.finish();
        let (third, _third) = queue();
        push(&third);
        assert_eq!(of_this_thread(), 2);
        let intakes =
            |own: &Vec<Own>| -> Vec<_> { own.iter().map(|own| Arc::as_ptr(&own.intake)).collect() };
        let expected = [&second, &third].map(Arc::as_ptr);
        assert_eq!(OWN.with_borrow(intakes), expected);
    }
}
