//! Spawned work that has no use for a context, or has one already, as far as the function around it shows.

use syn::visit::{self, Visit};
use syn::{Expr, ExprAwait, ExprCall, ExprMethodCall, Item, Local, Macro, Pat};

use super::program::Program;
use crate::functions::Function;
use crate::syntax::{mentions, path_of};

/// Why a spawned expression may need no context.
pub(super) fn why(
    unit: &Expr,
    program: &Program<'_>,
    function: &Function<'_>,
) -> Option<&'static str> {
    if is_wrapped(unit) {
        Some("the function around it may take one along")
    } else if enters_a_span(unit) {
        Some("it enters a span of `tracing` that it takes along")
    } else if is_a_session(unit) {
        Some("it waits until the connection of a request becomes one of its own, for a session")
    } else if polls_by_hand(unit) || drives_a_connection(unit, function) {
        Some("it drives a connection for as long as that is open, for all of its requests")
    } else if calls_only_std(unit, program) {
        Some("what it calls is of the standard library or handles files, and starts no span")
    } else {
        None
    }
}

/// Why nothing is recorded in a spawned expression: `|| { let _guard = Context::enter_telemetry_suppressed_scope(); work() }`.
pub(super) fn records_nothing(unit: &Expr) -> Option<&'static str> {
    let is_suppressed = matches!(unit, Expr::Async(_) | Expr::Closure(_))
        && mentions(unit, &|word| word == "enter_telemetry_suppressed_scope");
    is_suppressed.then_some("telemetry is suppressed in it")
}

/// Whether a wrapper is named as if it took the context along: `trace::in_thread(move || work())`.
fn is_wrapped(unit: &Expr) -> bool {
    const WORDS: &[&str] = &["carry", "context", "ctx", "hub", "span", "trace", "tracing"];
    let Expr::Call(call) = unit else {
        return false;
    };
    let has_work = call
        .args
        .iter()
        .any(|argument| matches!(argument, Expr::Closure(_) | Expr::Async(_)));
    has_work
        && path_of(&call.func)
            .iter()
            .any(|name| name.split('_').any(|word| WORDS.contains(&word)))
}

/// Whether it enters a span that was made outside: `move || { let _entered = span.enter(); work() }`,
/// `move || span.in_scope(work)`.
fn enters_a_span(unit: &Expr) -> bool {
    #[derive(Default)]
    struct Spans {
        entered: Vec<String>,
        made_inside: Vec<String>,
        has_parent: bool,
    }
    impl<'ast> Visit<'ast> for Spans {
        fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
            let name = match &*call.receiver {
                Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
                Expr::Field(field) => match &field.member {
                    syn::Member::Named(name) => Some(name.to_string()),
                    syn::Member::Unnamed(_) => None,
                },
                _ => None,
            };
            // The `Handle` of a runtime has a method `enter` too.
            let is_span = name.as_ref().is_some_and(|name| name.contains("span"));
            let enters = call.method == "in_scope" || (call.method == "enter" && is_span);
            self.entered.extend(name.filter(|_| enters));
            visit::visit_expr_method_call(self, call);
        }

        // `info_span!(parent: &span, "work")`
        fn visit_macro(&mut self, mac: &'ast Macro) {
            let last = mac.path.segments.last();
            let is_span = last.is_some_and(|last| last.ident.to_string().ends_with("span"));
            let mut tokens = mac.tokens.clone().into_iter();
            self.has_parent |= is_span
                && tokens
                    .next()
                    .is_some_and(|first| first.to_string() == "parent");
        }

        fn visit_local(&mut self, local: &'ast Local) {
            if let Pat::Ident(name) = &local.pat {
                self.made_inside.push(name.ident.to_string());
            }
            visit::visit_local(self, local);
        }

        fn visit_item(&mut self, _: &'ast Item) {}
    }
    if !matches!(unit, Expr::Async(_) | Expr::Closure(_)) {
        return false;
    }
    let mut spans = Spans::default();
    spans.visit_expr(unit);
    spans.has_parent
        || spans
            .entered
            .iter()
            .any(|name| !spans.made_inside.contains(name))
}

/// Whether it polls something itself: `poll_fn(|cx| driver.poll_close(cx)).await`.
fn polls_by_hand(unit: &Expr) -> bool {
    matches!(unit, Expr::Async(_)) && mentions(unit, &|word| word == "poll_fn")
}

/// Whether it awaits the upgrade of a connection: `hyper::upgrade::on(&mut request).await`.
fn is_a_session(unit: &Expr) -> bool {
    struct Upgrades(bool);
    impl<'ast> Visit<'ast> for Upgrades {
        fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
            self.0 |= mentions(&awaited.base, &|word| {
                word == "upgrade" || word == "on_upgrade"
            });
            visit::visit_expr_await(self, awaited);
        }
    }
    let mut upgrades = Upgrades(false);
    upgrades.visit_expr(unit);
    upgrades.0
}

