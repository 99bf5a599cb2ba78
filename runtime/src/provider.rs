//! The tracer of a call site, and how the call site notices that the provider was replaced.
//!
//! The API gives no signal when the global provider is replaced, and a tracer that was obtained before keeps
//! using the old provider. So every thread caches its tracers with the generation in which it looked them up,
//! and looks them up again when the generation has changed. As the cache belongs to the thread and not to
//! the static call site, spans share no reference count, no `unsafe` is needed, and a replaced provider is
//! dropped.

use std::any::TypeId;
use std::cell::RefCell;
use std::rc::Rc;

use opentelemetry::InstrumentationScope;
use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::trace::{Span, Tracer, TracerProvider};

use crate::call_site::CallSite;
use crate::fork::ForkMutex;
use crate::reentrancy::Lookup;
use crate::scope_state::{self, ScopeState};
use crate::{filter, recorder};

/// Installs `provider` as the global tracer provider and tells every call site.
///
/// Use it instead of [`opentelemetry::global::set_tracer_provider`]: functions that were called before, without a
/// provider or with another one, use the new provider from their next call on. Each thread drops its tracers
/// of the replaced provider at its next span.
///
/// Specification: OpenTelemetry, *Tracing API*, "`TracerProvider` operations".
///
/// ```
/// use opentelemetry_sdk::trace::SdkTracerProvider;
///
/// let provider = SdkTracerProvider::builder().build();
/// traced::set_tracer_provider(provider.clone());
/// // ... the program ...
/// provider.shutdown().unwrap();
/// ```
pub fn set_tracer_provider<P, T, S>(provider: P)
where
    P: TracerProvider<Tracer = T> + Send + Sync + 'static,
    T: Tracer<Span = S> + Send + Sync + 'static,
    S: Span + Send + Sync + 'static,
{
    let is_ours = TypeId::of::<P>() == TypeId::of::<recorder::Provider>();
    global::set_tracer_provider(provider);
    scope_state::next_provider(is_ours);
}

/// Tells every call site that the global tracer provider was replaced.
///
/// [`set_tracer_provider`] does this itself. Call this function if code that is not yours installs the
/// provider with [`opentelemetry::global::set_tracer_provider`].
///
/// ```
/// use opentelemetry_sdk::trace::SdkTracerProvider;
///
/// opentelemetry::global::set_tracer_provider(SdkTracerProvider::builder().build());
/// traced::refresh_tracer_provider();
/// ```
pub fn refresh_tracer_provider() {
    // The new provider may wrap one of ours, and then call sites must not bypass the wrapper.
    scope_state::next_provider(false);
}

/// Every distinct scope of the program: its name and version.
static SCOPES: ForkMutex<Vec<(&'static str, &'static str)>> = ForkMutex::new(Vec::new());

/// Registers a call site at its first span: assigns an index to its scope and applies the filter.
///
/// `None` during another lookup of this thread, and in a forked child if another thread of the parent held the lock.
#[cold]
fn register(site: &'static CallSite) -> Option<usize> {
    let _lookup = Lookup::begin()?;
    let mut scopes = SCOPES.lock()?;
    if let Some(index) = site.scope.index() {
        // Another thread has registered it meanwhile.
        return Some(index);
    }
    filter::register(site);
    let index = find_index(&mut scopes, (site.scope.name, site.scope.version));
    site.scope.set_index(index);
    Some(index)
}

fn find_index(
    scopes: &mut Vec<(&'static str, &'static str)>,
    this: (&'static str, &'static str),
) -> usize {
    let index = scopes.iter().position(|scope| *scope == this);
    index.unwrap_or_else(|| {
        scopes.push(this);
        scopes.len() - 1
    })
}

fn global_tracer(scope: &ScopeState) -> BoxedTracer {
    let builder = InstrumentationScope::builder(scope.name);
    global::tracer_with_scope(match scope.version {
        "" => builder.build(),
        version => builder.with_version(version).build(),
    })
}

/// The tracer of one scope in the cache of one thread.
#[derive(Default)]
struct Slot {
    /// The generation in which the tracer was looked up.
    generation: u64,
    /// `None` if it was a no-op tracer.
    tracer: Option<Found>,
    /// How many lookups in a row returned a no-op tracer.
    empty: u32,
}

thread_local! {
    static SLOTS: RefCell<Vec<Slot>> = const { RefCell::new(Vec::new()) };
}

/// How many calls look for a provider while a scope has a no-op tracer, so that a provider which is installed
/// without this crate is found at once. Later calls do so rarely ([`ScopeState::is_absent`]), as a program
/// without a provider should not pay for lookups.
const EAGER_LOOKUPS: u32 = 256;

/// A tracer of any provider, or of our own provider, whose spans call sites start without a builder.
#[derive(Clone)]
pub(crate) enum Found {
    Any(Rc<BoxedTracer>),
    Ours(Rc<recorder::Tracer>),
}

