//! Compares an expected tree with the captured one, line by line.

use std::borrow::Borrow;
use std::fmt::Write as _;

use super::expected::{self, Node, Pattern, Siblings};
use super::span::Span;
use super::spans::Spans;

/// Compares spans with a tree in text, and fails with a line-by-line comparison if they differ.
///
/// The text has a line for each span, indented below its parent, as in [`Spans::tree`]; only the
/// differences between indents count. A line names only the properties that matter to the test:
///
/// | in a line | matches |
/// |---|---|
/// | `load` | a span of this name; in names, values and descriptions `*` stands for any text |
/// | `"handle error"` | a name with words that would otherwise be read as something else |
/// | `[client]` | the kind |
/// | `id=7`, `text="a = 1"` | the value of an attribute |
/// | `!id` | a span without this attribute |
/// | `error`, `error: not found*` | the status Error, with any description or with this one |
/// | `unset`, `ok` | the other two statuses |
/// | `..` as a line | any number of spans at this place, with everything below them |
/// | `(any order)` as a line | its siblings may have started in any order |
///
/// Other properties are not compared: `load` matches a span of any kind, with any attributes and any status.
/// Spans without a line are a difference, and so are lines without a span.
///
/// ```
/// use traced::testing::{assert_tree, capture};
/// use traced::traced;
///
/// #[traced(kind = "client", attributes(id))]
/// fn load(id: u64) {}
///
/// #[traced]
/// fn handle() {
///     load(7);
///     traced::span!("audit", {});
/// }
///
/// let ((), spans) = capture(handle);
/// assert_tree!(spans, "
///     handle unset
///       load [client] id=*
///       ..
/// ");
/// ```
///
/// A line break in a name, a value or a description is written as the escape `\n`: `text=one\\ntwo`.
///
/// If spans may end late, wait for them first: `assert_tree!(spans().wait_for(3), "..")`.
///
/// The failure marks expected lines with `-` and found lines with `+`, and names the properties that differ:
///
/// ```text
/// the spans are not as expected (`-` expected, `+` found):
///
///   handle unset
/// -   load [client] id=8
/// +   load [client] id=7
///     ^ id is 7
///     ..
/// ```
///
/// # Panics
///
/// If they differ, or if the text is not a tree. The location of the panic is that of the macro call.
#[doc(hidden)]
#[macro_export]
macro_rules! __traced_assert_tree {
    ($spans:expr, $expected:expr $(,)?) => {
        $crate::__private::assert_tree_fits(&$spans, $expected)
    };
}

/// The function behind [`assert_tree!`](super::assert_tree).
#[track_caller]
pub fn assert_tree_fits(spans: &impl Borrow<Spans>, expected: &str) {
    let spans: &Spans = spans.borrow();
    let expected = match expected::parse(expected) {
        Ok(expected) => expected,
        Err(why) => panic!("the expected tree cannot be read: {why}"),
    };
    let found = compare(&expected, &spans.tops(), spans);
    if found.cost > 0 {
        let mut text = "the spans are not as expected (`-` expected, `+` found):\n\n".to_owned();
        found.write(spans, 0, &mut text);
        spans.fail(&text);
    }
}

/// An alignment of expected siblings with found siblings.
struct Alignment<'a> {
    /// The number of lines that differ.
    cost: usize,
    rows: Vec<Row<'a>>,
}

enum Row<'a> {
    /// An expected span and the found one.
    Pair(&'a Pattern, &'a Span, Alignment<'a>),
    /// An expected span that was not found.
    Missing(&'a Pattern, &'a Siblings),
    /// A found span that was not expected.
    Extra(&'a Span),
    /// `..`
    Rest,
}

/// A step of an alignment, kept in its table.
#[derive(Clone, Copy)]
enum Step {
    Pair,
    Missing,
    Extra,
    /// A found span that `..` covers.
    InRest,
    /// The end of `..`.
    AfterRest,
}

fn compare<'a>(expected: &'a Siblings, found: &[&'a Span], spans: &'a Spans) -> Alignment<'a> {
    // The cost of each pair, with what is below it.
    let mut pairs: Vec<Vec<Option<Alignment<'a>>>> = Vec::new();
    for node in &expected.nodes {
        let row = found.iter().map(|span| match node {
            Node::Rest => None,
            Node::Span(pattern, children) => {
                let mut below = compare(children, &spans.children_of(span), spans);
                below.cost += difference(pattern, span);
                Some(below)
            }
        });
        pairs.push(row.collect());
    }
    match expected.in_any_order {
        true => in_any_order(expected, found, spans, pairs),
        false => in_order(expected, found, spans, pairs),
    }
}

