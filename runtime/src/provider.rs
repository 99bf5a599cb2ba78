//! Which tracer a call site uses, and how it learns that the provider changed.
//!
//! The API gives no signal when the global provider is replaced, and a tracer
//! taken before that stays what it was for ever. So every thread keeps the
//! tracers it uses beside the generation in which it asked for them, and asks
//! again when the generation moved. Keeping them per thread (and not in the
//! static call site itself) means that no span touches a shared counter, that
//! there is no `unsafe`, and that a replaced provider is let go of.

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
/// Use it where you would call [`opentelemetry::global::set_tracer_provider`]:
/// functions that ran before, and found no provider or another one, use the new
/// one from their next call on. The provider replaced is let go of by each
/// thread at its next span.
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

/// Tells every call site that the global tracer provider is another one now.
///
/// [`set_tracer_provider`] does this itself. Call it after
/// [`opentelemetry::global::set_tracer_provider`], when somebody else's code
/// installs the provider.
///
/// ```
/// use opentelemetry_sdk::trace::SdkTracerProvider;
///
/// opentelemetry::global::set_tracer_provider(SdkTracerProvider::builder().build());
/// traced::refresh_tracer_provider();
/// ```
pub fn refresh_tracer_provider() {
    // The caller may have wrapped a provider of ours, and then the wrapper must not be bypassed.
    scope_state::next_provider(false);
}

/// Every scope of the program, once each.
static SCOPES: ForkMutex<Vec<(&'static str, &'static str)>> = ForkMutex::new(Vec::new());

/// The first span of a call site: its scope gets an index, and the filter is asked.
///
/// `None` where a lookup is under way on this thread already, and in a forked child where another
/// thread held the lock.
#[cold]
fn register(site: &'static CallSite) -> Option<usize> {
    let _lookup = Lookup::begin()?;
    let mut scopes = SCOPES.lock()?;
    if let Some(index) = site.scope.index() {
        // Another thread was faster.
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

/// What one thread knows of one scope.
#[derive(Default)]
struct Slot {
    generation: u64,
    /// `None` when the last span from it came to nothing.
    tracer: Option<Found>,
    /// How many spans in a row came to nothing.
    empty: u32,
}

thread_local! {
    static SLOTS: RefCell<Vec<Slot>> = const { RefCell::new(Vec::new()) };
}

/// As long as the tracers of a scope are no-op tracers, this many calls look for a provider each, so
/// that a provider that is installed without a word to us is noticed at once; after those, only one call
/// in many does ([`ScopeState::is_absent`]), as a program without a provider should not pay for one.
const EAGER_LOOKUPS: u32 = 256;

/// A tracer of whatever provider, or of our own, which a call site can tell more directly what it wants.
#[derive(Clone)]
pub(crate) enum Found {
    Any(Rc<BoxedTracer>),
    Ours(Rc<recorder::Tracer>),
}

/// A tracer, and whether a span from it must first show that there is a
/// provider behind it.
pub(crate) struct Candidate {
    pub(crate) tracer: Found,
    pub(crate) unverified: bool,
}

/// The tracer for the next span of `site`, or `None` when a filter wants none, and
/// when this thread is going down or looks for one already.
///
/// Whether there is a provider at all was asked by [`ScopeState::is_absent`] before.
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
        Some(tracer) => Some(Candidate {
            tracer,
            unverified: false,
        }),
        None => look_up(scope, index, generation),
    }
}

/// Whether a filter wants no span of `site`, which it is asked now if it never was.
pub(crate) fn is_off(site: &'static CallSite) -> bool {
    if site.scope.index().is_none() {
        register(site);
    }
    site.scope.is_off()
}

/// Asks the global provider, with no borrow of ours held: it is the user's code.
#[cold]
fn look_up(scope: &ScopeState, index: usize, generation: u64) -> Option<Candidate> {
    let _lookup = Lookup::begin()?;
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
    // The last tracer of a provider may shut it down: after the borrow.
    drop(replaced);
    Some(Candidate { tracer, unverified })
}

/// The span that `tracer` gave was no span: no provider, or one shut down.
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

/// A doubtful tracer gave a real span: the provider is there.
#[cold]
pub(crate) fn note_real_tracer(scope: &ScopeState) {
    let Some(index) = scope.index() else { return };
    let found = SLOTS.try_with(|slots| {
        let mut slots = slots.borrow_mut();
        let slot = slots.get_mut(index)?;
        slot.empty = 0;
        Some(slot.generation)
    });
    // Nobody told us of it: the other scopes do not know either.
    let found = found.ok().flatten();
    if found.is_some_and(|generation| scope.is_absent_in(generation)) {
        scope_state::next_generation_of_same_kind();
    }
}
