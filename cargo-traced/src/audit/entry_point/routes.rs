//! Handlers of HTTP and gRPC requests.

use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ExprAsync, ExprCall, ExprClosure, ExprMethodCall, Item, Lit, Macro, Meta,
    Path, Token,
};

use super::super::program::Program;
use super::super::variables::value_of;
use crate::functions::{Function, has_attribute};
use crate::syntax::{mentions, path_of, segments};

/// Names of functions and attributes that register a handler for an HTTP method.
const METHODS: &[&str] = &[
    "any", "connect", "delete", "get", "head", "on", "options", "patch", "post", "put", "trace",
];

/// The description of a handler of gRPC requests.
pub(super) const GRPC_METHOD: &str = "a method of a gRPC service";

/// The description of a handler of HTTP requests.
pub(super) const HANDLER: &str = "a handler of requests";

/// The handlers of the program, each with its description.
pub(crate) fn handlers<'a>(program: &Program<'a>) -> Vec<(&'a Function<'a>, &'static str)> {
    let mut found = Vec::new();
    for function in program.of_program() {
        if function.attributes.iter().any(is_route) || is_handler(program, function) {
            found.push((function, HANDLER));
        }
        if is_grpc_method(function) {
            found.push((function, GRPC_METHOD));
        }
        let routes = Routes::of(program, function);
        let named = routes.found.into_iter();
        found.extend(named.map(|handler| (handler, HANDLER)));
    }
    found
}

/// The closures that are handlers, each with the function that it stands in.
pub(super) fn closures<'a>(program: &Program<'a>) -> Vec<(&'a Function<'a>, &'a ExprClosure)> {
    let of_function = |function| {
        let routes = Routes::of(program, function);
        routes
            .closures
            .into_iter()
            .map(move |closure| (function, closure))
    };
    program.of_program().flat_map(of_function).collect()
}

/// `#[get("/orders/{id}")]` of actix-web and Rocket.
fn is_route(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else {
        return false;
    };
    let name = segments(&list.path).pop().unwrap_or_default();
    let is_named = METHODS.contains(&name.as_str()) || name == "route";
    let first = list.tokens.clone().into_iter().next();
    let first = first.and_then(|token| syn::parse2::<Lit>(token.into()).ok());
    is_named && matches!(first, Some(Lit::Str(path)) if path.value().starts_with('/'))
}

/// `#[handler]` of poem and salvo.
fn is_handler(program: &Program<'_>, function: &Function<'_>) -> bool {
    let dependencies = &program.package.dependencies;
    let has_one = dependencies.has("poem") || dependencies.has("salvo");
    has_one && has_attribute(&function.attributes, &["handler"])
}

/// A method of `impl some_server::Service for Type`, as tonic generates it.
fn is_grpc_method(function: &Function<'_>) -> bool {
    let implements = function
        .container
        .as_ref()
        .and_then(|container| container.implements.as_ref());
    let Some(path) = implements else {
        return false;
    };
    let is_of_server = path
        .iter()
        .rev()
        .nth(1)
        .is_some_and(|module| module.ends_with("_server"));
    let takes_request = function
        .signature
        .inputs
        .iter()
        .any(|input| mentions(input, &|word| word == "Request" || word == "Streaming"));
    let gives_response = mentions(&function.signature.output, &|word| word == "Response");
    let is_async = function.is_async();
    is_async && takes_request && gives_response && (is_of_server || returns_status(function))
}

/// `Result<Response<..>, Status>`.
fn returns_status(function: &Function<'_>) -> bool {
    mentions(&function.signature.output, &|word| word == "Status")
        && mentions(&function.signature.output, &|word| word == "Result")
}

/// Finds `route("/", get(handler))`, `web::get().to(handler)` and `fallback(handler)`.
struct Routes<'p, 'a> {
    program: &'p Program<'a>,
    around: &'a Function<'a>,
    in_route: bool,
    found: Vec<&'a Function<'a>>,
    closures: Vec<&'a ExprClosure>,
}

impl<'p, 'a> Routes<'p, 'a> {
    fn of(program: &'p Program<'a>, around: &'a Function<'a>) -> Self {
        let mut routes = Routes {
            program,
            around,
            in_route: false,
            found: Vec::new(),
            closures: Vec::new(),
        };
        routes.visit_block(&around.block);
        routes
    }

    fn handler(&mut self, expr: Option<&'a Expr>) {
        if let Some(Expr::Closure(closure)) = expr {
            self.closures.push(closure);
        }
        let path = expr.map(|expr| path_of(without_layers(expr)));
        let path = path.unwrap_or_default();
        if let Some(function) = self.program.resolve(&path, self.around) {
            self.found.push(function);
        }
    }
}

impl Routes<'_, '_> {
    /// `get` after `use axum::routing::get`, or `routing::get`.
    fn is_of_axum(&self, path: &[String]) -> bool {
        match path {
            [.., owner, _] => owner == "routing",
            [name] => self
                .program
                .imports(self.around, &["axum", "routing", name]),
            [] => false,
        }
    }