/// Whether it awaits the second half of what a client was made of: `let (sender, connection) = handshake(io).await?`.
fn drives_a_connection(unit: &Expr, function: &Function<'_>) -> bool {
    struct Awaited(Vec<String>);
    impl<'ast> Visit<'ast> for Awaited {
        fn visit_expr_await(&mut self, awaited: &'ast ExprAwait) {
            self.0.extend(path_of(&awaited.base));
            // `drive(connection, settings).await`
            if let Expr::Call(call) = &*awaited.base {
                self.0.extend(call.args.iter().flat_map(path_of));
            }
            visit::visit_expr_await(self, awaited);
        }
    }
    let mut awaited = Awaited(Vec::new());
    match unit {
        Expr::Path(_) => awaited.0.extend(path_of(unit)),
        Expr::MethodCall(call) if call.method == "with_upgrades" => {
            awaited.0.extend(path_of(&call.receiver));
        }
        _ => awaited.visit_expr(unit),
    }
    let is_driver = |name: &String| {
        let last = name.rsplit('_').next();
        matches!(last, Some("conn" | "connection" | "driver"))
    };
    awaited.0.retain(is_driver);
    let mut halves = Halves(Vec::new());
    if !awaited.0.is_empty() {
        halves.visit_block(&function.block);
    }
    awaited.0.iter().any(|name| halves.0.contains(name))
}

/// The variables of a function that are halves of a pair, other than those of a listener.
struct Halves(Vec<String>);

impl<'ast> Visit<'ast> for Halves {
    fn visit_local(&mut self, local: &'ast Local) {
        if let (Pat::Tuple(pair), Some(init)) = (&local.pat, &local.init)
            && !mentions(&init.expr, &|word| word == "accept")
        {
            for half in &pair.elems {
                if let Pat::Ident(name) = half {
                    self.0.push(name.ident.to_string());
                }
            }
        }
        visit::visit_local(self, local);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// Whether a closure consists of calls of functions of the standard library, and of a few crates and types that read
/// and write files. A method counts as theirs by its name, if the program has no method of this name.
fn calls_only_std(unit: &Expr, program: &Program<'_>) -> bool {
    let mut calls = Calls {
        program,
        of_std: 0,
        others: false,
    };
    match unit {
        Expr::Closure(closure) => calls.visit_expr(&closure.body),
        Expr::Path(_) => return is_of_std(&path_of(unit)),
        _ => return false,
    }
    calls.of_std > 0 && !calls.others
}

fn is_of_std(path: &[String]) -> bool {
    const CRATES: &[&str] = &["alloc", "core", "std", "tempfile", "walkdir"];
    const TYPES: &[&str] = &["File", "NamedTempFile", "OpenOptions", "TempDir", "WalkDir"];
    let is_crate = path.len() > 1 && CRATES.contains(&path[0].as_str());
    let owner = path.iter().rev().nth(1);
    is_crate || owner.is_some_and(|owner| TYPES.contains(&owner.as_str()))
}

struct Calls<'p, 'a> {
    program: &'p Program<'a>,
    of_std: usize,
    others: bool,
}

impl<'ast> Visit<'ast> for Calls<'_, '_> {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        const VALUES: &[&str] = &["BufReader", "BufWriter", "Path", "PathBuf", "String", "Vec"];
        let path = path_of(&call.func);
        let owner = path.iter().rev().nth(1);
        let is_std = is_of_std(&path);
        let is_value = match path.as_slice() {
            [name] => matches!(name.as_str(), "Err" | "Ok" | "Some" | "drop"),
            _ => owner.is_some_and(|owner| VALUES.contains(&owner.as_str())),
        };
        self.of_std += usize::from(is_std);
        self.others |= !is_std && !is_value;
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        let name = call.method.to_string();
        let is_own = self.program.may_have_method(&name, call.args.len());
        let reads_names = name == "to_socket_addrs";
        self.of_std += usize::from(reads_names);
        self.others |= is_own || !(reads_names || METHODS.contains(&name.as_str()));
        // `.map(of_the_program)`
        for argument in &call.args {
            if let [name] = path_of(argument).as_slice() {
                self.others |= self.program.named(name).next().is_some();
            }
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast Macro) {
        let last = mac.path.segments.last();
        self.others |= !last.is_some_and(|last| last.ident == "format" || last.ident == "vec");
    }
}

/// Methods of files, paths, iterators, `Option` and `Result`.
pub(super) const METHODS: &[&str] = &[
    "as_bytes",
    "as_mut_slice",
    "as_path",
    "as_ref",
    "as_slice",
    "as_str",
    "blocking_send",
    "clone",
    "collect",
    "context",
    "display",
    "err",
    "expect",
    "file_name",
    "file_type",
    "filter",
    "filter_map",
    "find",
    "flush",
    "follow_links",
    "into",
    "into_iter",
    "into_path",
    "is_dir",
    "is_err",
    "is_file",
    "is_ok",
    "iter",
    "join",
    "kind",
    "len",
    "map",
    "map_err",
    "metadata",
    "next",
    "ok",
    "parent",
    "path",
    "persist",
    "prefix",
    "read",
    "read_exact",
    "read_to_end",
    "read_to_string",
    "seek",
    "send",
    "set_nonblocking",
    "sync_all",
    "sync_data",
    "tempdir",
    "to_owned",
    "to_path_buf",
    "to_str",
    "to_string",
    "to_vec",
    "truncate",
    "unwrap",
    "unwrap_or",
    "unwrap_or_default",
    "with_context",
    "write",
    "write_all",
];