/// The number of lines that differ in a pair.
fn difference(pattern: &Pattern, span: &Span) -> usize {
    match (pattern.fits(span), pattern.fits_name(span)) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    }
}

/// The number of spans below `span`, including itself.
fn size(span: &Span, spans: &Spans) -> usize {
    let children = spans.children_of(span).into_iter();
    1 + children.map(|child| size(child, spans)).sum::<usize>()
}

/// Aligns two sequences with the least edit distance.
fn in_order<'a>(
    expected: &'a Siblings,
    found: &[&'a Span],
    spans: &'a Spans,
    mut pairs: Vec<Vec<Option<Alignment<'a>>>>,
) -> Alignment<'a> {
    let table = cheapest_steps(expected, found, spans, &pairs);
    let mut aligned = Alignment {
        cost: table[0][0].0,
        rows: Vec::new(),
    };
    let (mut i, mut j) = (0, 0);
    while i < expected.nodes.len() || j < found.len() {
        let step = table[i][j].1;
        match (step, expected.nodes.get(i)) {
            (Step::Pair, Some(Node::Span(pattern, _))) => {
                if let Some(below) = pairs[i][j].take() {
                    aligned.rows.push(Row::Pair(pattern, found[j], below));
                }
            }
            (Step::Missing, Some(Node::Span(pattern, children))) => {
                aligned.rows.push(Row::Missing(pattern, children));
            }
            (Step::AfterRest, _) => aligned.rows.push(Row::Rest),
            (Step::Extra, _) => aligned.rows.push(Row::Extra(found[j])),
            _ => {}
        }
        i += usize::from(matches!(step, Step::Pair | Step::Missing | Step::AfterRest));
        j += usize::from(matches!(step, Step::Pair | Step::Extra | Step::InRest));
    }
    aligned
}

/// The table of the edit distance: the least cost from node `i` and span `j` on, and the first step of that way.
fn cheapest_steps(
    expected: &Siblings,
    found: &[&Span],
    spans: &Spans,
    pairs: &[Vec<Option<Alignment<'_>>>],
) -> Vec<Vec<(usize, Step)>> {
    let sizes: Vec<usize> = found.iter().map(|span| size(span, spans)).collect();
    let (rows, columns) = (expected.nodes.len(), found.len());
    // Filled from the end.
    let mut table = vec![vec![(0, Step::Pair); columns + 1]; rows + 1];
    for i in (0..=rows).rev() {
        for j in (0..=columns).rev() {
            let mut steps: Vec<(usize, Step)> = Vec::new();
            let node = expected.nodes.get(i);
            if matches!(node, Some(Node::Rest)) {
                steps.push((table[i + 1][j].0, Step::AfterRest));
                if j < columns {
                    steps.push((table[i][j + 1].0, Step::InRest));
                }
            } else {
                if let Some(Some(pair)) = pairs.get(i).and_then(|row| row.get(j)) {
                    steps.push((pair.cost + table[i + 1][j + 1].0, Step::Pair));
                }
                if let Some(node) = node {
                    steps.push((node.size() + table[i + 1][j].0, Step::Missing));
                }
                if j < columns {
                    steps.push((sizes[j] + table[i][j + 1].0, Step::Extra));
                }
            }
            if let Some(best) = steps.into_iter().min_by_key(|(cost, _)| *cost) {
                table[i][j] = best;
            }
        }
    }
    table
}

/// Pairs children in any order: as many exact pairs as possible, then those with the fewest
/// differences.
fn in_any_order<'a>(
    expected: &'a Siblings,
    found: &[&'a Span],
    spans: &'a Spans,
    mut pairs: Vec<Vec<Option<Alignment<'a>>>>,
) -> Alignment<'a> {
    let node_of = matched(expected, found, spans, &pairs);
    let has_rest = expected.nodes.contains(&Node::Rest);
    let mut aligned = Alignment {
        cost: 0,
        rows: Vec::new(),
    };
    for (i, node) in expected.nodes.iter().enumerate() {
        let Node::Span(pattern, children) = node else {
            aligned.rows.push(Row::Rest);
            continue;
        };
        let span = node_of.iter().position(|of| *of == Some(i));
        match span.and_then(|j| Some((found[j], pairs[i][j].take()?))) {
            Some((span, below)) => {
                aligned.cost += below.cost;
                aligned.rows.push(Row::Pair(pattern, span, below));
            }
            None => {
                aligned.cost += node.size();
                aligned.rows.push(Row::Missing(pattern, children));
            }
        }
    }
    let left = found.iter().zip(&node_of).filter(|(_, of)| of.is_none());
    for (span, _) in left.filter(|_| !has_rest) {
        aligned.cost += size(span, spans);
        aligned.rows.push(Row::Extra(span));
    }
    aligned
}

