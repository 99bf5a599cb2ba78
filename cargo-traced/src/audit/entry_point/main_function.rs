//! The `main` of a program that does one thing and ends.

use super::super::Report;
use super::super::calls::{Call, in_block, reaches_span};
use super::super::program::Program;
use super::{EntryPoint, note};
use crate::findings::{Help, Level};
use crate::functions::Function;

/// The depth to which calls are followed.
const DEPTH: usize = 4;

/// The `main` of a server is left out: a span as long as the process is of no use, and the server's handlers
/// are entry points of their own.
pub(super) fn check<'a>(
    program: &Program<'a>,
    function: &'a Function<'a>,
    report: &mut Report<'a>,
) {
    if !function.is_main() || serves(program, function) {
        return;
    }
    let is_traced = function.is_traced() || below_is_traced(program, function, DEPTH);
    let entry = EntryPoint {
        level: match may_have_spans(program) {
            true => Level::Warning,
            false => Level::Note,
        },
        help: Help::text(
            "move its work to a function with `#[traced]`; a span of `main` itself would begin before \
             `traced::init()`",
        ),
        ..EntryPoint::whole(function, "where the program begins")
    };
    note(report, is_traced, entry);
}

/// Whether the package has anything to make spans with, or to wait with. Without, it is a small tool, whose
/// author looks at no trace of it.
fn may_have_spans(program: &Program<'_>) -> bool {
    const CRATES: &[&str] = &[
        "actix-rt",
        "actix-web",
        "async-std",
        "fastrace",
        "log",
        "opentelemetry",
        "smol",
        "tokio",
        "traced",
        "tracing",
    ];
    let dependencies = &program.package.dependencies;
    CRATES.iter().any(|krate| dependencies.has(krate))
}

/// Whether a function that `main` calls has a span.
fn below_is_traced(program: &Program<'_>, function: &Function<'_>, depth: usize) -> bool {
    if reaches_span(|each| in_block(&function.block, each), program, function) {
        return true;
    }
    called(program, function)
        .into_iter()
        .any(|callee| depth > 0 && below_is_traced(program, callee, depth - 1))
}

/// Whether `main` waits for work from outside: it accepts connections, or runs until a signal.
pub(in crate::audit) fn serves(program: &Program<'_>, function: &Function<'_>) -> bool {
    serves_within(program, function, DEPTH)
}

fn serves_within(program: &Program<'_>, function: &Function<'_>, depth: usize) -> bool {
    const SERVING: &[&str] = &[
        "HttpServer",
        "TcpListener",
        "UdpSocket",
        "UnixListener",
        "accept",
        "axum",
        "basic_consume",
        "bind",
        "ctrl_c",
        "incoming",
        "launch",
        "listen",
        "serve",
        "serve_with_shutdown",
        "Server",
        "start_server",
        "subscribe",
        "WorkerBuilder",
        "rocket",
        "StreamConsumer",
    ];
    let is_launched = crate::functions::has_attribute(&function.attributes, &["launch"]);
    is_launched
        || crate::syntax::mentions(function.block.clone(), &|word| SERVING.contains(&word))
        || super::super::long_lived::never_ends(&function.block)
        || starts_elsewhere(program, function)
        || (depth > 0
            && called(program, function)
                .into_iter()
                .any(|callee| serves_within(program, callee, depth - 1)))
}

/// Whether it hands over to a function of another crate, which may do anything: `router::main()`, or `run()` that
/// was brought in.
fn starts_elsewhere(program: &Program<'_>, function: &Function<'_>) -> bool {
    const STARTING: &[&str] = &["main", "run", "start"];
    let mut found = false;
    in_block(&function.block, &mut |call| {
        if let Call::Function(path) = call {
            let is_elsewhere = match path.as_slice() {
                [name] => program.imports_name(function, name),
                _ => true,
            };
            let is_start = is_elsewhere
                && path
                    .last()
                    .is_some_and(|last| STARTING.contains(&last.as_str()));
            found |= is_start && program.resolve(path, function).is_none();
        }
    });
    found
}

/// The functions of this program that a body calls by path.
fn called<'a>(program: &Program<'a>, function: &Function<'_>) -> Vec<&'a Function<'a>> {
    let mut found = Vec::new();
    in_block(&function.block, &mut |call| {
        if let Call::Function(path) = call {
            found.extend(program.resolve(path, function));
        }
    });
    found.retain(|callee| callee.start != function.start);
    found
}
