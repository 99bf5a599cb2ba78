//! The table of spawners. No other module of this crate names one.
//!
//! A spawner is recognised by the last segment of its path, or by the name of a method, because the
//! segments before it depend on the `use` declarations of the user's file.

/// A function or method that runs work elsewhere: as a task, on a thread, in a pool. An argument that is
/// such work is called a unit.
#[derive(Clone, Copy)]
pub(crate) struct Spawner {
    pub(crate) name: &'static str,
    /// The indices of the arguments that are units, by the number of arguments. Empty for a spawner that the
    /// user named, of which the macro knows nothing else.
    pub(crate) units: &'static [&'static [usize]],
    pub(crate) spelling: Spelling,
    pub(crate) takes: Takes,
    /// The kind of unit, if a path shows whose function it is: `tokio::spawn(future)`, `futures.map(tokio::spawn)`.
    pub(crate) by_path: ByPath,
    /// Whether the path shows that the function is the spawner, and not another of the same name: see
    /// [`CERTAIN`].
    pub(crate) is_certain: bool,
}

impl Spawner {
    /// Whether the user named it with `also(..)`.
    pub(crate) fn is_own(&self) -> bool {
        self.units.is_empty()
    }
}

/// The tokens before the name by which a call of the spawner is recognised.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    Anywhere,
    /// A dot: the name is that of a method.
    Method,
    /// Any tokens but `thread::`, because `thread::scope` runs its closure in place.
    NotOfThread,
    /// One of these types, and `::`.
    Of(&'static [&'static str]),
}

/// The units that a spawner takes. A call with other arguments calls another function of the same name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    /// A future or a closure that runs once: the type of the argument decides.
    Anything,
    /// A closure with this number of parameters. The name is so common that the closure must be written
    /// at the site, unless the path is certain.
    Closure(usize),
    /// An `async` block that is written at the site, boxed or not.
    AsyncBlock,
    /// A closure that makes a future on the thread where it will run.
    Maker,
    /// A closure that runs many times before the call returns.
    Borrowed,
    /// A closure that runs many times, also after the call has returned.
    Shared,
    /// A closure with one parameter that makes a future.
    Handler,
    /// A stream that is polled after the function has returned.
    Stream,
    /// A boxed `async` block or `move` closure that is written at the site, alone or inside a value.
    Boxed,
}

/// The kind of unit that a spawner takes if it is a function of one of [`OWNERS`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByPath {
    Future,
    Closure,
    /// The spawner is a method.
    Never,
}

use ByPath::{Closure as AClosure, Future, Never};
use Spelling::{Anywhere, Method, NotOfThread, Of};
use Takes::{Anything, AsyncBlock, Borrowed, Boxed, Closure, Handler, Maker, Shared, Stream};

// The units of a call with one argument, of a call with two, and so on.
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
    by_path: ByPath,
) -> Spawner {
    Spawner {
        name,
        units,
        spelling,
        takes,
        by_path,
        is_certain: false,
    }
}

