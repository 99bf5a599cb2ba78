//! The `main` of a program that does one thing and ends.

use super::super::Report;
use super::super::calls::{Call, in_block, reaches_span};
use super::super::evidence;
use super::super::loops::rounds::may_take_work;
use super::super::loops::waiting::rounds;
use super::super::program::Program;
use super::super::reachable::{self, Reachable};
use super::super::servers::SERVING;
use super::super::spans::Spans;
use super::{EntryPoint, consumers, note};
use crate::findings::{Help, Level};
use crate::functions::{Function, has_attribute};
use crate::sources::SourceFile;
use crate::syntax::{mentions, path_of};
use syn::visit::{self, Visit};
use syn::{Expr, ExprAwait, Item, Stmt};

/// The `main` of a server is left out: a span as long as the process is of no use, and the server's handlers
/// are entry points of their own.
pub(super) fn check<'a>(
    program: &Program<'a>,
    function: &'a Function<'a>,
    report: &mut Report<'a>,
) {
    if !function.is_main() || refuses_to_compile(function) {
        return;
    }
    let reachable = reachable::from(program, vec![function]);
    let mut is_server = serving(program, &reachable);
    if is_server == Likely::No
        && (names_a_server(function)
            || is_interactive(program)
            || waits_for_work(program, function, &reachable))
    {
        is_server = Likely::Maybe;
    }
    if is_server == Likely::Yes {
        return;
    }
    let is_traced = traced(program, &reachable);
    let is_certain = is_server == Likely::No && is_traced != Likely::Maybe;
    let mut entry = EntryPoint {
        level: match is_certain
            && may_have_spans(program)
            && does_more_than_compute(&reachable)
            && !is_helper(program, function)
        {
            true => Level::Warning,
            false => Level::Note,
        },
        help: Help::text(
            "move its work to a function with `#[traced]`; a span of `main` itself would begin before \
             `traced::init()`",
        ),
        ..EntryPoint::whole(function, "where the program begins")
    };
    if is_server == Likely::Maybe {
        entry.what = "`main`, which may start a server or wait for work,".to_owned();
    }
    note(program, report, is_traced == Likely::Yes, entry);
}

/// An answer about calls of methods, which is uncertain because the types of values are not known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Likely {
    No,
    Maybe,
    Yes,
}

impl Likely {
    fn of(reachable: &Reachable<'_>, is: impl Fn(&Function<'_>) -> bool) -> Self {
        match () {
            () if reachable.certain.iter().any(|function| is(function)) => Likely::Yes,
            () if reachable.possible.iter().any(|function| is(function)) => Likely::Maybe,
            () if reachable.is_unknown => Likely::Maybe,
            () => Likely::No,
        }
    }
}

/// Whether the package depends on a crate for spans, logs or async code. Without one it is a small tool, whose author
/// expects no traces.
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

/// Whether `main`, or a function that it calls, waits for something, starts threads or processes, or logs. What only reads
/// its arguments and prints needs no trace.
fn does_more_than_compute(reachable: &Reachable<'_>) -> bool {
    let all = reachable.certain.iter().chain(&reachable.possible);
    all.into_iter().any(|function| {
        function.is_async()
            || mentions(&function.block, &|word| {
                matches!(word, "block_on" | "spawn" | "Command")
            })
            || evidence::logs(&function.block)
    })
}

/// Whether `main` has to do with a type that is named after a server: `cli::run(ServerConfiguration::default())`.
fn names_a_server(main: &Function<'_>) -> bool {
    mentions(&main.block, &|word| {
        word.starts_with("Server") || word.ends_with("Server")
    })
}

/// Whether the package depends on a library for a user interface, with which a program runs until its user ends it.
fn is_interactive(program: &Program<'_>) -> bool {
    const CRATES: &[&str] = &[
        "cursive", "eframe", "gtk", "gtk4", "iced", "ratatui", "slint", "tauri", "tui", "winit",
    ];
    let dependencies = &program.package.dependencies;
    CRATES.iter().any(|krate| dependencies.has(krate))
}

/// Whether `main` is for systems that the program is not for.
fn refuses_to_compile(main: &Function<'_>) -> bool {
    mentions(&main.block, &|word| word == "compile_error")
}

/// Whether `main` ends with a call of a function of another crate, which runs the program: `framework::boot(&APPLICATION)`.
fn hands_over(program: &Program<'_>, main: &Function<'_>) -> bool {
    let Some(Stmt::Expr(last, _)) = main.block.stmts.last() else {
        return false;
    };
    let path = path_of(without_await(last));
    let is_std = |krate: &String| matches!(krate.as_str(), "std" | "core");
    path.len() > 1
        && program.resolve(&path, main).is_none()
        && path
            .first()
            .is_some_and(|krate| program.package.dependencies.has_crate(krate) && !is_std(krate))
}

