//! Whether a call that looks like a spawn site is one.

use syn::Expr;
use traced_macros_backend::inspect::{FoundSite, FoundUnit};

use super::program::Program;
use super::reachable::type_of;
use super::spawner_calls::SpawnerCall;
use crate::findings::Level;
use crate::functions::Function;

/// Types of runtimes whose methods `spawn` and `spawn_..` run work elsewhere.
const SPAWNING_TYPES: &[&str] = &[
    "Arbiter",
    "Handle",
    "JoinMap",
    "JoinSet",
    "LocalPoolHandle",
    "LocalSet",
    "Runtime",
    "TaskTracker",
    "ThreadPool",
];

/// Whether the call is certainly a spawn site, perhaps one, or not to be reported.
///
/// The macros rewrite every call that looks like a spawn site, because at compile time a value that is neither
/// a future nor a closure stays as it is. A report does not know types, so it must not take every method called
/// `spawn` for a spawner.
pub(super) fn certainty(
    site: &FoundSite,
    unit: FoundUnit,
    (call, others): (Option<&SpawnerCall<'_>>, &[SpawnerCall<'_>]),
    program: &Program<'_>,
    function: &Function<'_>,
) -> Option<Level> {
    if site.is_method {
        return certainty_of_method(site, unit, (call, others), program, function);
    }
    let path = program.full_path(&site.path, function);
    let (_, owners) = path.split_last()?;
    let is_literal = matches!(
        unit,
        FoundUnit::AsyncBlock | FoundUnit::Closure | FoundUnit::Carried
    );
    // A function of the program, so that the spawn site is inside that function.
    let is_own = matches!(path[0].as_str(), "crate" | "self" | "super" | "Self");
    if is_own && program.resolve(&path, function).is_some() {
        return None;
    }
    let owner = owners.last()?;
    let certain = is_spawner_of(owner, &path, program, function)?;
    certain
        .then_some(Level::Warning)
        .or(is_literal.then_some(Level::Note))
}

fn certainty_of_method(
    site: &FoundSite,
    unit: FoundUnit,
    (call, others): (Option<&SpawnerCall<'_>>, &[SpawnerCall<'_>]),
    program: &Program<'_>,
    function: &Function<'_>,
) -> Option<Level> {
    let name = site.path.last()?.as_str();
    let receiver = call.and_then(|call| call.receiver);
    let owner = receiver.and_then(|receiver| type_of(program, receiver, function));
    let has_method = owner.as_ref().is_some_and(|owner| {
        let path = [owner.clone(), name.to_owned()];
        program.resolve(&path, function).is_some()
    });
    let is_of_runtime = owner.is_some_and(|owner| SPAWNING_TYPES.contains(&owner.as_str()));
    // The program has a method of this name, so that the spawn site is inside that method.
    let may_be_own = match call {
        Some(call) => program.may_have_method(name, call.arguments.len()),
        None => program.named(name).any(|method| method.container.is_some()),
    };
    let is_proven = is_of_runtime
        || call.is_some_and(|call| {
            is_of_thread_builder(call, program, function)
                || is_of_thread_scope(call, others, program, function)
        });
    if has_method || (may_be_own && !is_proven) {
        return None;
    }
    match (name, unit) {
        // A method of this name that takes an `async` block runs it in another task.
        (
            "spawn" | "spawn_local" | "spawn_on" | "spawn_ok" | "spawn_with_handle",
            FoundUnit::AsyncBlock,
        ) => Some(Level::Warning),
        ("spawn_blocking" | "spawn_pinned" | "spawn_blocking_on" | "spawn_scoped", _) => {
            Some(Level::Warning)
        }
        _ if name.starts_with("spawn") && is_proven => Some(Level::Warning),
        ("spawn" | "spawn_fifo" | "spawn_fn", FoundUnit::Closure) => Some(Level::Note),
        (_, FoundUnit::Carried | FoundUnit::Instrumented) => Some(Level::Warning),
        // Parallel iterators: rayon's methods have names of their own.
        (_, FoundUnit::Iterator) => Some(Level::Warning),
        // `FuturesUnordered::push`, `Vec::push`; `pool.install(..)`; `commands.spawn(bundle)`.
        _ => None,
    }
}

/// Why what a receiver spawns may be no part of a request, if none is known to be around.
pub(super) fn doubt_of_receiver(
    call: &SpawnerCall<'_>,
    program: &Program<'_>,
    function: &Function<'_>,
) -> Option<&'static str> {
    let field = call
        .receiver
        .filter(|receiver| matches!(receiver, Expr::Field(_)));
    let owner = field.and_then(|field| type_of(program, field, function));
    if owner.is_some_and(|owner| owner == "TaskTracker") {
        return Some("the value that has the tracker may end it later than a request");
    }
    is_of_thread_builder(call, program, function)
        .then_some("a thread that gets a name may live as long as the program")
}

/// `std::thread::Builder::new().name(name).spawn(..)`
fn is_of_thread_builder(
    call: &SpawnerCall<'_>,
    program: &Program<'_>,
    function: &Function<'_>,
) -> bool {
    let maker = program.full_path(&call.maker, function);
    matches!(maker.as_slice(), [.., module, owner, name]
        if module == "thread" && owner == "Builder" && name == "new")
}

/// Whether the receiver is the parameter of the closure of `std::thread::scope`, or of crossbeam's. If another site
/// spawns the scope, the report about that site is enough.
fn is_of_thread_scope(
    call: &SpawnerCall<'_>,
    others: &[SpawnerCall<'_>],
    program: &Program<'_>,
    function: &Function<'_>,
) -> bool {
    let Some(scope) = &call.scope else {
        return false;
    };
    let path = program.full_path(&scope.path, function);
    let is_scope = matches!(path.as_slice(), [first, .., name]
        if name == "scope" && ["crossbeam", "crossbeam_utils", "std"].contains(&first.as_str()));
    // The macros rewrite the closure of crossbeam's scope too, which runs in place.
    let is_another = |other: &&SpawnerCall<'_>| ![call.start, scope.start].contains(&other.start);
    let mut others = others.iter().filter(is_another);
    is_scope && !others.any(|other| other.spawns(call.start, function))
}

/// Whether the function of this owner is certainly a spawner; `None` if the owner is no crate, module or type that has
/// spawners.
fn is_spawner_of(
    owner: &str,
    path: &[String],
    program: &Program<'_>,
    function: &Function<'_>,
) -> Option<bool> {
    match owner {
        "tokio"
        | "smol"
        | "actix"
        | "async_std"
        | "actix_rt"
        | "async_global_executor"
        | "blocking"
        | "rayon" => Some(true),
        // A module `thread` or `task` may also be one of the program.
        "thread" => Some(
            path.first().is_some_and(|first| first == "std")
                || program.imports(function, &["std", "thread"]),
        ),
        "task" => Some(
            path.len() > 2 && is_runtime(&path[0])
                || ["tokio", "async_std"]
                    .iter()
                    .any(|krate| program.imports(function, &[krate, "task"])),
        ),
        _ if SPAWNING_TYPES.contains(&owner) => Some(true),
        "rt" | "web" => Some(path.first().is_some_and(|first| first == "actix_web")),
        _ => None,
    }
}

/// Whether a crate is a runtime, also by another name: `tokio_1`.
fn is_runtime(krate: &str) -> bool {
    ["tokio", "async_std", "actix_rt", "std"]
        .iter()
        .any(|known| krate.starts_with(known))
}
