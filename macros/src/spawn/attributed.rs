//! `#[traced_spawn(..)]` on one statement or expression of a body.
//!
//! rustc has no such attribute on stable, so the macro around it takes it away.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use super::Carrier;
use super::scan::{is_group, is_punct, like};
use crate::args::{Args, Mode};
use crate::diagnostics::{self, Errors};
use crate::model::{Units, krate};

/// An attribute and the statement, or expression, that it is on.
struct Attributed<'t> {
    /// The name of the attribute, for errors to point at.
    name: TokenTree,
    args: TokenStream,
    statement: &'t [TokenTree],
    /// With the attribute.
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

/// Judges the attributes on statements among the tokens.
pub(crate) fn check_attributed(
    tokens: TokenStream,
    krate: &TokenStream,
    units: &Units,
    errors: &mut Errors,
) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut rest = tokens.as_slice();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if let Some(attributed) = Attributed::at_start_of(&tokens[tokens.len() - after.len() - 1..])
        {
            let mut own = Errors::default();
            let args = Args::parse(Mode::SpawnSitesOnly, attributed.args, &mut own);
            let units = units.of_statement(args, &mut own);
            let carrier = Carrier::new(krate, &units);
            carrier.carry_into(attributed.statement.iter().cloned().collect());
            match own.into_combined() {
                Some(mistakes) => errors.push(mistakes),
                None if carrier.found.get() == 0 && !units.leave => {
                    errors.push(diagnostics::no_spawn_site(attributed.name));
                }
                None => {}
            }
        }
        if let TokenTree::Group(group) = first {
            check_attributed(group.stream(), krate, units, errors);
        }
    }
}

/// The tokens without the attributes on statements, of which rustc would say on
/// top of our errors that it does not have them.
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

impl Carrier<'_> {
    /// How long what the tokens begin with is, and what becomes of it, if it has
    /// an attribute of ours.
    pub(super) fn attributed(&self, tokens: &[TokenTree]) -> Option<(usize, TokenStream)> {
        let attributed = Attributed::at_start_of(tokens)?;
        // They were judged before, by `check_attributed`.
        let mut judged = Errors::default();
        let args = Args::parse(Mode::SpawnSitesOnly, attributed.args, &mut judged);
        let own_krate = args.krate.as_ref().map(|path| krate(Some(path)));
        let units = self.units.of_statement(args, &mut judged);
        let carrier = Carrier::new(own_krate.as_ref().unwrap_or(self.krate), &units);
        let statement = carrier.carry_into(attributed.statement.iter().cloned().collect());
        self.found.set(self.found.get() + carrier.found.get());
        Some((attributed.length, statement))
    }
}

/// `#[traced_spawn]`, `#[traced_spawn(..)]`, `#[traced::traced_spawn(..)]`: the
/// name and the arguments.
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

/// How many tokens the statement or expression takes with which `tokens` begin;
/// `None` before an item, which rustc gives its attribute.
pub(crate) fn length_of_statement(tokens: &[TokenTree]) -> Option<usize> {
    const ITEMS: &[&str] = &[
        "const", "enum", "extern", "fn", "impl", "mod", "pub", "static", "struct", "trait", "use",
    ];
    const BLOCKS: &[&str] = &["for", "if", "loop", "match", "while"];
    let begins_with = |words: &[&str]| {
        let is_one = |word: &proc_macro2::Ident| words.iter().any(|known| word == known);
        matches!(tokens.first(), Some(TokenTree::Ident(word)) if is_one(word))
    };
    let is_let = begins_with(&["let"]);
    // `unsafe extern "C" fn` is the most that comes before the keyword.
    let is_function = !is_let && tokens.iter().take(5).any(|token| is_word(token, "fn"));
    if tokens.is_empty() || begins_with(ITEMS) || is_function {
        return None;
    }
    let is_block = begins_with(BLOCKS) || is_group(tokens.first(), Delimiter::Brace);
    for (index, token) in tokens.iter().enumerate() {
        if is_punct(Some(token), ';') || (is_punct(Some(token), ',') && !is_let) {
            let with_semicolon = usize::from(is_punct(Some(token), ';'));
            return Some(index + with_semicolon);
        }
        let goes_on = tokens.get(index + 1).is_some_and(|next| {
            is_word(next, "else") || is_punct(Some(next), '.') || is_punct(Some(next), '?')
        });
        if is_block && is_group(Some(token), Delimiter::Brace) && !goes_on {
            return Some(index + 1);
        }
    }
    Some(tokens.len())
}

fn is_word(token: &TokenTree, wanted: &str) -> bool {
    matches!(token, TokenTree::Ident(word) if word == wanted)
}

/// Whether an attribute says that a function looks after its own sites:
/// `#[traced_spawn]`, `#[traced(spawn = false)]`.
pub(super) fn keeps_its_sites(attribute: &Group) -> bool {
    let mut words = Vec::new();
    crate::syntax::tokens::walk(attribute.stream(), &mut |token, next| {
        if let TokenTree::Ident(word) = token {
            let is_set = next.is_some_and(|next| is_word(&next[1], "false"));
            words.push((word.to_string(), is_set));
        }
    });
    let has = |name: &str| words.iter().any(|(word, _)| word == name);
    has("traced_spawn") || (has("traced") && words.contains(&("spawn".to_owned(), true)))
}
