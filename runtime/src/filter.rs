//! The filter: which functions have spans. `TRACED_FILTER`, and changing it while the program runs.
//!
//! A call pays nothing for it: whether its function is off is stored in the word that also says whether
//! there is a provider. Every call site registers at its first span, and a new filter is applied to all of
//! them.

mod directive;

use std::env;
use std::fmt;
use std::mem;
use std::str::FromStr;
use std::sync::MutexGuard;

use self::directive::Directive;
pub use self::directive::FilterError;
use crate::call_site::CallSite;
use crate::fork::ForkMutex;
use crate::function_paths::Paths;
use crate::reentrancy::Lookup;
use crate::self_log::{self, Level};
use crate::span_level::SpanLevel;

/// The variable that [`Filter::from_env`] reads.
const VARIABLE: &str = "TRACED_FILTER";

/// Says which functions have spans, by their paths.
///
/// A filter is a list of directives, between commas, each a pattern and `on`, `off` or a level:
///
/// | directive | effect |
/// |---|---|
/// | `shop::db=off` | no spans of `shop::db` and of all that is below it: modules, types, functions |
/// | `shop::db::Store::load=on` | except this method's |
/// | `*::health=off` | nor of anything called `health`, wherever it is; `*` is any text, `::` included |
/// | `shop::cache=debug` | spans of `shop::cache` up to the level `debug`; `trace` is off |
/// | `off` | nor of anything else: a word alone is about every function, as `*=off` is |
///
/// The levels are those of [`SpanLevel`], which `level = ".."` of an attribute names; a function that says
/// none has `info`. `on` is every level, as `trace` is. So `openraft=info,noise=off` reads as it does in
/// `RUST_LOG`, with one difference: a function that no directive matches is **on**, whatever its level, as
/// it is without a filter. `RUST_LOG` unset shows errors alone, because lines of a log are read one by one;
/// a trace from which spans are missing that nobody turned off would be wrong. For what `RUST_LOG` does,
/// begin with a word alone: `off,openraft=info`, or `info,shop::db=debug`.
///
/// A pattern is matched against the **path of the function**: the path of its module, as `module_path!` gives
/// it, then the function's name, or `Type::method`. A method that is annotated by itself, and not with its whole
/// `impl` or trait, may also be written `module::method`; one without `self` or `Self` in its signature looks
/// like a function and can be written only so. The name of a span and its scope do not matter. An expression
/// with an attribute, a [`span!`](macro@crate::span) and a spawned unit with a span go with the function
/// that they stand in, each with a level of its own; in a method, either of its two paths is good.
///
/// Of the directives that match, the one with the **most letters** decides (`*` is none),
/// of two with as many the one with fewer `*`, and of two alike the later. A function
/// that none matches is on. Spaces do not matter, nor does upper or lower case of `on`,
/// `off` and the levels; a `-` in a pattern is read as the `_` that Rust has in its place.
///
/// A function that is off costs one atomic load a call. It has no span, and its context
/// flows: children are those of the span around it, `extract`, `baggage` and `inject` work,
/// and spawn sites carry what is current. What its body says (`set_attributes!`, `event!`) is
/// said of the span around it. `#[traced(current)]` has no span that could be off.
///
/// ```
/// use traced::{Filter, SpanLevel};
///
/// let filter: Filter = "shop::db=off, shop::db::Store::load=on, shop::cache=debug".parse()?;
/// assert!(filter.is_on("shop::orders::place"));
/// assert!(!filter.is_on("shop::db::migrations::run"));
/// assert!(filter.is_on("shop::db::Store::load"));
/// assert!(filter.is_on_at("shop::cache::get", SpanLevel::Debug));
/// assert!(!filter.is_on_at("shop::cache::get", SpanLevel::Trace));
/// # Ok::<(), traced::FilterError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    directives: Vec<Directive>,
}

impl Filter {
    /// The filter in the environment variable `TRACED_FILTER`; `None` where there is no
    /// such variable, it is empty, or none of its directives can be read.
    ///
    /// A directive that cannot be read is reported once on stderr, with what to write, and
    /// left out; the others count. `traced::init` (feature `init`) calls this; without it, nothing reads the
    /// variable unless you do:
    ///
    /// ```
    /// if let Some(filter) = traced::Filter::from_env() {
    ///     traced::set_filter(filter);
    /// }
    /// ```
    pub fn from_env() -> Option<Self> {
        let text = env::var_os(VARIABLE)?;
        let (filter, errors) = Filter::read(&text.to_string_lossy());
        for error in errors {
            let warning = format!("{VARIABLE}: {error}");
            self_log::once(Level::Warn, &warning, &warning);
        }
        (!filter.directives.is_empty()).then_some(filter)
    }

