//! Body tokens → body tokens: carries the context into spawn sites.
//!
//! A site is a known name in front of a parenthesised group, wherever it
//! stands: in a statement, in a closure, or among the tokens of a macro whose
//! grammar nobody here knows (`select!`, `join!`, `vec!`). So the search works
//! on tokens, and only a site's arguments are parsed, as expressions. Types
//! decide the rest, in `runtime/src/carry.rs`: what is neither a future nor a
//! closure passes through unchanged.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Block, Expr, ExprCall, ExprClosure, Stmt, Token};

/// Which argument of a spawner is the unit of work, by how many it has.
///
/// The names are the last segment of a path or a method's name: what stands
/// before it, a `use` outside the function can change.
#[rustfmt::skip]
const SITES: &[(&str, &[Option<usize>])] = &[
    //                    arguments:  1        2        3
    ("spawn",                      &[Some(0), Some(1), None]),    // tokio, std, rayon, smol; JoinMap(key, task)
    ("spawn_blocking",             &[Some(0), Some(1), None]),    // tokio; JoinMap(key, task)
    ("spawn_local",                &[Some(0), Some(1), None]),    // tokio; JoinMap(key, task)
    ("spawn_on",                   &[None,    Some(0), Some(1)]), // JoinSet(task, handle); JoinMap(key, task, handle)
    ("spawn_blocking_on",          &[None,    Some(0), Some(1)]), // the same two
    ("spawn_local_on",             &[None,    Some(0), Some(1)]), // the same two
    ("spawn_scoped",               &[None,    Some(1), None]),    // std::thread::Builder(scope, closure)
];

/// Rewrites every spawn site in `tokens`, nested ones first.
pub(crate) fn carry_into_sites(tokens: TokenStream, krate: &TokenStream) -> TokenStream {
    Carrier { krate }.carry_into(tokens)
}

struct Carrier<'k> {
    krate: &'k TokenStream,
}