    /// Whether a chain of methods begins with a router of axum: `get(show).delete(remove)`.
    fn begins_at_axum(&self, receiver: &Expr) -> bool {
        match receiver {
            Expr::MethodCall(call) => self.begins_at_axum(&call.receiver),
            Expr::Call(call) => {
                let path = path_of(&call.func);
                let is_method = path.last().is_some_and(|name| is_method_of_requests(name));
                is_method && self.is_of_axum(&path)
            }
            _ => false,
        }
    }

    /// Whether a chain of methods begins with a filter of warp: `warp::path!("orders" / u64).and(warp::get())`.
    fn begins_at_warp(&self, receiver: &Expr) -> bool {
        let path = match receiver {
            Expr::MethodCall(call) => return self.begins_at_warp(&call.receiver),
            Expr::Call(call) => path_of(&call.func),
            Expr::Macro(expr) => segments(&expr.mac.path),
            Expr::Path(path) => {
                let name = path.path.get_ident();
                let value = name.and_then(|name| value_of(name, self.around, &|_| true));
                return value.is_some_and(|value| self.begins_at_warp(value));
            }
            _ => return false,
        };
        let path = self.program.full_path(&path, self.around);
        path.len() > 1 && path[0] == "warp"
    }

    /// Whether a path is that of `service_fn` of hyper or of a runtime of AWS Lambda. That of tower makes clients too.
    fn makes_a_service(&self, path: &[String]) -> bool {
        const CRATES: &[&str] = &["hyper", "lambda_http", "lambda_runtime"];
        let path = self.program.full_path(path, self.around);
        path.last().is_some_and(|name| name == "service_fn") && CRATES.contains(&path[0].as_str())
    }
}

impl<'a> Visit<'a> for Routes<'_, 'a> {
    fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
        let name = call.method.to_string();
        let outer = self.in_route;
        match name.as_str() {
            "route" => self.in_route = true,
            "fallback" if call.args.len() == 1 => self.handler(call.args.first()),
            "to" if begins_at_web(&call.receiver) => self.handler(call.args.last()),
            name if is_method_of_requests(name)
                && (self.in_route || self.begins_at_axum(&call.receiver)) =>
            {
                self.handler(call.args.last());
            }
            "and_then" | "then" if self.begins_at_warp(&call.receiver) => {
                self.handler(call.args.first());
            }
            _ => {}
        }
        for argument in &call.args {
            self.visit_expr(argument);
        }
        self.in_route = outer;
        self.visit_expr(&call.receiver);
    }

    // What a handler calls is no handler: `post(|body| async move { client.post(body) })`.
    fn visit_expr_closure(&mut self, closure: &'a ExprClosure) {
        let outer = std::mem::replace(&mut self.in_route, false);
        visit::visit_expr_closure(self, closure);
        self.in_route = outer;
    }

    fn visit_expr_async(&mut self, block: &'a ExprAsync) {
        let outer = std::mem::replace(&mut self.in_route, false);
        visit::visit_expr_async(self, block);
        self.in_route = outer;
    }

    /// `routes!(list, create)` of utoipa-axum and Rocket.
    fn visit_macro(&mut self, mac: &'a Macro) {
        let last = mac.path.segments.last();
        if last.is_some_and(|last| last.ident == "routes") {
            let paths = mac.parse_body_with(Punctuated::<Path, Token![,]>::parse_terminated);
            let paths = paths.unwrap_or_default();
            let named = paths
                .iter()
                .filter_map(|path| self.program.resolve(&segments(path), self.around));
            self.found.extend(named);
        }
    }

    fn visit_expr_call(&mut self, call: &'a ExprCall) {
        let path = path_of(&call.func);
        let last = path.last().map_or("", String::as_str);
        // `web::get()` takes no handler, and `.to(handler)` follows.
        let is_method = is_method_of_requests(last) && !call.args.is_empty();
        if is_method && (self.in_route || self.is_of_axum(&path)) || self.makes_a_service(&path) {
            self.handler(call.args.last());
        }
        if last == "to" && path.len() == 2 && path[0] == "web" {
            self.handler(call.args.last());
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_item(&mut self, _: &'a Item) {}
}

/// The handler in `handler.layer(CompressionLayer::new()).with_state(state)`.
fn without_layers(expr: &Expr) -> &Expr {
    match expr {
        Expr::MethodCall(call) if call.method == "layer" || call.method == "with_state" => {
            without_layers(&call.receiver)
        }
        _ => expr,
    }
}

/// Whether a name is that of a method of requests, or of the function that takes a service for it.
fn is_method_of_requests(name: &str) -> bool {
    METHODS.contains(&name.strip_suffix("_service").unwrap_or(name))
}

/// Whether a chain of methods begins with a function of actix-web's `web`.
fn begins_at_web(receiver: &Expr) -> bool {
    match receiver {
        Expr::MethodCall(call) => begins_at_web(&call.receiver),
        Expr::Call(call) => {
            let path = path_of(&call.func);
            path.iter().rev().nth(1).is_some_and(|owner| owner == "web")
        }
        _ => false,
    }
}
