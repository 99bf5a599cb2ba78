//! Which tracer a call site uses, and how it learns that the provider changed.
//!
//! The API gives no signal when the global provider is replaced, and a tracer
//! taken before that stays what it was for ever. So every thread keeps the
//! tracers it uses beside the generation in which it asked for them, and asks
//! again when the generation moved. Keeping them per thread (and not in the
//! static call site itself) means that no span touches a shared counter, that
//! there is no `unsafe`, and that a replaced provider is let go of.

use std::any::TypeId;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use opentelemetry::InstrumentationScope;
use opentelemetry::global::{self, BoxedTracer};
use opentelemetry::trace::{Span, Tracer, TracerProvider};

use crate::fork::ForkMutex;
use crate::site::Site;
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
    next_generation(|generation| match is_ours {
        true => (generation | OURS) + 2,
        false => (generation | OURS) + 1,
    });
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
/// traced::refresh();
/// ```
pub fn refresh() {
    // Whoever calls this may have wrapped a provider of ours, which is then not to be bypassed.
    next_generation(|generation| (generation | OURS) + 1);
}

/// Counts the providers that were installed; 0 is "never asked". An odd number: it is ours, and nothing
/// is around it, so that call sites may talk to its tracers directly.
static GENERATION: AtomicU64 = AtomicU64::new(2);

/// The bit of a generation that says so.
const OURS: u64 = 1;

fn next_generation(next: impl Fn(u64) -> u64) {
    // Release: who sees the new generation also sees the provider behind it.
    let _ = GENERATION.fetch_update(Ordering::Release, Ordering::Relaxed, |generation| {
        Some(next(generation))
    });
}

/// An instrumentation scope as a call site holds it: a name, a version, and the
/// place of its tracer in every thread's list.
///
/// Specification: OpenTelemetry, *Instrumentation Scope*.
#[derive(Debug)]
pub(crate) struct Scope {
    name: &'static str,
    version: &'static str,
    /// One more than the index in [`SCOPES`]; 0 until the first span.
    place: AtomicUsize,
    /// Whether the context carries something even without a span, so that a call never
    /// comes to nothing.
    pub(crate) is_carrying: bool,
    /// The generation in which nothing was found, 0 if something was, or [`Scope::off`];
    /// written when that is found out, and else only read, so that threads do not
    /// contend for it.
    absent_in: AtomicU64,
}

/// A filter says that there is to be no span, in whatever generation.
const OFF: u64 = u64::MAX;
/// The same of a call site whose context carries something: there is a call to set it up.
const OFF_BUT_CARRYING: u64 = u64::MAX - 1;

/// Every scope of the program, once each.
static SCOPES: ForkMutex<Vec<(&'static str, &'static str)>> = ForkMutex::new(Vec::new());

impl Scope {
    /// A scope; an empty version counts as none.
    pub(crate) const fn new(name: &'static str, version: &'static str) -> Self {
        Scope {
            name,
            version,
            place: AtomicUsize::new(0),
            is_carrying: false,
            absent_in: AtomicU64::new(0),
        }
    }

    /// Whether a span of this scope would come to nothing. One load if there are
    /// spans, or a filter wants none; another and a count of this thread's if there
    /// is no provider.
    #[inline]
    pub(crate) fn is_absent(&self) -> bool {
        match self.absent_in.load(Ordering::Relaxed) {
            0 => false,
            OFF => true,
            // One that carries is in none.
            generation => generation == GENERATION.load(Ordering::Relaxed) && !is_time_to_look(),
        }
    }

    /// Does as the filter says, from the next span on.
    pub(crate) fn switch(&self, is_on: bool) {
        match is_on {
            false => self.absent_in.store(self.off(), Ordering::Relaxed),
            true => {
                let _ = self.replace_absence(self.off(), 0);
            }
        }
    }

    fn is_off(&self) -> bool {
        self.absent_in.load(Ordering::Relaxed) == self.off()
    }

    fn off(&self) -> u64 {
        match self.is_carrying {
            true => OFF_BUT_CARRYING,
            false => OFF,
        }
    }

    fn replace_absence(&self, old: u64, new: u64) -> Result<u64, u64> {
        self.absent_in
            .compare_exchange(old, new, Ordering::Relaxed, Ordering::Relaxed)
    }

    #[inline]
    fn index(&self) -> Option<usize> {
        self.place.load(Ordering::Relaxed).checked_sub(1)
    }

    /// The first span of a call site: its scope gets a place, and the filter is asked.
    ///
    /// `None` where a lookup is under way on this thread already, and in a forked child where another
    /// thread held the lock.
    #[cold]
    fn intern(site: &'static Site) -> Option<usize> {
        let _lookup = Lookup::begin()?;
        let this = &site.scope;
        let mut scopes = SCOPES.lock()?;
        if let Some(index) = this.index() {
            // Another thread was faster.
            return Some(index);
        }
        filter::register(site);
        let place = this.find_place(&mut scopes);
        this.place.store(place, Ordering::Relaxed);
        Some(place - 1)
    }

