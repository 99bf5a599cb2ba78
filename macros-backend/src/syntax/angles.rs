//! Angle brackets, which are not groups of tokens.

use proc_macro2::TokenTree;

/// Counts the angle brackets that are open. The `>` of `->` and `=>` closes none.
#[derive(Default)]
pub(crate) struct Angles {
    depth: usize,
    is_arrow: bool,
}

impl Angles {
    /// Takes the next token into account.
    pub(crate) fn pass(&mut self, token: &TokenTree) {
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

    pub(crate) fn are_open(&self) -> bool {
        self.depth > 0
    }
}

/// The number of tokens of the `<..>` at the start of `tokens`; `None` if it is not closed.
pub(crate) fn length_of_angles(tokens: &[TokenTree]) -> Option<usize> {
    let mut angles = Angles::default();
    let closed = tokens.iter().position(|token| {
        angles.pass(token);
        !angles.are_open()
    })?;
    Some(closed + 1)
}
