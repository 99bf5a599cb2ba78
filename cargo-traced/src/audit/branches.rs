//! The code in `select!` and `join!`, which is tokens to the parser.

use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Expr, Macro, Pat, Token};

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