    fn find_place(&self, scopes: &mut Vec<(&'static str, &'static str)>) -> usize {
        let this = (self.name, self.version);
        let index = scopes.iter().position(|scope| *scope == this);
        let index = index.unwrap_or_else(|| {
            scopes.push(this);
            scopes.len() - 1
        });
        index + 1
    }

    fn tracer(&self) -> BoxedTracer {
        let scope = InstrumentationScope::builder(self.name);
        global::tracer_with_scope(match self.version {
            "" => scope.build(),
            version => scope.with_version(version).build(),
        })
    }
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

/// While a scope's spans come to nothing, the first calls ask for the provider
/// each time, so that one installed without a word to us is noticed at once ...
const EAGER_LOOKUPS: u32 = 256;
/// ... and after those, one call in so many: a program without a provider
/// should not pay for one.
const LOOKUP_INTERVAL: u32 = 1024;

thread_local! {
    /// Counts the calls that found no provider, of all scopes together: when one
    /// of them finds a provider after all, every scope asks again.
    static IDLE_CALLS: Cell<u32> = const { Cell::new(0) };
}

#[inline]
fn is_time_to_look() -> bool {
    let is_time = IDLE_CALLS.try_with(|idle| {
        let calls = idle.get().wrapping_add(1);
        idle.set(calls);
        calls % LOOKUP_INTERVAL == 0
    });
    is_time.unwrap_or(false)
}

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
    pub(crate) doubtful: bool,
}

/// The tracer for the next span of `site`, or `None` when a filter wants none, and
/// when this thread is going down or looks for one already.
///
/// Whether there is a provider at all was asked by [`Scope::is_absent`] before.
#[inline]
pub(crate) fn tracer(site: &'static Site) -> Option<Candidate> {
    let scope = &site.scope;
    let index = match scope.index() {
        Some(index) => index,
        None => Scope::intern(site)?,
    };
    if scope.is_off() {
        return None;
    }
    let generation = GENERATION.load(Ordering::Acquire);
    let known = SLOTS.try_with(|slots| {
        let slots = slots.try_borrow().ok()?;
        let slot = slots.get(index);
        let slot = slot.filter(|slot| slot.generation == generation);
        Some(slot.and_then(|slot| slot.tracer.clone()))
    });
    match known.ok()?? {
        Some(tracer) => Some(Candidate {
            tracer,
            doubtful: false,
        }),
        None => look_up(scope, index, generation),
    }
}

/// Whether a filter wants no span of `site`, which it is asked now if it never was.
pub(crate) fn is_off(site: &'static Site) -> bool {
    if site.scope.index().is_none() {
        Scope::intern(site);
    }
    site.scope.is_off()
}

/// A lookup allocates, and the allocator may be somebody's annotated function:
/// a function that is called by a lookup has no span.
pub(crate) struct Lookup;

impl Lookup {
    pub(crate) fn begin() -> Option<Self> {
        let is_looking = LOOKING.try_with(|looking| looking.replace(true));
        (!is_looking.unwrap_or(true)).then_some(Lookup)
    }
}

impl Drop for Lookup {
    fn drop(&mut self) {
        let _ = LOOKING.try_with(|looking| looking.set(false));
    }
}

thread_local! {
    static LOOKING: Cell<bool> = const { Cell::new(false) };
}

/// Asks the global provider, with no borrow of ours held: it is the user's code.
#[cold]
fn look_up(scope: &Scope, index: usize, generation: u64) -> Option<Candidate> {
    let _lookup = Lookup::begin()?;
    let (tracer, doubtful) = match recorder::witness(|| scope.tracer()) {
        (_, Some(ours)) if generation & OURS == OURS => (Found::Ours(Rc::new(ours)), false),
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
    Some(Candidate { tracer, doubtful })
}

/// The span that `tracer` gave was no span: no provider, or one shut down.
#[cold]
pub(crate) fn came_to_nothing(scope: &Scope) {
    let Some(index) = scope.index() else { return };
    let dropped = SLOTS.try_with(|slots| {
        let mut slots = slots.borrow_mut();
        let slot = slots.get_mut(index)?;
        slot.empty = slot.empty.saturating_add(1);
        if slot.empty >= EAGER_LOOKUPS {
            let known = scope.absent_in.load(Ordering::Relaxed);
            if known != OFF && !scope.is_carrying {
                // Unless a filter was faster.
                let _ = scope.replace_absence(known, slot.generation);
            }
        }
        slot.tracer.take()
    });
    drop(dropped);
}

/// A doubtful tracer gave a real span: the provider is there.
#[cold]
pub(crate) fn came_to_life(scope: &Scope) {
    let Some(index) = scope.index() else { return };
    let found = SLOTS.try_with(|slots| {
        let mut slots = slots.borrow_mut();
        let slot = slots.get_mut(index)?;
        slot.empty = 0;
        Some(slot.generation)
    });
    // Nobody told us of it: the other scopes do not know either.
    if found == Ok(Some(scope.absent_in.load(Ordering::Relaxed))) {
        next_generation(|generation| generation + 2);
    }
}
