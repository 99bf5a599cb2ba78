//! The code in `select!` and `join!`, which is tokens to the parser.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::{Block, Expr, ExprAsync, ExprClosure, Item, Macro, Pat, Token};

/// A branch of `select!`: `Some(job) = queue.recv() => run(job).await,`.
pub(super) struct Branch {
    pub(super) pattern: Pat,
    pub(super) future: Expr,
    pub(super) body: Expr,
}

/// The branches of `select!`, `select_biased!` and the like; `None` for other macros, and for what does not parse.
pub(super) fn branches(mac: &Macro) -> Option<Vec<Branch>> {
    if !name(mac).starts_with("select") {
        return None;
    }
    let parsed = mac.parse_body::<Branches>().ok()?;
    Some(parsed.0)
}

/// The expressions in the branches of `select!`, and the arguments of `join!` and `try_join!`.
pub(super) fn expressions(mac: &Macro) -> Vec<Expr> {
    if matches!(name(mac).as_str(), "join" | "try_join") {
        let arguments = mac.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated);
        return arguments.into_iter().flatten().collect();
    }
    let branches = branches(mac).into_iter().flatten();
    branches
        .flat_map(|branch| [branch.future, branch.body])
        .collect()
}

fn name(mac: &Macro) -> String {
    let last = mac.path.segments.last();
    last.map(|last| last.ident.to_string()).unwrap_or_default()
}

struct Branches(Vec<Branch>);

impl Parse for Branches {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut branches = Vec::new();
        // `biased;`
        if input.peek2(Token![;]) {
            input.parse::<syn::Ident>()?;
            input.parse::<Token![;]>()?;
        }
        while !input.is_empty() {
            // `else => ..`, `complete => ..`
            let received = match input.peek2(Token![=>]) {
                true => {
                    input.call(<syn::Ident as syn::ext::IdentExt>::parse_any)?;
                    None
                }
                false => Some(received(input)?),
            };
            input.parse::<Token![=>]>()?;
            let body = Expr::parse_with_earlier_boundary_rule(input)?;
            input.parse::<Option<Token![,]>>()?;
            branches.extend(received.map(|(pattern, future)| Branch {
                pattern,
                future,
                body,
            }));
        }
        Ok(Branches(branches))
    }
}

/// `Some(job) = queue.recv(), if is_open`
fn received(input: ParseStream<'_>) -> syn::Result<(Pat, Expr)> {
    let pattern = Pat::parse_multi_with_leading_vert(input)?;
    input.parse::<Token![=]>()?;
    let future = input.parse()?;
    if input.parse::<Option<Token![,]>>()?.is_some() {
        input.parse::<Token![if]>()?;
        input.parse::<Expr>()?;
    }
    Ok((pattern, future))
}

/// A call in a branch of `select!` or `join!`, as the tokens show it.
pub(super) enum NamedCall {
    Function(Vec<String>),
    Method(String),
}

/// The calls in the branches of `select!`, `join!` and `try_join!`.
pub(super) fn calls_in_branches(block: &Block) -> Vec<NamedCall> {
    struct Calls(Vec<NamedCall>);
    impl<'ast> Visit<'ast> for Calls {
        fn visit_macro(&mut self, mac: &'ast Macro) {
            if matches!(name(mac).as_str(), "join" | "select" | "try_join") {
                named_calls(mac.tokens.clone(), &mut self.0);
            }
        }

        fn visit_expr_closure(&mut self, _: &'ast ExprClosure) {}
        fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}
        fn visit_item(&mut self, _: &'ast Item) {}
    }
    let mut calls = Calls(Vec::new());
    calls.visit_block(block);
    calls.0
}

fn named_calls(tokens: TokenStream, found: &mut Vec<NamedCall>) {
    let mut path: Vec<String> = Vec::new();
    let (mut follows_dot, mut follows_colon) = (false, false);
    for token in tokens {
        match token {
            TokenTree::Ident(word) => {
                if !follows_colon {
                    path.clear();
                }
                path.push(word.to_string());
                follows_colon = false;
            }
            TokenTree::Punct(punct) => {
                follows_colon = punct.as_char() == ':';
                if !follows_colon {
                    follows_dot = punct.as_char() == '.';
                    path.clear();
                }
            }
            TokenTree::Group(group) => {
                let is_call = group.delimiter() == Delimiter::Parenthesis;
                match std::mem::take(&mut path) {
                    names if is_call && !names.is_empty() && !follows_dot => {
                        found.push(NamedCall::Function(names));
                    }
                    mut names if is_call => found.extend(names.pop().map(NamedCall::Method)),
                    _ => {}
                }
                follows_dot = false;
                named_calls(group.stream(), found);
            }
            TokenTree::Literal(_) => path.clear(),
        }
    }
}
