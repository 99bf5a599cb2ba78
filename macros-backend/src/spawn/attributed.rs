//! `#[traced_spawn(..)]` on one statement or expression of a body.
//!
//! Stable Rust does not allow attribute macros there, so the macro of the function removes the attribute.

use proc_macro2::{Delimiter, Group, Literal, TokenStream, TokenTree};
use quote::quote_spanned;

use super::SpawnRewriter;
use crate::args::{Args, Mode};
use crate::diagnostics::{self, Errors};
use crate::model::SpawnConfig;
use crate::syntax::groups::like;
use crate::syntax::statements::length_of_statement;
use crate::syntax::tokens::is_punct;

/// An attribute and the statement, or expression, that it is on.
struct Attributed<'t> {
    /// The name of the attribute, for errors to point at.
    name: TokenTree,
    args: TokenStream,
    statement: &'t [TokenTree],
    /// The number of tokens, with those of the attribute.
    length: usize,
}

impl<'t> Attributed<'t> {
    fn at_start_of(tokens: &'t [TokenTree]) -> Option<Self> {
        let (name, args) = traced_spawn(tokens)?;
        let after = &tokens[2..];
        let statement = &after[..length_of_statement(after)?];
        Some(Attributed {
            name,
            args,
            statement,
            length: 2 + statement.len(),
        })
    }
}

/// A body whose `#[traced_spawn(..)]` statements were judged.
pub(crate) struct JudgedSpawns {
    /// The body, in which the arguments of each attribute are replaced by an index into `statements`.
    pub(crate) body: Group,
    /// The configurations of the statements with an attribute, in order of appearance.
    pub(crate) statements: Vec<SpawnConfig>,
}

impl JudgedSpawns {
    /// A body in which no statement has an attribute.
    pub(crate) fn none_in(body: Group) -> Self {
        JudgedSpawns {
            body,
            statements: Vec::new(),
        }
    }
}

/// Judges the attributes on the statements of a body.
pub(crate) fn judge(body: &Group, around: &SpawnConfig, errors: &mut Errors) -> JudgedSpawns {
    let mut statements = Vec::new();
    let body = judge_group(body, around, &mut statements, errors);
    JudgedSpawns { body, statements }
}

fn judge_group(
    group: &Group,
    around: &SpawnConfig,
    statements: &mut Vec<SpawnConfig>,
    errors: &mut Errors,
) -> Group {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let mut judged: Vec<TokenTree> = Vec::new();
    let mut rest = tokens.as_slice();
    while let Some((first, after)) = rest.split_first() {
        if let Some(attributed) = Attributed::at_start_of(rest) {
            judged.extend(reference_to(statements.len(), &rest[1]));
            statements.push(attributed.judge(around, errors));
            rest = &rest[2..];
            continue;
        }
        judged.push(match first {
            TokenTree::Group(group) => {
                TokenTree::Group(judge_group(group, around, statements, errors))
            }
            other => other.clone(),
        });
        rest = after;
    }
    like(group, judged.into_iter().collect())
}

/// The attribute with a number in place of its arguments.
fn reference_to(index: usize, attribute: &TokenTree) -> TokenStream {
    let index = Literal::usize_unsuffixed(index);
    let place = attribute.span();
    quote_spanned!(place=> #[traced_spawn(#index)])
}

impl Attributed<'_> {
    fn judge(self, around: &SpawnConfig, errors: &mut Errors) -> SpawnConfig {
        let mut own = Errors::default();
        let args = Args::parse(Mode::SpawnSitesOnly, self.args, &mut own);
        let config = around.of_statement(args, &mut own);
        match own.into_combined() {
            Some(mistakes) => errors.push(mistakes),
            None if !config.leaves_sites && !has_site(self.statement, &config) => {
                errors.push(diagnostics::no_spawn_site(self.name));
            }
            None => {}
        }
        config
    }
}

/// Whether the rewriter finds a spawn site in the statement. The tokens that it writes are dropped.
fn has_site(statement: &[TokenTree], config: &SpawnConfig) -> bool {
    let rewriter = SpawnRewriter::new(config, &[]);
    rewriter.carry_into(statement.iter().cloned().collect());
    !rewriter.found.borrow().is_empty()
}

/// The tokens without the attributes on statements. rustc would report these in addition to our errors.
pub(crate) fn without_attributes(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut written = TokenStream::new();
    let mut rest = tokens.as_slice();
    while let Some((first, after)) = rest.split_first() {
        rest = match Attributed::at_start_of(rest) {
            Some(_) => &rest[2..],
            None => {
                written.extend([match first {
                    TokenTree::Group(group) => {
                        TokenTree::Group(like(group, without_attributes(group.stream())))
                    }
                    other => other.clone(),
                }]);
                after
            }
        };
    }
    written
}

/// Uses the import of `traced_spawn`, which rustc would report as unused if the attribute only stands on
/// statements. If there is no import (`#[traced::traced_spawn]`), the method of another trait is called.
pub(crate) fn used_import(krate: &TokenStream) -> TokenStream {
    hygienic! {
        if false {
            use #krate::__private::task_traits::*;
            (&#krate::__private::Import).__traced_is_used();
        }
    }
}

impl SpawnRewriter<'_> {
    /// The length and the rewritten tokens of the statement or expression at the start of the tokens, if it
    /// has an attribute.
    pub(super) fn attributed(&self, tokens: &[TokenTree]) -> Option<(usize, TokenStream)> {
        let attributed = Attributed::at_start_of(tokens)?;
        let index: usize = attributed.args.to_string().parse().ok()?;
        let rewriter = SpawnRewriter::new(self.statements.get(index)?, self.statements);
        let statement = rewriter.carry_into(attributed.statement.iter().cloned().collect());
        self.found.borrow_mut().extend(rewriter.found.into_inner());
        Some((attributed.length, statement))
    }
}

/// The name and the arguments of `#[traced_spawn(..)]` or `#[traced::traced_spawn]` at the start of the tokens.
pub(super) fn traced_spawn(tokens: &[TokenTree]) -> Option<(TokenTree, TokenStream)> {
    let [hash, TokenTree::Group(attribute), ..] = tokens else {
        return None;
    };
    if !is_punct(Some(hash), '#') || attribute.delimiter() != Delimiter::Bracket {
        return None;
    }
    let content: Vec<TokenTree> = attribute.stream().into_iter().collect();
    let (path, args) = match content.split_last()? {
        (TokenTree::Group(args), path) => (path, args.stream()),
        _ => (content.as_slice(), TokenStream::new()),
    };
    match path.last()? {
        name @ TokenTree::Ident(word) if word == "traced_spawn" => Some((name.clone(), args)),
        _ => None,
    }
}
