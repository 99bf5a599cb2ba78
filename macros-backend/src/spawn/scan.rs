//! Recognises calls, paths and operands at the start or at the end of tokens.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use crate::syntax::angles::length_of_angles;
use crate::syntax::groups::{is_group, like};
use crate::syntax::members::ends_item;
use crate::syntax::tokens::is_punct;

/// A call among the tokens: a name, perhaps a turbofish, and the arguments.
pub(super) struct Call<'t> {
    pub(super) name: &'t Ident,
    turbofish: &'t [TokenTree],
    pub(super) arguments: &'t Group,
    pub(super) length: usize,
}

impl<'t> Call<'t> {
    /// `spawn(..)` or `spawn::<..>(..)`.
    pub(super) fn at_start_of(tokens: &'t [TokenTree]) -> Option<Self> {
        let TokenTree::Ident(name) = tokens.first()? else {
            return None;
        };
        let generics = length_of_turbofish(&tokens[1..]);
        let TokenTree::Group(arguments) = tokens.get(1 + generics)? else {
            return None;
        };
        (arguments.delimiter() == Delimiter::Parenthesis).then_some(Call {
            name,
            turbofish: &tokens[1..=generics],
            arguments,
            length: 2 + generics,
        })
    }

    /// The turbofish as it was written.
    pub(super) fn turbofish(&self) -> TokenStream {
        self.turbofish.iter().cloned().collect()
    }

    /// The call, with another turbofish and other arguments.
    pub(super) fn with(&self, turbofish: TokenStream, arguments: TokenStream) -> TokenStream {
        let (name, arguments) = (self.name, like(self.arguments, arguments));
        quote::quote!(#name #turbofish #arguments)
    }
}

/// Unwraps the invisible group around the path of a called function, which comes from a `$spawn:path` of a
/// `macro_rules!`.
pub(super) fn without_groups_of_callees(tokens: TokenStream) -> Vec<TokenTree> {
    let mut written = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group)
                if group.delimiter() == Delimiter::None
                    && is_group(tokens.peek(), Delimiter::Parenthesis)
                    && is_path(&group.stream()) =>
            {
                written.extend(without_groups_of_callees(group.stream()));
            }
            token => written.push(token),
        }
    }
    written
}

fn is_path(tokens: &TokenStream) -> bool {
    syn::parse2::<syn::ExprPath>(tokens.clone()).is_ok()
}

/// The number of tokens of the `::<..>` at the start of `tokens`; 0 if there is none.
fn length_of_turbofish(tokens: &[TokenTree]) -> usize {
    let is = |index: usize, wanted: char| is_punct(tokens.get(index), wanted);
    if !(is(0, ':') && is(1, ':') && is(2, '<')) {
        return 0;
    }
    length_of_angles(&tokens[2..]).map_or(0, |length| 2 + length)
}

/// The number of tokens at the start that are not code of this function: an attribute, a nested function,
/// the definition of a macro.
pub(super) fn length_of_foreign_code(tokens: &[TokenTree]) -> usize {
    match tokens {
        [TokenTree::Punct(hash), TokenTree::Group(_), ..] if hash.as_char() == '#' => 2,
        [TokenTree::Ident(word), TokenTree::Ident(_), ..] if word == "fn" => tokens
            .iter()
            .position(ends_item)
            .map_or(tokens.len(), |end| end + 1),
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

/// Whether `tokens` end in a dot that is not part of `..`. The name of a method or a field follows.
pub(super) fn end_in_dot(tokens: &[TokenTree]) -> bool {
    let before = |back: usize| tokens.len().checked_sub(back).map(|index| &tokens[index]);
    is_punct(before(1), '.') && !is_punct(before(2), '.')
}

/// Whether `tokens` end in a type and `::`, such as `JoinMap::` and `Vec::<u8>::`. A function of the type follows.
pub(super) fn end_in_type(tokens: &[TokenTree]) -> bool {
    let [.., owner, first, second] = tokens else {
        return false;
    };
    let is_type = match owner {
        TokenTree::Ident(name) => name.to_string().starts_with(char::is_uppercase),
        other => is_punct(Some(other), '>'),
    };
    is_type && is_path_separator(first, second)
}

/// Whether `tokens` end in an attribute.
pub(super) fn end_in_attribute(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [.., hash, attribute]
        if is_punct(Some(hash), '#') && is_group(Some(attribute), Delimiter::Bracket))
}

/// The path segment `owner`, if `tokens` end in `owner::`.
pub(super) fn qualifier(tokens: &[TokenTree]) -> Option<&Ident> {
    match tokens {
        [.., TokenTree::Ident(owner), first, second] if is_path_separator(first, second) => {
            Some(owner)
        }
        _ => None,
    }
}

/// The names before `::` at the end of the tokens: `a` and `b` of `let n = a::b::`.
pub(super) fn names_before(mut tokens: &[TokenTree]) -> Vec<String> {
    let mut names = Vec::new();
    while let [rest @ .., TokenTree::Ident(owner), first, second] = tokens {
        if !is_path_separator(first, second) {
            break;
        }
        names.push(owner.to_string());
        tokens = rest;
    }
    names.reverse();
    names
}

/// Whether `tokens` end in `owner::` with one of the names.
pub(super) fn is_behind(tokens: &[TokenTree], owners: &[&str]) -> bool {
    qualifier(tokens).is_some_and(|owner| owners.iter().any(|known| owner == known))
}

/// Whether `tokens` end in the type of this name and `::`: `JoinSet::`, `JoinSet::<()>::`, `<JoinSet<()>>::` or
/// `<JoinSet<()> as FromIterator<_>>::`. A function of the type follows.
pub(super) fn is_behind_type(tokens: &[TokenTree], name: &str) -> bool {
    let is_named = |owner: &TokenTree| matches!(owner, TokenTree::Ident(owner) if *owner == *name);
    let [before @ .., last, first, second] = tokens else {
        return false;
    };
    if !is_path_separator(first, second) || is_named(last) {
        return is_path_separator(first, second);
    }
    let Some(start) = start_of_angles(tokens, before.len()) else {
        return false;
    };
    match &tokens[..start] {
        [.., owner, first, second] if is_path_separator(first, second) => is_named(owner),
        _ => {
            let is_as = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word == "as");
            let qualified = &before[start + 1..];
            let length = qualified.iter().position(is_as).unwrap_or(qualified.len());
            is_type(&qualified[..length], name)
        }
    }
}

