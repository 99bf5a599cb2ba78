//! A value and the context that it was sent under: context for channels, actors and queues in a process.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};

use opentelemetry::Context;
use opentelemetry::trace::{Link, TraceContextExt as _};

use crate::current_context;
use crate::links::ToLink;
use crate::parent::ToParent;

/// A value, and the context that was current when it was put in.
///
/// A channel moves values between tasks and threads, and no context with them. A value in an envelope
/// brings the context of its sender along, through every channel, queue and actor there is, because an envelope
/// is an ordinary value. It costs the reference count of a span (and one of the baggage, if there is any), and
/// no allocation.
///
/// The receiver chooses how its span relates to the sender's:
///
/// * `#[traced(parent = message)]`: the message is processed in the trace of the sender. The parameter
///   `message` is an `Envelope<T>`, `&Envelope<T>` or `&mut Envelope<T>`.
/// * `#[traced(links = batch)]`: messages that are processed together have many senders, so their spans are linked.
///   `batch` is a slice, an array, a `Vec`, a `VecDeque` or an `Option` of envelopes.
/// * [`enter`](Envelope::enter): a closure runs in the context of the sender, without a span of its own.
///
/// An envelope does not keep the sender's span open: the span ends when its function returns, and dropping an
/// unread envelope ends nothing.
///
/// ```
/// use tokio::sync::mpsc;
/// use traced::{Envelope, traced};
///
/// #[traced(kind = "producer")]
/// async fn order(id: u64, shop: &mpsc::Sender<Envelope<u64>>) {
///     let _ = shop.send(Envelope::new(id)).await;
/// }
///
/// #[traced(kind = "consumer", parent = id, attributes(order.id = *id))]
/// async fn deliver(id: Envelope<u64>) {}
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let ((), spans) = traced::testing::capture_async(async {
///     let (shop, mut orders) = mpsc::channel(8);
///     order(7, &shop).await;
///     drop(shop);
///     while let Some(id) = orders.recv().await {
///         deliver(id).await;
///     }
/// }).await;
/// assert_eq!(spans.tree(), "order [producer]\n  deliver [consumer] order.id=7\n");
/// # });
/// ```
///
/// Envelopes are compared, ordered and hashed by their values alone, without the context.
///
/// Specification: OpenTelemetry, *Context*, "Attach Context".
#[derive(Clone)]
pub struct Envelope<T> {
    value: T,
    context: Context,
}

impl<T> Envelope<T> {
    /// Puts the value in an envelope, under the current context.
    ///
    /// ```
    /// use traced::Envelope;
    ///
    /// let (sender, receiver) = std::sync::mpsc::channel();
    /// sender.send(Envelope::new("hello")).unwrap();
    /// assert_eq!(receiver.recv().unwrap().len(), 5);
    /// ```
    pub fn new(value: T) -> Self {
        Envelope {
            value,
            context: current_context::current(),
        }
    }

    /// Takes the value out. Its context is dropped.
    ///
    /// ```
    /// assert_eq!(traced::Envelope::new(7).into_inner(), 7);
    /// ```
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The context that was current when the value was put in.
    ///
    /// ```
    /// use traced::Envelope;
    /// use traced::opentelemetry::trace::TraceContextExt as _;
    ///
    /// #[traced::traced]
    /// fn send() -> Envelope<()> {
    ///     Envelope::new(())
    /// }
    ///
    /// let (message, spans) = traced::testing::capture(send);
    /// let sender = message.context().span().span_context().span_id();
    /// assert_eq!(sender, spans.named("send").id());
    /// ```
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Runs a closure on the value, in the context of the sender.
    ///
    /// For a receiver that has no function to annotate. Tasks that the closure spawns and envelopes that it makes
    /// capture the sender's context in turn. A future that the closure returns is polled after it, so wrap it in
    /// [`carry`](crate::carry()): `message.enter(|job| traced::carry(run(job))).await`.
    ///
    /// ```
    /// use traced::{Envelope, traced};
    ///
    /// #[traced]
    /// fn send() -> Envelope<u8> {
    ///     Envelope::new(7)
    /// }
    ///
    /// #[traced]
    /// fn receive(_number: u8) {}
    ///
    /// let ((), spans) = traced::testing::capture(|| send().enter(receive));
    /// assert_eq!(spans.tree(), "send\n  receive\n");
    /// ```
    ///
    /// # Panics
    ///
    /// If the closure panics. The sender's context is detached, and the panic goes on.
    pub fn enter<R>(self, work: impl FnOnce(T) -> R) -> R {
        let _attached = current_context::attach(self.context);
        work(self.value)
    }
}

/// Puts the value in an envelope, under the current context.
impl<T> From<T> for Envelope<T> {
    fn from(value: T) -> Self {
        Envelope::new(value)
    }
}

impl<T> Deref for Envelope<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Envelope<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> Borrow<T> for Envelope<T> {
    fn borrow(&self) -> &T {
        &self.value
    }
}

/// Shows the value, and the ids of the sender's span.
impl<T: fmt::Debug> fmt::Debug for Envelope<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = self.context.span();
        let sender = span.span_context();
        f.debug_struct("Envelope")
            .field("value", &self.value)
            .field("trace_id", &sender.trace_id())
            .field("span_id", &sender.span_id())
            .finish()
    }
}

impl<T: PartialEq> PartialEq for Envelope<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Envelope<T> {}

impl<T: PartialOrd> PartialOrd for Envelope<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<T: Ord> Ord for Envelope<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl<T: Hash> Hash for Envelope<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

// A context is immutable, so a panic cannot leave it half changed.
impl<T: UnwindSafe> UnwindSafe for Envelope<T> {}
impl<T: RefUnwindSafe> RefUnwindSafe for Envelope<T> {}

/// The sender's context, with its baggage.
impl<T> ToParent for Envelope<T> {
    fn to_parent(&self) -> Context {
        self.context.clone()
    }
}

/// A link to the sender's span.
impl<T> ToLink for Envelope<T> {
    fn to_link(&self) -> Link {
        self.context.to_link()
    }
}

#[cfg(test)]
mod tests;
