//! The branches of `select!`, each with what it waits for.

use syn::parse::{Parse, ParseStream};
use syn::{Expr, Pat, Token};

/// The branches of `select!`: `Some(job) = queue.recv() => run(job).await,`.
pub(super) struct Branches(pub(super) Vec<Branch>);

pub(super) struct Branch {
    pub(super) pattern: Pat,
    pub(super) future: Expr,
    pub(super) body: Expr,
}

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
