//! What stands in the braces of an `impl`, a trait or a module.
//!
//! Told from the tokens, not parsed: a body that is being typed in one function
//! must not keep the others from expanding.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// What an item is to who looks for functions.
pub(crate) enum ItemKind {
    /// An `impl`, a trait or an inline module: `mod m;` is none.
    Container,
    /// A function with a body.
    Function,
    /// What holds no function of its own.
    Other,
}

impl ItemKind {
    pub(crate) fn of(item: &[TokenTree]) -> Self {
        let ends_in_braces = matches!(
            item.last(),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace
        );
        let Some(place) = leading_word(item).filter(|_| ends_in_braces) else {
            return ItemKind::Other;
        };
        match (&item[place], item.get(place + 1)) {
            (TokenTree::Ident(word), _) if word == "impl" || word == "trait" || word == "mod" => {
                ItemKind::Container
            }
            (TokenTree::Ident(word), Some(TokenTree::Ident(_))) if word == "fn" => {
                ItemKind::Function
            }
            _ => ItemKind::Other,
        }
    }
}

/// Splits the content of a container. Items end in a `;` or in braces, of which
/// the first count that stand alone: not those of `Matrix<{ N + 1 }>`.
pub(crate) fn members(content: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut members = vec![Vec::new()];
    let mut angles = Angles::default();
    for token in content {
        angles.pass(&token);
        let ends = ends_item(&token) && (angles.depth == 0 || is_punct(&token));
        members.last_mut().expect("one is always begun").push(token);
        if ends {
            members.push(Vec::new());
            angles = Angles::default();
        }
    }
    members
}

/// How many angle brackets are open.
#[derive(Default)]
struct Angles {
    depth: usize,
    /// Whether a `>` is the second half of `->` or `=>`.
    is_arrow: bool,
}

impl Angles {
    fn pass(&mut self, token: &TokenTree) {
        let letter = match token {
            TokenTree::Punct(punct) => punct.as_char(),
            _ => ' ',
        };
        match letter {
            '<' => self.depth += 1,
            '>' if !self.is_arrow => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.is_arrow = matches!(letter, '-' | '=');
    }
}

fn is_punct(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(_))
}

/// Whether an item ends with this token.
pub(crate) fn ends_item(token: &TokenTree) -> bool {
    match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    }
}

/// Whether one of these words stands before the `fn`.
pub(crate) fn is_qualified(function: &[TokenTree], qualifiers: &[&str]) -> bool {
    let before = function.iter().take_while(|token| !is_word(token, "fn"));
    before
        .into_iter()
        .any(|token| qualifiers.iter().any(|word| is_word(token, word)))
}

pub(crate) fn is_word(token: &TokenTree, word: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if ident == word)
}

/// Where the word stands that says what an item is, behind attributes,
/// visibility and qualifiers.
fn leading_word(item: &[TokenTree]) -> Option<usize> {
    const BEFORE: &[&str] = &[
        "pub", "default", "unsafe", "async", "const", "extern", "safe",
    ];
    let is_before = |token: &TokenTree| match token {
        TokenTree::Ident(word) => BEFORE.iter().any(|before| word == before),
        TokenTree::Group(group) => group.delimiter() != Delimiter::Brace,
        _ => true,
    };
    item.iter().position(|token| !is_before(token))
}