/// The function that an expression calls: `boot` of `boot(..).await?`.
fn without_await(expr: &Expr) -> &Expr {
    match expr {
        Expr::Await(inner) => without_await(&inner.base),
        Expr::Try(inner) => without_await(&inner.expr),
        Expr::Call(call) => &call.func,
        other => other,
    }
}

/// Whether `main`, or a function that it calls, has a span.
fn traced(program: &Program<'_>, reachable: &Reachable<'_>) -> Likely {
    let spans = Spans::exported(program);
    Likely::of(reachable, |function| {
        spans.has_one(function)
            || spans.makes_or_spawns_one(&function.block)
            || reaches_span(|each| in_block(&function.block, each), program, function)
    })
}

/// Whether `main` waits for work from outside: it accepts connections, or runs until a signal.
fn serving(program: &Program<'_>, reachable: &Reachable<'_>) -> Likely {
    Likely::of(reachable, |function| serves_itself(program, function))
}

fn serves_itself(program: &Program<'_>, function: &Function<'_>) -> bool {
    let is_launched = has_attribute(&function.attributes, &["launch"]);
    is_launched
        || !consumers::taken(program, function).is_empty()
        || calls_one_of(function, SERVING)
        || super::super::loops::endless::never_ends(&function.block)
        || starts_elsewhere(program, function)
        || (function.is_main() && hands_over(program, function))
}

/// Whether `main`, or a function that it calls itself, may wait for work until somebody ends the program: it has a loop
/// that may, or any that waits if the program is told of signals, or waits for a method of another crate's type:
/// `client.start().await`. Further below, loops read pages and indexes.
fn waits_for_work<'a>(
    program: &Program<'a>,
    main: &'a Function<'a>,
    reachable: &Reachable<'a>,
) -> bool {
    let called = reachable::called_in(program, &main.block, main);
    let any =
        |is: &dyn Fn(&Function<'_>) -> bool| is(main) || called.iter().any(|function| is(function));
    let mut certain = reachable.certain.iter();
    let is_told =
        certain.any(|function| calls_one_of(function, &["SignalKind", "Signals", "ctrlc"]));
    let mut certain = reachable.certain.iter();
    certain.any(|function| waits_for_another_crate(program, function))
        || any(&|function| !may_take_work(function).is_empty())
        || (is_told && any(&|function| !rounds(&function.block).is_empty()))
}

fn waits_for_another_crate(program: &Program<'_>, function: &Function<'_>) -> bool {
    struct Waits<'p, 'a> {
        program: &'p Program<'a>,
        found: bool,
    }
    impl<'ast> Visit<'ast> for Waits<'_, '_> {
        fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
            const NAMES: &[&str] = &[
                "for_each",
                "for_each_concurrent",
                "main",
                "run",
                "start",
                "try_for_each",
                "try_for_each_concurrent",
            ];
            if let Expr::MethodCall(call) = &*awaited.base {
                let name = call.method.to_string();
                let mut own = self.program.named(&name);
                let is_own = own.any(|function| function.container.is_some());
                self.found |= NAMES.contains(&name.as_str()) && !is_own;
            }
            visit::visit_expr_await(self, awaited);
        }

        fn visit_item(&mut self, _: &'ast Item) {}
    }
    let mut waits = Waits {
        program,
        found: false,
    };
    waits.visit_block(&function.block);
    waits.found
}

/// Whether a body calls a method or a path with one of these names. Fields of the names do not count.
fn calls_one_of(function: &Function<'_>, names: &[&str]) -> bool {
    let mut found = false;
    in_block(&function.block, &mut |call| {
        found |= match call {
            Call::Function(path) => path.iter().any(|name| names.contains(&name.as_str())),
            Call::Method(call) => names.iter().any(|name| call.method == name),
            Call::Macro(mac) => mentions(mac.tokens.clone(), &|word| names.contains(&word)),
        };
    });
    found
}

/// Whether the function calls a function of another crate that may start a server: `router::main()`, or an imported
/// `run()`.
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

/// Whether an executable is a tool beside the program or library of its package, by another name than the package's:
/// `gen-schemas`, `producer`. Most of these are for the developers of the package, or show how it is used.
fn is_helper(program: &Program<'_>, main: &Function<'_>) -> bool {
    let mut names = main.file.shown.trim_end_matches(".rs").rsplit('/');
    let name = match names.next() {
        Some("main") => names.next().unwrap_or("src"),
        Some(name) => name,
        None => return false,
    };
    let same = |a: &str, b: &str| a.replace('-', "_") == b.replace('-', "_");
    let is_library =
        |file: &SourceFile| file.module.is_empty() && !file.is_program && !file.is_test;
    let is_alone = program.of_program().filter(|one| one.is_main()).count() == 1
        && !program.files.iter().any(is_library);
    name != "src" && !same(name, &program.package.name) && !is_alone
}