/// A tracer; `unverified` if it may be a no-op tracer, which only its first span reveals.
pub(crate) struct Candidate {
    pub(crate) tracer: Found,
    pub(crate) unverified: bool,
}

impl Candidate {
    /// A tracer that returned a real span before.
    #[inline]
    pub(crate) fn known(tracer: Found) -> Self {
        Candidate {
            tracer,
            unverified: false,
        }
    }
}

/// The tracer for the next span of `site`, if this thread has cached it: the fast path of [`tracer`].
///
/// [`Found`] is returned in registers; a [`Candidate`] is returned through memory.
#[inline]
pub(crate) fn known_tracer(site: &'static CallSite) -> Option<Found> {
    let index = site.scope.index()?;
    if site.scope.is_off() {
        return None;
    }
    let generation = scope_state::generation();
    let known = SLOTS.try_with(|slots| {
        let slots = slots.try_borrow().ok()?;
        let slot = slots.get(index)?;
        match slot.generation == generation {
            true => slot.tracer.clone(),
            false => None,
        }
    });
    known.ok().flatten()
}

/// The tracer for the next span of `site`; `None` if a filter turned its spans off, if this thread is ending,
/// or during another lookup of this thread.
///
/// Callers check [`ScopeState::is_absent`] first.
#[inline]
pub(crate) fn tracer(site: &'static CallSite) -> Option<Candidate> {
    let scope = &site.scope;
    let index = match scope.index() {
        Some(index) => index,
        None => register(site)?,
    };
    if scope.is_off() {
        return None;
    }
    let generation = scope_state::generation();
    let known = SLOTS.try_with(|slots| {
        let slots = slots.try_borrow().ok()?;
        let slot = slots.get(index);
        let slot = slot.filter(|slot| slot.generation == generation);
        Some(slot.and_then(|slot| slot.tracer.clone()))
    });
    match known.ok()?? {
        Some(tracer) => Some(Candidate::known(tracer)),
        None => look_up(scope, index, generation),
    }
}

/// Whether a filter turned the spans of `site` off; registers the call site if it is new.
pub(crate) fn is_off(site: &'static CallSite) -> bool {
    if site.scope.index().is_none() {
        register(site);
    }
    site.scope.is_off()
}

/// Gets the tracer from the global provider, which is user code, so no borrow of ours is held.
#[cold]
fn look_up(scope: &ScopeState, index: usize, generation: u64) -> Option<Candidate> {
    let _lookup = Lookup::begin()?;
    // The API returns a boxed tracer, so a tracer of ours reports itself when it is made, and `witness` receives it. If
    // the installed provider only wraps ours, the boxed tracer is used, so that the wrapper is not bypassed.
    let (tracer, unverified) = match recorder::witness(|| global_tracer(scope)) {
        (_, Some(ours)) if scope_state::is_ours(generation) => (Found::Ours(Rc::new(ours)), false),
        (boxed, _) => (Found::Any(Rc::new(boxed)), true),
    };
    let replaced = SLOTS.try_with(|slots| {
        let mut slots = slots.borrow_mut();
        if slots.len() <= index {
            slots.resize_with(index + 1, Slot::default);
        }
        let slot = &mut slots[index];
        if slot.generation != generation {
            slot.empty = 0;
        }
        slot.generation = generation;
        slot.tracer.replace(tracer.clone())
    });
    // Dropped after the borrow, as dropping the last tracer of a provider may shut it down.
    drop(replaced);
    Some(Candidate { tracer, unverified })
}

/// To be called after the tracer returned a no-op span: there is no provider, or it was shut down.
#[cold]
pub(crate) fn note_noop_tracer(scope: &ScopeState) {
    let Some(index) = scope.index() else { return };
    let dropped = SLOTS.try_with(|slots| {
        let mut slots = slots.borrow_mut();
        let slot = slots.get_mut(index)?;
        slot.empty = slot.empty.saturating_add(1);
        if slot.empty >= EAGER_LOOKUPS {
            scope.note_absence(slot.generation);
        }
        slot.tracer.take()
    });
    drop(dropped);
}

/// To be called after an unverified tracer returned a real span: there is a provider.
#[cold]
pub(crate) fn note_real_tracer(scope: &ScopeState) {
    let Some(index) = scope.index() else { return };
    let found = SLOTS.try_with(|slots| {
        let mut slots = slots.borrow_mut();
        let slot = slots.get_mut(index)?;
        slot.empty = 0;
        Some(slot.generation)
    });
    // The provider was installed without this crate, so the other scopes have not noticed it either.
    let found = found.ok().flatten();
    if found.is_some_and(|generation| scope.is_absent_in(generation)) {
        scope_state::next_generation_of_same_kind();
    }
}