    /// Whether a function with this path has spans, if its attribute says no level.
    pub fn is_on(&self, path: &str) -> bool {
        self.is_on_at(path, SpanLevel::default())
    }

    /// Whether a function with this path has spans, if its attribute says this level.
    ///
    /// ```
    /// use traced::{Filter, SpanLevel};
    ///
    /// let filter: Filter = "openraft=info".parse()?;
    /// assert!(!filter.is_on_at("openraft::core::tick", SpanLevel::Debug));
    /// assert!(filter.is_on_at("shop::cache::get", SpanLevel::Debug));
    /// # Ok::<(), traced::FilterError>(())
    /// ```
    pub fn is_on_at(&self, path: &str, level: SpanLevel) -> bool {
        self.is_on_by(&Paths::whole(path), level)
    }

    fn is_on_by(&self, paths: &Paths, level: SpanLevel) -> bool {
        let matching = self
            .directives
            .iter()
            .filter(|directive| paths.iter().any(|path| directive.covers(path)));
        // `max_by_key` gives the last of several directives with the same weight.
        let decisive = matching.max_by_key(|directive| directive.weight());
        decisive.is_none_or(|directive| directive.lets_through(level))
    }

    fn lets_through(&self, site: &CallSite) -> bool {
        self.is_on_by(&site.paths(), site.level)
    }

    fn read(text: &str) -> (Self, Vec<FilterError>) {
        let mut filter = Filter::default();
        let mut errors = Vec::new();
        let written = text.split(',').map(str::trim);
        for directive in written.filter(|directive| !directive.is_empty()) {
            match directive.parse() {
                Ok(directive) => filter.directives.push(directive),
                Err(error) => errors.push(error),
            }
        }
        (filter, errors)
    }
}

/// Reads a filter as `TRACED_FILTER` has it; one without a directive lets everything on.
///
/// # Errors
///
/// The first directive that cannot be read.
impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let (filter, errors) = Filter::read(text);
        errors.into_iter().next().map_or(Ok(filter), Err)
    }
}

/// The directives, as they are read.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, directive) in self.directives.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{directive}")?;
        }
        Ok(())
    }
}

struct Registry {
    sites: Vec<&'static CallSite>,
    filter: Filter,
}

static REGISTRY: ForkMutex<Registry> = ForkMutex::new(Registry {
    sites: Vec::new(),
    filter: Filter {
        directives: Vec::new(),
    },
});

/// `None` in a forked child if another thread held the lock: then filters do not change.
fn registry() -> Option<MutexGuard<'static, Registry>> {
    REGISTRY.lock()
}

/// Makes `filter` the one of the whole program, from the next call of each function on.
///
/// May be called at any time and from any thread; spans that have started go on.
/// `Filter::default()` turns everything on again.
///
/// ```
/// use traced::testing::capture;
/// use traced::traced;
///
/// #[traced]
/// fn poll_queue() {}
///
/// # let before = traced::filter();
/// traced::set_filter("*::poll_queue=off".parse()?);
/// let ((), spans) = capture(poll_queue);
/// assert!(spans.is_empty());
/// # traced::set_filter(before);
/// # Ok::<(), traced::FilterError>(())
/// ```
pub fn set_filter(filter: Filter) {
    // Matching allocates, and an annotated allocator must not register itself meanwhile.
    let _lookup = Lookup::begin();
    let Some(mut registry) = registry() else {
        return;
    };
    for site in &registry.sites {
        site.scope.switch(filter.lets_through(site));
    }
    let previous = mem::replace(&mut registry.filter, filter);
    drop(registry);
    drop(previous);
}

/// Switches every call site again: what is off is another word where functions are measured.
#[cfg(feature = "metrics")]
pub(crate) fn reapply() {
    set_filter(filter());
}

/// The filter of the program: what [`set_filter`] was given last.
///
/// ```
/// // Turns another module off, in addition to the functions that are off already.
/// let more = format!("{},shop::cache=off", traced::filter());
/// traced::set_filter(more.parse()?);
/// # traced::set_filter(traced::Filter::default());
/// # Ok::<(), traced::FilterError>(())
/// ```
pub fn filter() -> Filter {
    let _lookup = Lookup::begin();
    let registry = registry();
    registry
        .map(|registry| registry.filter.clone())
        .unwrap_or_default()
}

/// Registers a call site before its first span; to be called once for each.
pub(crate) fn register(site: &'static CallSite) {
    let Some(mut registry) = registry() else {
        return;
    };
    if !registry.filter.directives.is_empty() {
        site.scope.switch(registry.filter.lets_through(site));
    }
    registry.sites.push(site);
}
