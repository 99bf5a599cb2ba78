//! The calls of the spawners in a function, also those among the tokens of macros.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Expr, ExprCall, ExprMethodCall, Item, Macro, Pat, Stmt, Token};
use traced_macros_backend::inspect::FoundSite;

use super::long_lived::is_decided;
use crate::functions::Function;
use crate::syntax::path_of;

/// A call of a spawner.
pub(super) struct SpawnerCall<'f> {
    /// Where its name begins.
    pub(super) start: usize,
    pub(super) arguments: Vec<Cow<'f, Expr>>,
    /// The receiver of a method that is not in a macro.
    pub(super) receiver: Option<&'f Expr>,
    /// The call whose closure has the receiver as its parameter.
    pub(super) scope: Option<Scope>,
    /// The function that a chain of methods begins with: `Builder::new` of `Builder::new().name(name).spawn(..)`.
    pub(super) maker: Vec<String>,
}

/// `std::thread::scope(|scope| ..)`
#[derive(Clone)]
pub(super) struct Scope {
    /// The parameter of the closure.
    parameter: String,
    pub(super) path: Vec<String>,
    /// Where the last name of the path begins.
    pub(super) start: usize,
}

impl SpawnerCall<'_> {
    /// Whether the place is inside what it spawns.
    pub(super) fn spawns(&self, place: usize, function: &Function<'_>) -> bool {
        let mut ranges = self.arguments.iter().filter_map(|argument| {
            let range: Option<Range<usize>> = function.file.range_of(&**argument);
            range
        });
        ranges.any(|range| range.contains(&place))
    }
}

/// The calls of the spawners at the places of the sites. Left out are statements whose `#[traced_spawn(..)]` decides about
/// the context.
pub(super) fn spawner_calls<'f>(
    function: &'f Function<'_>,
    sites: &[FoundSite],
) -> Vec<SpawnerCall<'f>> {
    if sites.is_empty() {
        return Vec::new();
    }
    let starts = sites
        .iter()
        .map(|site| function.file.range(site.span).start);
    let mut calls = Calls {
        function,
        starts: starts.collect(),
        scopes: Vec::new(),
        found: Vec::new(),
    };
    calls.visit_block(&function.block);
    calls.found
}

struct Calls<'f> {
    function: &'f Function<'f>,
    /// The places where the names of the spawners begin.
    starts: HashSet<usize>,
    /// The calls around, whose closures have a parameter.
    scopes: Vec<Scope>,
    found: Vec<SpawnerCall<'f>>,
}

impl<'f> Calls<'f> {
    fn start_of_site(&self, name: &Ident) -> Option<usize> {
        let start = self.function.file.range(name.span()).start;
        self.starts.contains(&start).then_some(start)
    }

    fn scope_of(&self, receiver: &Expr) -> Option<Scope> {
        let name = path_of(receiver);
        let mut around = self.scopes.iter().rev();
        around
            .find(|scope| name == [scope.parameter.as_str()])
            .cloned()
    }

    /// The calls among the tokens of a macro, whatever its grammar: `select!`, `join!`, `vec!`.
    fn add_from_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.add_from_tokens(group.stream()),
                TokenTree::Ident(name) => {
                    if let (Some(start), Some(arguments)) = (
                        self.start_of_site(name),
                        arguments_after(&tokens[index + 1..]),
                    ) {
                        self.found.push(SpawnerCall {
                            start,
                            arguments,
                            receiver: None,
                            scope: None,
                            maker: Vec::new(),
                        });
                    }
                }
                _ => {}
            }
        }
    }
}

/// The arguments in the first parentheses, if nothing but a turbofish is before them.
fn arguments_after<'f>(tokens: &[TokenTree]) -> Option<Vec<Cow<'f, Expr>>> {
    let is_in_turbofish = |token: &&TokenTree| !matches!(token, TokenTree::Group(_));
    let group = tokens.iter().find(|token| !is_in_turbofish(token));
    let Some(TokenTree::Group(group)) = group else {
        return None;
    };
    if group.delimiter() != Delimiter::Parenthesis {
        return None;
    }
    let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
    let parsed = parser.parse2(group.stream()).ok()?;
    Some(parsed.into_iter().map(Cow::Owned).collect())
}

/// The first parameter of a closure.
fn parameter_of(argument: &Expr) -> Option<String> {
    match argument {
        Expr::Closure(closure) => match closure.inputs.first()? {
            Pat::Ident(parameter) => Some(parameter.ident.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// The function that a chain of methods begins with.
fn maker_of(value: &Expr) -> Vec<String> {
    match value {
        Expr::MethodCall(call) => maker_of(&call.receiver),
        Expr::Try(inner) => maker_of(&inner.expr),
        Expr::Call(call) => path_of(&call.func),
        _ => Vec::new(),
    }
}

impl<'f> Visit<'f> for Calls<'f> {
    fn visit_stmt(&mut self, statement: &'f Stmt) {
        if !is_decided(statement) {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_expr_call(&mut self, call: &'f ExprCall) {
        let around = self.scopes.len();
        if let Expr::Path(path) = &*call.func
            && let Some(last) = path.path.segments.last()
        {
            if let Some(start) = self.start_of_site(&last.ident) {
                self.found.push(SpawnerCall {
                    start,
                    arguments: call.args.iter().map(Cow::Borrowed).collect(),
                    receiver: None,
                    scope: None,
                    maker: Vec::new(),
                });
            }
            let start = self.function.file.range(last.ident.span()).start;
            let parameters = call.args.iter().filter_map(parameter_of);
            self.scopes.extend(parameters.map(|parameter| Scope {
                parameter,
                path: path_of(&call.func),
                start,
            }));
        }
        visit::visit_expr_call(self, call);
        self.scopes.truncate(around);
    }

    fn visit_expr_method_call(&mut self, call: &'f ExprMethodCall) {
        if let Some(start) = self.start_of_site(&call.method) {
            self.found.push(SpawnerCall {
                start,
                arguments: call.args.iter().map(Cow::Borrowed).collect(),
                receiver: Some(&call.receiver),
                scope: self.scope_of(&call.receiver),
                maker: maker_of(&call.receiver),
            });
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'f Macro) {
        self.add_from_tokens(mac.tokens.clone());
    }

    fn visit_item(&mut self, _: &'f Item) {}
}