/// The index of the node with which each span is paired.
fn matched(
    expected: &Siblings,
    found: &[&Span],
    spans: &Spans,
    pairs: &[Vec<Option<Alignment<'_>>>],
) -> Vec<Option<usize>> {
    let cost = |i: usize, j: usize| pairs[i][j].as_ref().map(|pair| pair.cost);
    let mut node_of: Vec<Option<usize>> = vec![None; found.len()];
    for i in 0..expected.nodes.len() {
        let fits = |i: usize, j: usize| cost(i, j) == Some(0);
        augment(i, &fits, &mut node_of, &mut vec![false; found.len()]);
    }
    loop {
        let is_free = |i: usize| !node_of.contains(&Some(i));
        let candidates = (0..expected.nodes.len())
            .filter(|i| is_free(*i))
            .flat_map(|i| (0..found.len()).map(move |j| (i, j)))
            .filter(|(_, j)| node_of[*j].is_none())
            .filter_map(|(i, j)| {
                let apart = expected.nodes[i].size() + size(found[j], spans);
                let cost = cost(i, j).filter(|cost| *cost < apart)?;
                Some((cost, i, j))
            });
        let Some((_, i, j)) = candidates.min() else {
            break;
        };
        node_of[j] = Some(i);
    }
    node_of
}

/// Finds a span for node `i`; other nodes may get another span for it (an augmenting path of a bipartite matching).
fn augment(
    i: usize,
    fits: &impl Fn(usize, usize) -> bool,
    node_of: &mut [Option<usize>],
    tried: &mut [bool],
) -> bool {
    for j in 0..node_of.len() {
        if tried[j] || !fits(i, j) {
            continue;
        }
        tried[j] = true;
        let is_free = match node_of[j] {
            None => true,
            Some(other) => augment(other, fits, node_of, tried),
        };
        if is_free {
            node_of[j] = Some(i);
            return true;
        }
    }
    false
}

impl Alignment<'_> {
    fn write(&self, spans: &Spans, depth: usize, text: &mut String) {
        for row in &self.rows {
            match row {
                Row::Rest => line(' ', depth, "..", text),
                Row::Missing(pattern, children) => write_missing(pattern, children, depth, text),
                Row::Extra(span) => write_extra(span, spans, depth, text),
                Row::Pair(pattern, span, below) => {
                    if pattern.fits(span) {
                        line(' ', depth, &pattern.text, text);
                    } else {
                        line('-', depth, &pattern.text, text);
                        line('+', depth, &span.line(), text);
                        // If the name differs, everything may differ, and the two lines show it.
                        if pattern.fits_name(span) {
                            let differences = pattern.differences(span).join(", ");
                            line(' ', depth, &format!("^ {differences}"), text);
                        }
                    }
                    below.write(spans, depth + 1, text);
                }
            }
        }
    }
}

fn write_missing(pattern: &Pattern, children: &Siblings, depth: usize, text: &mut String) {
    line('-', depth, &pattern.text, text);
    for node in &children.nodes {
        match node {
            Node::Rest => line('-', depth + 1, "..", text),
            Node::Span(pattern, children) => write_missing(pattern, children, depth + 1, text),
        }
    }
}

fn write_extra(span: &Span, spans: &Spans, depth: usize, text: &mut String) {
    line('+', depth, &span.line(), text);
    for child in spans.children_of(span) {
        write_extra(child, spans, depth + 1, text);
    }
}

fn line(mark: char, depth: usize, span: &str, text: &mut String) {
    let indent = 2 * depth;
    let _ = writeln!(text, "{mark} {:indent$}{span}", "");
}
