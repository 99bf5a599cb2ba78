//! The filter: which functions have spans. It comes from `TRACED_FILTER` and can be changed at run time.
//!
//! It adds no cost to a call: whether a function is off is stored in the atomic that also tells whether there is a
//! provider. Every call site registers at its first span, and a new filter is applied to all of them.

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

/// Selects the functions that have spans, by their paths.
///
/// A filter is a list of directives separated by commas, each a pattern and `on`, `off` or a level:
///
/// | directive | effect |
/// |---|---|
/// | `shop::db=off` | no spans of `shop::db` and everything below it: modules, types, functions |
/// | `shop::db::Store::load=on` | spans of this method, in spite of the line above |
/// | `*::health=off` | no spans of anything called `health`, wherever it is; `*` is any text, `::` included |
/// | `shop::cache=debug` | spans of `shop::cache` up to the level `debug`; `trace` is off |
/// | `off` | no spans of anything else: without a pattern, a directive matches every function, as `*=off` does |
///
/// The levels are those of [`SpanLevel`], which the argument `level = ".."` sets; the default is `info`.
/// `on` includes every level, as `trace` does. So `openraft=info,noise=off` means what it means in
/// `RUST_LOG`, with one difference: a function that no directive matches is **on**, whatever its level, as
/// it is without a filter. An unset `RUST_LOG` shows errors alone, because the lines of a log are read one by one;
/// but a trace that lacks spans which nobody turned off would be wrong. To get the behaviour of `RUST_LOG`,
/// begin with a directive without a pattern: `off,openraft=info`, or `info,shop::db=debug`.
///
/// A pattern is matched against the **path of the function**: the path of its module, as `module_path!` gives
/// it, then the function's name, or `Type::method`. A method with an attribute of its own, instead of one on the
/// `impl` or trait, also matches as `module::method`; if its signature has neither `self` nor `Self`, the macro
/// cannot tell it from a function, and only that path matches. The name of a span and its scope do not matter.
/// An annotated expression, a [`span!`](macro@crate::span) and a spawned task with a span match by the path of
/// the function around them, each with a level of its own; in a method, by either of its two paths.
///
/// If several directives match, the **longest** pattern decides (without counting `*`), then the one with fewer
/// `*`, then the later one. A function that no directive matches is on. Spaces are ignored, `on`, `off` and the
/// levels may be in upper or lower case, and a `-` in a pattern is read as `_`.
///
/// A function that is off costs one atomic load a call. It has no span, but its context
/// flows: its children become those of the span around it, `extract`, `baggage` and `inject` work,
/// and spawn sites carry the current context. `set_attributes!` and `event!` in its body apply to
/// the span around it. `#[traced(current)]` has no span of its own and cannot be off.
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
    /// The filter in the environment variable `TRACED_FILTER`; `None` if the variable is unset or empty, or if none
    /// of its directives can be parsed.
    ///
    /// A directive that cannot be parsed is left out, and reported once on stderr with a correct form.
    /// `traced::init` (feature `init`) calls this function; without `init`, call it yourself:
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

    /// Whether a function with this path and the default level has spans.
    pub fn is_on(&self, path: &str) -> bool {
        self.is_on_at(path, SpanLevel::default())
    }

    /// Whether a function with this path and this level has spans.
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
        // `max_by_key` returns the last of several directives with the same weight.
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

/// Parses a filter in the format of `TRACED_FILTER`; an empty filter turns nothing off.
///
/// # Errors
///
/// The first directive that cannot be parsed.
impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let (filter, errors) = Filter::read(text);
        errors.into_iter().next().map_or(Ok(filter), Err)
    }
}

/// The directives, in the format that is parsed.
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

/// Sets the filter of the whole program, which takes effect at the next call of each function.
///
/// May be called at any time and from any thread. Spans that have started are not affected.
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
    // Matching allocates, and a user's annotated allocator must not register itself meanwhile.
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

/// Applies the filter to every call site again, as measuring changes the value that stands for "off".
#[cfg(feature = "metrics")]
pub(crate) fn reapply() {
    set_filter(filter());
}

/// The filter of the program, which [`set_filter`] set last.
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

/// Registers a call site before its first span. To be called once for each call site.
pub(crate) fn register(site: &'static CallSite) {
    let Some(mut registry) = registry() else {
        return;
    };
    if !registry.filter.directives.is_empty() {
        site.scope.switch(registry.filter.lets_through(site));
    }
    registry.sites.push(site);
}
