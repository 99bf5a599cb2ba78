//! Telemetry in the sources: the calls that start it, and the exporters that they name.

use syn::visit::{self, Visit};
use syn::{Expr, ExprMethodCall, Item, Lit, LitStr, ReturnType};

use crate::audit::{Call, Program, in_block};
use crate::functions::Function;
use crate::syntax::{mentions, path_of, segments};

/// Whether the body of the function installs a provider, as far as its names show.
pub(super) fn installs(program: &Program<'_>, function: &Function<'_>) -> bool {
    const INSTALLING: &[&str] = &[
        "TelemetryBuilder",
        "init_tracing_opentelemetry",
        "install_batch",
        "install_simple",
        "set_tracer_provider",
    ];
    if mentions(&function.block, &|word| INSTALLING.contains(&word)) {
        return true;
    }
    let name = crate_name(program);
    let mut found = false;
    in_block(&function.block, &mut |call| {
        found |= match call {
            Call::Function(path) => is_init(path, program, function),
            Call::Macro(mac) => {
                is_init(&segments(&mac.path), program, function)
                    || (mentions(mac.tokens.clone(), &|word| word == name)
                        && mentions(mac.tokens.clone(), &|word| word == "init"))
            }
            Call::Method(_) => false,
        };
    });
    found
}

/// The name of `traced` in the code of the package.
pub(super) fn crate_name<'a>(program: &Program<'a>) -> &'a str {
    let dependencies = &program.package.dependencies;
    dependencies.crate_name("traced").unwrap_or("traced")
}

/// Whether the path is `traced::init`, with the package's name for the crate, or `init` after `use traced::init`.
fn is_init(path: &[String], program: &Program<'_>, function: &Function<'_>) -> bool {
    let name = crate_name(program);
    match path {
        [owner, last] => owner == name && last == "init",
        [last] => last == "init" && program.imports(function, &[name, "init"]),
        _ => false,
    }
}

/// Whether the value of the expression is the guard of telemetry, or a `Result` with it.
pub(super) fn is_guard(expr: &Expr, program: &Program<'_>, function: &Function<'_>) -> bool {
    match expr {
        Expr::Paren(inner) => is_guard(&inner.expr, program, function),
        Expr::Group(inner) => is_guard(&inner.expr, program, function),
        Expr::Try(inner) => is_guard(&inner.expr, program, function),
        Expr::Await(inner) => is_guard(&inner.base, program, function),
        Expr::Call(call) => {
            let path = path_of(&call.func);
            is_init(&path, program, function)
                || program.resolve(&path, function).is_some_and(returns_guard)
        }
        Expr::Macro(call) => is_init(&segments(&call.mac.path), program, function),
        Expr::MethodCall(call) => is_guard_of_method(call, program, function),
        _ => false,
    }
}

fn is_guard_of_method(
    call: &ExprMethodCall,
    program: &Program<'_>,
    function: &Function<'_>,
) -> bool {
    const KEEPING: &[&str] = &[
        "context",
        "expect",
        "map_err",
        "ok",
        "unwrap",
        "unwrap_or_else",
        "with_context",
    ];
    if call.method == "init" {
        return first_of_chain(&call.receiver)
            .iter()
            .any(|word| word == "TelemetryBuilder");
    }
    KEEPING.iter().any(|method| call.method == method)
        && is_guard(&call.receiver, program, function)
}

/// Whether the function returns the guard.
fn returns_guard(function: &Function<'_>) -> bool {
    match &function.signature.output {
        ReturnType::Type(_, ty) => mentions(ty, &|word| word == "TelemetryGuard"),
        ReturnType::Default => false,
    }
}

/// The path of the call that a chain of methods begins with.
fn first_of_chain(expr: &Expr) -> Vec<String> {
    match expr {
        Expr::MethodCall(call) => first_of_chain(&call.receiver),
        Expr::Try(inner) => first_of_chain(&inner.expr),
        Expr::Call(call) => path_of(&call.func),
        other => path_of(other),
    }
}

/// The exporters that the code of a program names.
#[derive(Default)]
pub(super) struct Exporters<'a> {
    pub(super) otlp: Vec<OtlpInCode<'a>>,
    /// Whether a builder chooses where spans go, so that the environment does not count.
    pub(super) are_chosen: bool,
}

/// A chain that begins with `Otlp::new()`.
pub(super) struct OtlpInCode<'a> {
    pub(super) function: &'a Function<'a>,
    /// The method, and the literal that it is given, if it is one.
    pub(super) endpoints: Vec<(String, Option<LitStr>)>,
    /// The variant of `Protocol`.
    pub(super) protocol: Option<String>,
}

/// The exporters that the code names, tests excluded.
pub(super) fn exporters<'a>(program: &Program<'a>) -> Exporters<'a> {
    let mut exporters = Exporters::default();
    for function in program.of_program() {
        // Without the builder, a method of such a name belongs to another type.
        let has_builder = mentions(&function.block, &|word| word == "TelemetryBuilder");
        let mut visitor = Chains {
            function,
            has_builder,
            exporters: &mut exporters,
        };
        visitor.visit_block(&function.block);
    }
    exporters
}

struct Chains<'v, 'a> {
    function: &'a Function<'a>,
    has_builder: bool,
    exporters: &'v mut Exporters<'a>,
}

impl<'ast> Visit<'ast> for Chains<'_, '_> {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        let path = first_of_chain(expr);
        let is_otlp = matches!(&path[..], [.., owner, last]
            if owner == "Otlp" && (last == "new" || last == "default"));
        if is_otlp && matches!(expr, Expr::MethodCall(_) | Expr::Call(_)) {
            let mut found = OtlpInCode {
                function: self.function,
                endpoints: Vec::new(),
                protocol: None,
            };
            read_chain(expr, &mut found);
            self.exporters.otlp.push(found);
            return;
        }
        visit::visit_expr(self, expr);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        const CHOOSING: &[&str] = &[
            "console",
            "no_exporter",
            "otlp",
            "otlp_stdout",
            "span_exporter",
        ];
        let is_choice = CHOOSING.iter().any(|method| call.method == method);
        self.exporters.are_chosen |= self.has_builder && is_choice;
        visit::visit_expr_method_call(self, call);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

fn read_chain(expr: &Expr, found: &mut OtlpInCode<'_>) {
    let Expr::MethodCall(call) = expr else {
        return;
    };
    read_chain(&call.receiver, found);
    let first = call.args.first();
    match call.method.to_string().as_str() {
        method @ ("endpoint" | "traces_endpoint" | "logs_endpoint") => {
            let literal = first.and_then(|argument| match argument {
                Expr::Lit(literal) => match &literal.lit {
                    Lit::Str(text) => Some(text.clone()),
                    _ => None,
                },
                _ => None,
            });
            found.endpoints.push((method.to_owned(), literal));
        }
        "protocol" => found.protocol = first.and_then(|argument| path_of(argument).pop()),
        _ => {}
    }
}