#[rustfmt::skip]
pub(crate) const SPAWNERS: &[Spawner] = &[
    // tokio, tokio-util, std, rayon, crossbeam, smol, async-std, actix-rt
    spawner("spawn",                   LAST,          Anywhere,    Anything, Future),
    spawner("spawn_blocking",          LAST,          Anywhere,    Anything, AClosure),
    spawner("spawn_local",             LAST,          Anywhere,    Anything, Future),
    spawner("spawn_on",                BEFORE_HANDLE, Anywhere,    Anything, Never),
    spawner("spawn_blocking_on",       BEFORE_HANDLE, Anywhere,    Anything, Never),
    spawner("spawn_local_on",          BEFORE_HANDLE, Anywhere,    Anything, Never),
    // std::thread::Builder(scope, closure)
    spawner("spawn_scoped",            &[&[], &[1]],  Anywhere,    Anything, Never),
    // tokio_util::task::LocalPoolHandle
    spawner("spawn_pinned",            FIRST,         Anywhere,    Maker, Never),
    spawner("spawn_pinned_by_idx",     FIRST_OF_TWO,  Anywhere,    Maker, Never),
    // futures
    spawner("spawn_ok",                LAST,          Anywhere,    Anything, Never),
    spawner("spawn_with_handle",       LAST,          Anywhere,    Anything, Never),
    spawner("spawn_local_with_handle", LAST,          Anywhere,    Anything, Never),
    spawner("push",                    FIRST,         Method,      AsyncBlock, Never),
    spawner("push_back",               FIRST,         Method,      AsyncBlock, Never),
    spawner("push_front",              FIRST,         Method,      AsyncBlock, Never),
    // smol, blocking
    spawner("unblock",                 FIRST,         Anywhere,    Anything, AClosure),
    // actix_rt::Arbiter
    spawner("spawn_fn",                FIRST,         Anywhere,    Anything, Never),
    // actix_web::web
    spawner("block",                   FIRST,         Of(&["web"]), Anything, Never),
    // rayon; crossbeam::scope
    spawner("spawn_fifo",              FIRST,         Anywhere,    Anything, AClosure),
    spawner("scope",                   FIRST,         NotOfThread, Closure(1), Never),
    spawner("scope_fifo",              FIRST,         Anywhere,    Closure(1), Never),
    spawner("join",                    BOTH,          Anywhere,    Closure(0), Never),
    spawner("join_context",            BOTH,          Anywhere,    Closure(1), Never),
    spawner("install",                 FIRST,         Method,      Closure(0), Never),
    spawner("broadcast",               FIRST,         Anywhere,    Borrowed, Never),
    spawner("spawn_broadcast",         FIRST,         Anywhere,    Shared, Never),
    // threadpool
    spawner("execute",                 FIRST,         Method,      Closure(0), Never),
    // axum, warp: handlers of a connection that became a websocket
    spawner("on_upgrade",              FIRST,         Method,      Handler, Never),
    // axum, reqwest, hyper: bodies that are polled while they are sent
    spawner("from_stream",             FIRST,         Of(&["Body"]), Stream, Never),
    spawner("wrap_stream",             FIRST,         Of(&["Body"]), Stream, Never),
    spawner("new",                     FIRST,         Of(&["Sse"]), Stream, Never),
    // channels of jobs
    spawner("send",                    FIRST,         Method,      Boxed, Never),
    spawner("try_send",                FIRST,         Method,      Boxed, Never),
    spawner("blocking_send",           FIRST,         Method,      Boxed, Never),
    spawner("send_async",              FIRST,         Method,      Boxed, Never),
    spawner("send_blocking",           FIRST,         Method,      Boxed, Never),
    spawner("unbounded_send",          FIRST,         Method,      Boxed, Never),
];

/// Types that are generic over the type of the stream that their constructor takes.
pub(crate) const TYPED_BY_STREAM: &[&str] = &["Sse"];

/// Methods of cells and caches that run a closure once, to make a value that outlives the caller.
pub(crate) const INITIALIZING: &[&str] = &["get_or_init", "get_or_try_init"];

/// Crates and modules that define spawners. After one of these, a spawner's name is the spawner.
pub(crate) const OWNERS: &[&str] = &[
    "actix",
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

/// The members of [`OWNERS`] whose `spawn` takes a closure.
pub(crate) const OWNERS_OF_CLOSURES: &[&str] = &["rayon", "thread"];

/// Crates of [`OWNERS`]. After one of these names, a member of `OWNERS` is no module of the user's.
pub(crate) const CRATES: &[&str] = &[
    "actix",
    "actix_rt",
    "async_global_executor",
    "async_std",
    "rayon",
    "smol",
    "std",
    "tokio",
];

/// Owners that leave no doubt. After one of these, even a common name such as `join` is the spawner, and any
/// argument may be a unit.
pub(crate) const CERTAIN: &[&str] = &["ThreadPool", "rayon"];

/// Methods that make a parallel iterator.
pub(crate) const PARALLEL: &[&str] = &[
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

/// Traits whose methods take a parallel iterator as their receiver.
pub(crate) const PARALLEL_TRAITS: &[&str] = &["IndexedParallelIterator", "ParallelIterator"];

/// Methods of a parallel iterator that pull its items, or add another iterator. The calls that follow do not
/// run inside the calls before, so the context is carried in again.
pub(crate) const PULLING: &[&str] = &[
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

/// Whether functions and methods of this name spawn any future or closure, whatever stands before the name.
pub(crate) fn spawns(name: &str) -> bool {
    let mut rows = SPAWNERS.iter();
    rows.any(|row| row.name == name && row.takes == Anything && row.spelling == Anywhere)
}

/// Whether the word may be part of a spawn site.
pub(crate) fn may_be_in_site(word: &str) -> bool {
    let is_spawner = SPAWNERS.iter().any(|spawner| match spawner.spelling {
        // The names of these spawners, such as `new`, are too common.
        Spelling::Of(types) => types.contains(&word),
        _ => spawner.name == word,
    });
    is_spawner
        || word == "JoinSet"
        || CERTAIN.contains(&word)
        || PARALLEL.contains(&word)
        || PARALLEL_TRAITS.contains(&word)
}
