//! Layers and middleware around the handlers, which make a span for each request.

use syn::visit::{self, Visit};
use syn::{Block, Expr, ExprCall, ExprMethodCall, Item};

use super::super::program::Program;
use super::super::spans::{Spans, exports_tracing};
use crate::functions::Function;
use crate::syntax::{block_of, mentions, path_of};

/// Layers and middleware of other crates that start a server's span for each request.
const LAYERS: &[&str] = &[
    "HTTPLayer",
    "HTTPLayerBuilder",
    "OpenTelemetryTracing",
    "OtelAxumLayer",
    "OtelGrpcLayer",
    "RequestTracing",
    "ServerLayer",
    "TracingLogger",
];

/// Whether the package has one, of another crate's or of its own.
pub(super) fn has_one(program: &Program<'_>) -> bool {
    let has_bridge = exports_tracing(program);
    let has_poem = program.package.dependencies.has("poem");
    program.of_program().any(|function| {
        let is_ours = |path: &[&str]| program.imports(function, path);
        mentions(function.block.clone(), &|word| {
            LAYERS.contains(&word)
                || (has_bridge && word == "TraceLayer")
                || (has_bridge && has_poem && word == "Tracing")
        }) || names_in_order(function, &["traced", "tower", "server"])
            || names_in_order(function, &["traced", "actix_web"])
            || is_ours(&["traced", "tower", "server"])
    }) || has_its_own(program, Spans::exported(program))
}

/// Whether a function of the program makes a span around each request: one that is given to `from_fn(..)`, or the
/// method `call` of a service of tower or actix-web, if the program has a layer for it.
pub(super) fn has_its_own(program: &Program<'_>, spans: Spans<'_, '_>) -> bool {
    let implements = |function: &Function<'_>, names: &[&str]| {
        let container = function.container.as_ref();
        let path = container.and_then(|container| container.implements.as_ref());
        path.and_then(|path| path.last())
            .is_some_and(|last| names.contains(&last.as_str()))
    };
    let has_layer = program
        .of_program()
        .any(|function| implements(function, &["Layer", "Transform"]));
    program.of_program().any(|function| {
        let is_service = has_layer && function.name == "call" && implements(function, &["Service"]);
        (is_service && !is_of_client(function) && spans.has_one(function)) || {
            let mut given = Given {
                program,
                spans,
                around: function,
                found: false,
            };
            given.visit_block(&function.block);
            given.found
        }
    })
}

/// Whether a service sends requests to another: it hands its context on to them, and takes none from what arrives. A
/// server may hand its context on in the response.
fn is_of_client(call: &Function<'_>) -> bool {
    let says = |is_wanted: &dyn Fn(&str) -> bool| mentions(&call.block, is_wanted);
    let container = call.container.as_ref();
    let is_server = says(&|word| {
        word.starts_with("extract") || word == "Server" || word.eq_ignore_ascii_case("response")
    });
    let is_client = says(&|word| word == "Client" || word.starts_with("inject"))
        || container.is_some_and(|container| container.name.contains("Client"));
    is_client && !is_server
}

/// Finds functions and closures with a span among the arguments of `from_fn(..)`, `wrap_fn(..)` and tonic's
/// `trace_fn(..)`, which returns the span.
struct Given<'p, 'a> {
    program: &'p Program<'a>,
    spans: Spans<'p, 'a>,
    around: &'p Function<'a>,
    found: bool,
}

impl Given<'_, '_> {
    fn argument(&mut self, argument: Option<&Expr>, is_span: bool) {
        let makes_one = |code: &Block| match is_span {
            true => self.spans.starts_one_of_tracing(code),
            false => self.spans.makes_one(code),
        };
        self.found |= match argument {
            Some(Expr::Closure(closure)) => makes_one(&block_of(&closure.body)),
            Some(path) => {
                let function = self.program.resolve(&path_of(path), self.around);
                function.is_some_and(|function| {
                    self.spans.has_one(function) || makes_one(&function.block)
                })
            }
            None => false,
        };
    }
}

impl<'ast> Visit<'ast> for Given<'_, '_> {
    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        // Arrays, iterators and streams have a `from_fn` too.
        const OTHERS: &[&str] = &["array", "futures", "iter", "stream"];
        let path = self.program.full_path(&path_of(&call.func), self.around);
        let is_other = path.iter().any(|name| OTHERS.contains(&name.as_str()));
        if !is_other && path.last().is_some_and(|name| name.starts_with("from_fn")) {
            self.argument(call.args.last(), false);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        match call.method.to_string().as_str() {
            "trace_fn" => self.argument(call.args.last(), true),
            "wrap_fn" => self.argument(call.args.last(), false),
            _ => {}
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// Whether the body contains these names as a path.
fn names_in_order(function: &Function<'_>, names: &[&str]) -> bool {
    let written = names.join("::");
    function.file.written(&function.block).contains(&written)
}