/// Whether the tokens are a type whose path ends in this name.
pub(super) fn is_type(tokens: &[TokenTree], name: &str) -> bool {
    let Ok(syn::Type::Path(ty)) = syn::parse2(tokens.iter().cloned().collect()) else {
        return false;
    };
    let last = ty.path.segments.last();
    last.is_some_and(|last| last.ident == *name)
}

/// The index at which the operand at the end of the tokens starts: that of `a` in `let n = a::b(c)?.d[0]`.
/// `None` if only a parser could tell.
pub(super) fn start_of_operand(tokens: &[TokenTree]) -> Option<usize> {
    let mut start = tokens.len();
    loop {
        start = match tokens.get(start.checked_sub(1)?)? {
            // `?`, `(..)` and `[..]` follow an operand, unless a group is its start.
            TokenTree::Punct(punct) if punct.as_char() == '?' => start - 1,
            TokenTree::Group(group) => {
                let before = start - 1;
                match end_of_callee(tokens, before) {
                    Some(callee) => callee,
                    None if group.delimiter() == Delimiter::Brace => return None,
                    None => return Some(before),
                }
            }
            TokenTree::Ident(_) | TokenTree::Literal(_) => {
                let before = start - 1;
                match place_of_separator(tokens, before) {
                    Some(separator) => separator,
                    None => return start_of_path(tokens, before),
                }
            }
            TokenTree::Punct(_) => return None,
        };
    }
}

/// Whether `start_of_operand` finds the start of the operand that ends in `name`.
pub(super) fn is_operand(before: &[TokenTree], name: &Ident) -> bool {
    let mut tokens = before.to_vec();
    tokens.push(TokenTree::Ident(name.clone()));
    start_of_operand(&tokens).is_some()
}

/// The index after the callee, or the indexed value, that the group at `index` follows.
fn end_of_callee(tokens: &[TokenTree], index: usize) -> Option<usize> {
    let is_brace = is_group(tokens.get(index), Delimiter::Brace);
    match tokens.get(index.checked_sub(1)?)? {
        TokenTree::Ident(name) if !is_brace && !is_keyword(name) => Some(index),
        TokenTree::Group(group) if !is_brace && group.delimiter() != Delimiter::Brace => {
            Some(index)
        }
        TokenTree::Punct(punct) => match punct.as_char() {
            '?' if !is_brace => Some(index),
            // A macro: `vec![..]`.
            '!' if matches!(tokens.get(index.checked_sub(2)?), Some(TokenTree::Ident(name)) if !is_keyword(name)) => {
                Some(index - 1)
            }
            '>' if !is_brace => start_of_turbofish(tokens, index - 1),
            _ => None,
        },
        _ => None,
    }
}

/// The start of the `::<..>` whose `>` is at `index`.
fn start_of_turbofish(tokens: &[TokenTree], index: usize) -> Option<usize> {
    let colons = start_of_angles(tokens, index)?.checked_sub(2)?;
    is_path_separator(&tokens[colons], &tokens[colons + 1]).then_some(colons)
}

/// The start of the `<..>` whose `>` is at `index`.
fn start_of_angles(tokens: &[TokenTree], index: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for place in (0..=index).rev() {
        let after_dash = place > 0 && is_punct(tokens.get(place - 1), '-');
        if is_punct(tokens.get(place), '>') && !after_dash {
            depth += 1;
        } else if is_punct(tokens.get(place), '<') {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(place);
            }
        }
    }
    None
}

/// The index of the `.` or `::` before `index`, if there is such a separator.
fn place_of_separator(tokens: &[TokenTree], index: usize) -> Option<usize> {
    if end_in_dot(&tokens[..index]) {
        return Some(index - 1);
    }
    qualifier(&tokens[..index]).map(|_| index - 2)
}

/// `index`, or the index of the `::` at the start of a rooted path; `None` for `<T as Trait>::f`.
fn start_of_path(tokens: &[TokenTree], index: usize) -> Option<usize> {
    match tokens.get(..index)? {
        [.., before, first, second] if is_path_separator(first, second) => {
            (!is_punct(Some(before), '>')).then_some(index - 2)
        }
        [first, second] if is_path_separator(first, second) => Some(0),
        _ => Some(index),
    }
}

pub(super) fn is_path_separator(first: &TokenTree, second: &TokenTree) -> bool {
    is_punct(Some(first), ':') && is_punct(Some(second), ':')
}

fn is_keyword(word: &Ident) -> bool {
    const BEFORE_OPERAND: &[&str] = &[
        "as", "async", "break", "else", "if", "in", "let", "loop", "match", "move", "mut", "ref",
        "return", "unsafe", "while", "yield",
    ];
    BEFORE_OPERAND.iter().any(|keyword| word == keyword)
}
