//! Trees of lines in which siblings have no order, as concurrent spans have none.

use std::fmt;
use std::iter::Peekable;

/// The indentation of one level.
const STEP: usize = 2;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tree {
    line: String,
    below: Outline,
}

/// Trees in sorted order.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Outline(Vec<Tree>);

impl Outline {
    pub(crate) fn of(trees: impl Iterator<Item = (String, Outline)>) -> Self {
        let mut trees: Vec<_> = trees.map(|(line, below)| Tree { line, below }).collect();
        trees.sort();
        Outline(trees)
    }

    /// Reads trees from indented text.
    pub(crate) fn read(text: &str) -> Self {
        let mut lines = text.lines().filter(|line| !line.is_empty()).peekable();
        Outline::read_at(0, &mut lines)
    }

    fn read_at<'t>(depth: usize, lines: &mut Peekable<impl Iterator<Item = &'t str>>) -> Self {
        let is_here = |line: &&str| line.len() - line.trim_start().len() == depth * STEP;
        let mut trees = Vec::new();
        while let Some(line) = lines.next_if(is_here) {
            let below = Outline::read_at(depth + 1, lines);
            trees.push((line.trim_start().to_owned(), below));
        }
        Outline::of(trees.into_iter())
    }

    pub(crate) fn and(mut self, other: Outline) -> Self {
        self.0.extend(other.0);
        self.0.sort();
        self
    }

    fn write_at(&self, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for tree in &self.0 {
            writeln!(f, "{:indent$}{}", "", tree.line, indent = depth * STEP)?;
            tree.below.write_at(depth + 1, f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Outline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_at(0, f)
    }
}