impl Carrier<'_> {
    fn carry_into(&self, tokens: TokenStream) -> TokenStream {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut written = TokenStream::new();
        let mut rest = tokens.as_slice();
        while let Some((first, after)) = rest.split_first() {
            let foreign = length_of_foreign_code(rest);
            if foreign > 0 {
                written.extend(rest[..foreign].iter().cloned());
                rest = &rest[foreign..];
                continue;
            }
            if let Some(site) = Site::at_start_of(rest) {
                written.extend([first.clone()]);
                written.extend(site.generics());
                written.extend([TokenTree::Group(self.carry_into_arguments(&site))]);
                rest = &rest[site.length..];
                continue;
            }
            written.extend([match first {
                TokenTree::Group(group) => {
                    TokenTree::Group(like(group, self.carry_into(group.stream())))
                }
                other => other.clone(),
            }]);
            rest = after;
        }
        written
    }

    /// ```text
    /// In:  spawn(work(id))
    /// Out: spawn(::traced::__private::carry_unit!(work(id)))
    /// ```
    fn carry_into_arguments(&self, site: &Site<'_>) -> Group {
        let inner = self.carry_into(site.arguments.stream());
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let Ok(mut arguments) = parser.parse2(inner.clone()) else {
            return like(site.arguments, inner);
        };
        let unit = site
            .units
            .get(arguments.len().wrapping_sub(1))
            .copied()
            .flatten();
        if let Some(unit) = unit.and_then(|unit| arguments.get_mut(unit)) {
            self.carry_unit(unit);
        }
        like(site.arguments, arguments.into_token_stream())
    }

    /// Carries the context into the expression that is the unit of work.
    ///
    /// Closures and `async` blocks are rewritten where they stand, so that the
    /// types that rustc infers for them do not change; so is what merely
    /// surrounds one.
    fn carry_unit(&self, unit: &mut Expr) {
        let krate = self.krate;
        *unit = match unit {
            Expr::Async(_) => Expr::Verbatim(hygienic!(#krate::__private::carry(#unit))),
            Expr::Closure(closure) if closure.asyncness.is_none() => self.carry_closure(closure),
            Expr::Paren(inner) => return self.carry_unit(&mut inner.expr),
            Expr::Group(inner) => return self.carry_unit(&mut inner.expr),
            Expr::Block(block) if block.label.is_none() => {
                return self.carry_tail(&mut block.block);
            }
            Expr::Call(call) if is_box_around_literal(call) => {
                return call
                    .args
                    .iter_mut()
                    .for_each(|boxed| self.carry_unit(boxed));
            }
            other if is_never_a_unit(other) => return,
            _ => Expr::Verbatim(hygienic!(#krate::__private::carry_unit!(#unit))),
        };
    }

    /// `{ let id = id.clone(); async move { .. } }`: the tail is the unit.
    fn carry_tail(&self, block: &mut Block) {
        if let Some(Stmt::Expr(tail, None)) = block.stmts.last_mut() {
            self.carry_unit(tail);
        }
    }

    /// ```text
    /// In:  |scope| work(scope)
    /// Out: {
    ///          let __captured = ::traced::__private::Captured::now();
    ///          |scope| { let __attached = __captured.attach(); work(scope) }
    ///      }
    /// ```
    fn carry_closure(&self, closure: &ExprClosure) -> Expr {
        let krate = self.krate;
        let mut closure = closure.clone();
        // A future that the closure makes is polled after the closure is gone.
        let returns_future = matches!(tail_of(&closure.body), Expr::Async(_));
        if returns_future {
            self.carry_unit(&mut closure.body);
        }
        let body = closure.body.to_token_stream();
        *closure.body = Expr::Verbatim(hygienic!({
            let __attached = __captured.attach();
            #body
        }));
        Expr::Verbatim(hygienic!({
            let __captured = #krate::__private::Captured::now();
            #closure
        }))
    }
}

/// A spawn site: a name, perhaps a turbofish, and the arguments.
struct Site<'t> {
    units: &'static [Option<usize>],
    turbofish: &'t [TokenTree],
    arguments: &'t Group,
    length: usize,
}

impl<'t> Site<'t> {
    /// `spawn(..)` or `spawn::<..>(..)`.
    fn at_start_of(tokens: &'t [TokenTree]) -> Option<Self> {
        let TokenTree::Ident(name) = tokens.first()? else {
            return None;
        };
        let (_, units) = SITES.iter().find(|(site, _)| name == site)?;
        let generics = length_of_turbofish(&tokens[1..]);
        let TokenTree::Group(arguments) = tokens.get(1 + generics)? else {
            return None;
        };
        (arguments.delimiter() == Delimiter::Parenthesis).then_some(Site {
            units,
            turbofish: &tokens[1..=generics],
            arguments,
            length: 2 + generics,
        })
    }

    /// The turbofish, without the type of the unit, which carrying changes:
    /// it comes first in all spawners. `::<F, T>` → `::<_, T>`.
    fn generics(&self) -> TokenStream {
        let Some((before, after)) = self.turbofish.split_at_checked(3) else {
            return TokenStream::new();
        };
        let mut depth = 0_i32;
        let end = after.iter().position(|token| {
            depth += i32::from(is_punct(Some(token), '<')) - i32::from(is_punct(Some(token), '>'));
            depth < 0 || (depth == 0 && is_punct(Some(token), ','))
        });
        let (before, after) = (before.iter(), after[end.unwrap_or(0)..].iter());
        hygienic!(#(#before)* _ #(#after)*)
    }
}

/// How many tokens the `::<..>` at the start takes, if there is one.
fn length_of_turbofish(tokens: &[TokenTree]) -> usize {
    let is = |index: usize, wanted: char| is_punct(tokens.get(index), wanted);
    if !(is(0, ':') && is(1, ':') && is(2, '<')) {
        return 0;
    }
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(2) {
        let after_dash = index > 0 && is_punct(tokens.get(index - 1), '-');
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '<' => depth += 1,
            TokenTree::Punct(punct) if punct.as_char() == '>' && !after_dash => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    0
}

/// How many tokens at the start are not this function's code: an attribute, a
/// function inside it, a macro's definition.
fn length_of_foreign_code(tokens: &[TokenTree]) -> usize {
    match tokens {
        [TokenTree::Punct(hash), TokenTree::Group(_), ..] if hash.as_char() == '#' => 2,
        [TokenTree::Ident(word), TokenTree::Ident(_), ..] if word == "fn" => {
            let is_end = |token: &TokenTree| {
                is_punct(Some(token), ';')
                    || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
            };
            tokens
                .iter()
                .position(is_end)
                .map_or(tokens.len(), |end| end + 1)
        }
        [
            TokenTree::Ident(word),
            bang,
            TokenTree::Ident(_),
            TokenTree::Group(_),
            ..,
        ] if word == "macro_rules" && is_punct(Some(bang), '!') => 4,
        _ => 0,
    }
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn like(original: &Group, content: TokenStream) -> Group {
    let mut group = Group::new(original.delimiter(), content);
    group.set_span(original.span());
    group
}

/// The expression whose value this expression has, as far as braces go.
fn tail_of(expr: &Expr) -> &Expr {
    match expr {
        Expr::Block(block) => match block.block.stmts.last() {
            Some(Stmt::Expr(tail, None)) => tail_of(tail),
            _ => expr,
        },
        Expr::Paren(inner) => tail_of(&inner.expr),
        Expr::Group(inner) => tail_of(&inner.expr),
        _ => expr,
    }
}

/// `Box::pin(async ..)` and `Box::new(|| ..)`.
fn is_box_around_literal(call: &ExprCall) -> bool {
    let Expr::Path(function) = &*call.func else {
        return false;
    };
    let names: Vec<&Ident> = function
        .path
        .segments
        .iter()
        .rev()
        .map(|part| &part.ident)
        .collect();
    let is_box = matches!(names[..], [name, owner, ..] if owner == "Box" && (name == "pin" || name == "new"));
    let content = call.args.first().map(tail_of);
    is_box && matches!(content, Some(Expr::Async(_) | Expr::Closure(_)))
}

/// What no spawner of futures or closures takes, so that a method that happens
/// to be called `spawn` keeps its arguments, and their inferred types.
fn is_never_a_unit(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Array(_)
            | Expr::Binary(_)
            | Expr::Cast(_)
            | Expr::Closure(_)
            | Expr::Lit(_)
            | Expr::Range(_)
            | Expr::Reference(_)
            | Expr::Repeat(_)
            | Expr::Struct(_)
            | Expr::Tuple(_)
            | Expr::Verbatim(_)
    )
}
