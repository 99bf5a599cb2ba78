//! The spawners, by name.
//!
//! A name is the last segment of a path or a method's name: what stands before
//! it, a `use` outside the function can change.

/// A name behind which a unit of work runs elsewhere.
#[derive(Clone, Copy)]
pub(super) struct Spawner {
    pub(super) name: &'static str,
    /// Which arguments are units, by how many there are. Nobody knows of the user's own.
    pub(super) units: &'static [&'static [usize]],
    pub(super) spelling: Spelling,
    pub(super) takes: Takes,
    /// Whether the path says that this is no namesake: see [`CERTAIN`].
    pub(super) is_certain: bool,
}

impl Spawner {
    /// Whether it is one of the user's own, who named it with `also(..)`.
    pub(super) fn is_own(&self) -> bool {
        self.units.is_empty()
    }
}

/// Where a name has to stand to be the spawner's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    Anywhere,
    /// Behind a dot.
    Method,
    /// Anywhere but behind `thread::`, where the closure runs in place.
    NotOfThread,
}

/// What a spawner takes, as far as it tells units from the arguments of others
/// that share its name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    /// A future or a closure that runs once: the type of the argument decides.
    Anything,
    /// The name is so common that, unless the path is certain, only a closure
    /// written at the site counts, and only with this many parameters.
    Closure(usize),
    /// Only an `async` block written at the site, boxed or not.
    AsyncBlock,
    /// A closure that makes a future on the thread where it will run.
    Maker,
    /// A closure that runs many times before the call returns.
    Borrowed,
    /// A closure that runs many times, whenever it likes.
    Shared,
}

use Spelling::{Anywhere, Method, NotOfThread};
use Takes::{Anything, AsyncBlock, Borrowed, Closure, Maker, Shared};

const FIRST: &[&[usize]] = &[&[0]];
const FIRST_OF_TWO: &[&[usize]] = &[&[], &[0]];
const BOTH: &[&[usize]] = &[&[], &[0, 1]];
/// `JoinSet(task)`, `JoinMap(key, task)`.
const LAST: &[&[usize]] = &[&[0], &[1]];
/// `JoinSet(task, handle)`, `JoinMap(key, task, handle)`.
const BEFORE_HANDLE: &[&[usize]] = &[&[], &[0], &[1]];

const fn spawner(
    name: &'static str,
    units: &'static [&'static [usize]],
    spelling: Spelling,
    takes: Takes,
) -> Spawner {
    Spawner {
        name,
        units,
        spelling,
        takes,
        is_certain: false,
    }
}

#[rustfmt::skip]
pub(super) const SPAWNERS: &[Spawner] = &[
    // tokio, tokio-util, std, rayon, crossbeam, smol, async-std, actix-rt
    spawner("spawn",                   LAST,          Anywhere,    Anything),
    spawner("spawn_blocking",          LAST,          Anywhere,    Anything),
    spawner("spawn_local",             LAST,          Anywhere,    Anything),
    spawner("spawn_on",                BEFORE_HANDLE, Anywhere,    Anything),
    spawner("spawn_blocking_on",       BEFORE_HANDLE, Anywhere,    Anything),
    spawner("spawn_local_on",          BEFORE_HANDLE, Anywhere,    Anything),
    // std::thread::Builder(scope, closure)
    spawner("spawn_scoped",            &[&[], &[1]],  Anywhere,    Anything),
    // tokio_util::task::LocalPoolHandle
    spawner("spawn_pinned",            FIRST,         Anywhere,    Maker),
    spawner("spawn_pinned_by_idx",     FIRST_OF_TWO,  Anywhere,    Maker),
    // futures
    spawner("spawn_ok",                LAST,          Anywhere,    Anything),
    spawner("spawn_with_handle",       LAST,          Anywhere,    Anything),
    spawner("spawn_local_with_handle", LAST,          Anywhere,    Anything),
    spawner("push",                    FIRST,         Method,      AsyncBlock),
    spawner("push_back",               FIRST,         Method,      AsyncBlock),
    spawner("push_front",              FIRST,         Method,      AsyncBlock),
    // smol, blocking
    spawner("unblock",                 FIRST,         Anywhere,    Anything),
    // actix_rt::Arbiter
    spawner("spawn_fn",                FIRST,         Anywhere,    Anything),
    // rayon; crossbeam::scope
    spawner("spawn_fifo",              FIRST,         Anywhere,    Anything),
    spawner("scope",                   FIRST,         NotOfThread, Closure(1)),
    spawner("scope_fifo",              FIRST,         Anywhere,    Closure(1)),
    spawner("join",                    BOTH,          Anywhere,    Closure(0)),
    spawner("join_context",            BOTH,          Anywhere,    Closure(1)),
    spawner("install",                 FIRST,         Method,      Closure(0)),
    spawner("broadcast",               FIRST,         Anywhere,    Borrowed),
    spawner("spawn_broadcast",         FIRST,         Anywhere,    Shared),
    // threadpool
    spawner("execute",                 FIRST,         Method,      Closure(0)),
];

/// Crates and modules whose functions of these names are spawners for certain.
pub(super) const OWNERS: &[&str] = &[
    "actix_rt",
    "async_global_executor",
    "async_std",
    "blocking",
    "rayon",
    "smol",
    "task",
    "thread",
    "tokio",
];

/// Those of them whose `spawn` takes a closure.
pub(super) const OWNERS_OF_CLOSURES: &[&str] = &["rayon", "thread"];

/// Those of them that are modules, whose names others use too.
pub(super) const MODULES: &[&str] = &["task", "thread"];

/// Behind these, a common name is the spawner's, so that whatever it is given counts.
pub(super) const CERTAIN: &[&str] = &["ThreadPool", "rayon"];

/// Methods that make a parallel iterator.
pub(super) const PARALLEL: &[&str] = &[
    "into_par_iter",
    "par_bridge",
    "par_bytes",
    "par_char_indices",
    "par_chars",
    "par_chunk_by",
    "par_chunk_by_mut",
    "par_chunks",
    "par_chunks_exact",
    "par_chunks_exact_mut",
    "par_chunks_mut",
    "par_drain",
    "par_iter",
    "par_iter_mut",
    "par_lines",
    "par_rchunks",
    "par_rchunks_exact",
    "par_rchunks_exact_mut",
    "par_rchunks_mut",
    "par_split",
    "par_split_inclusive",
    "par_split_mut",
    "par_split_whitespace",
    "par_windows",
];

/// Traits whose methods, called by path, have a parallel iterator as their first argument.
pub(super) const PARALLEL_TRAITS: &[&str] = &["IndexedParallelIterator", "ParallelIterator"];

/// Methods of a parallel iterator that pull its items, or add iterators of their
/// own, so that what follows them no longer runs inside what precedes them.
pub(super) const PULLING: &[&str] = &[
    "by_exponential_blocks",
    "by_uniform_blocks",
    "chain",
    "chunks",
    "enumerate",
    "flat_map",
    "flatten",
    "fold_chunks",
    "fold_chunks_with",
    "interleave",
    "interleave_shortest",
    "intersperse",
    "rev",
    "skip",
    "step_by",
    "take",
    "with_max_len",
    "with_min_len",
    "zip",
    "zip_eq",
];

/// Whether the word is one by which a site is known.
pub(super) fn is_of_a_site(word: &str) -> bool {
    let is_spawner = SPAWNERS.iter().any(|spawner| spawner.name == word);
    is_spawner
        || word == "JoinSet"
        || CERTAIN.contains(&word)
        || PARALLEL.contains(&word)
        || PARALLEL_TRAITS.contains(&word)
}
