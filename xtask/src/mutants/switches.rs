//! A source with all of its mutants in it, each behind a switch.
//!
//! Each switch stands on a line of its own, which is how an error of the compiler is told to be a mutant's.

use std::collections::BTreeMap;
use std::ops::Range;

use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::listed::Mutant;

/// What the code asks whether a mutant is on; `function` has it.
const SWITCH: &str = "crate::__mutant";

/// Says which mutant the process is asked about.
pub(super) const ASKED: &str = "MUTANT";

/// Names the file that the numbers of the mutants are appended to which the process comes across.
pub(super) const MET: &str = "MUTANTS_MET";

/// What stands at the end of the crate's root.
pub(super) fn function(mutants: usize) -> String {
    let places = mutants + 1;
    format!(
        r#"
#[allow(dead_code, missing_docs, clippy::all)]
pub(crate) fn __mutant(id: usize) -> bool {{
    use std::sync::atomic::{{AtomicBool, AtomicUsize, Ordering}};
    static ASKED: AtomicUsize = AtomicUsize::new(usize::MAX);
    static MET: [AtomicBool; {places}] = [const {{ AtomicBool::new(false) }}; {places}];
    let mut asked = ASKED.load(Ordering::Relaxed);
    if asked == usize::MAX {{
        asked = match std::env::var("{ASKED}") {{
            Ok(id) => id.parse().unwrap_or(0),
            Err(_) if std::env::var_os("{MET}").is_some() => usize::MAX - 1,
            Err(_) => 0,
        }};
        ASKED.store(asked, Ordering::Relaxed);
    }}
    if asked == usize::MAX - 1 && !MET[id].swap(true, Ordering::Relaxed) {{
        use std::io::Write;
        let path = std::env::var_os("{MET}").unwrap_or_default();
        let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
        if let Ok(mut file) = file {{
            let _ = file.write_all(format!("{{id}}\n").as_bytes());
        }}
    }}
    asked == id
}}
"#
    )
}

/// The source with the mutants that can be switched, and the numbers of the others.
pub(super) fn switched(text: &str, mutants: &[&Mutant]) -> anyhow::Result<(String, Vec<usize>)> {
    let mut places = Places::default();
    places.visit_file(&syn::parse_file(text)?);
    let (mut edits, mut left_out) = (BTreeMap::new(), Vec::new());
    for mutant in mutants {
        let range = mutant.range(text)?;
        match places.edit(mutant, &range) {
            Some((range, what)) => {
                // What has no length stands before what begins there, and what is around before what is within.
                let length = range.len();
                let order = match length {
                    0 => 0,
                    length => usize::MAX - length,
                };
                // A guard is around the operator that is all of it.
                let is_within = !matches!(what, What::Guard);
                let edit = edits
                    .entry((range.start, order, is_within))
                    .or_insert_with(|| Edit::new(range, what));
                edit.mutants.push((*mutant).clone());
            }
            None => left_out.push(mutant.id),
        }
    }
    let edits: Vec<Edit> = edits.into_values().collect();
    let edits: Vec<&Edit> = edits.iter().collect();
    Ok((render(text, 0..text.len(), &edits), left_out))
}

/// The number of the mutant that a line of a switched source belongs to.
pub(super) fn mutant_at(text: &str, line: usize) -> Option<usize> {
    let before: Vec<&str> = text.lines().take(line).collect();
    let line = before.iter().rev().find(|line| line.contains(SWITCH))?;
    let (_, number) = line.rsplit_once(&format!("{SWITCH}("))?;
    number.split(')').next()?.parse().ok()
}

/// What of a source is changed, and by which mutants.
struct Edit {
    range: Range<usize>,
    what: What,
    mutants: Vec<Mutant>,
}

impl Edit {
    fn new(range: Range<usize>, what: What) -> Self {
        let mutants = Vec::new();
        Self {
            range,
            what,
            mutants,
        }
    }

    fn render(&self, text: &str, within: &[&Edit]) -> String {
        let part = |range: &Range<usize>| {
            let edits = within.iter().filter(|edit| contains(range, &edit.range));
            render(text, range.clone(), &edits.copied().collect::<Vec<_>>())
        };
        let chosen = |changed: &dyn Fn(&Mutant) -> String, unchanged: String| {
            let mut all = String::from("(");
            for mutant in &self.mutants {
                let (id, changed) = (mutant.id, changed(mutant));
                all += &format!("if {SWITCH}({id}) {{\n{changed}\n}} else ");
            }
            all + &format!("{{\n{unchanged}\n}})")
        };
        match &self.what {
            What::Body => {
                let answers = self.mutants.iter().map(|mutant| {
                    let (id, value) = (mutant.id, &mutant.replacement);
                    format!("if {SWITCH}({id}) {{ return {value}; }}\n")
                });
                format!("\n{}", answers.collect::<String>())
            }
            What::Binary { left, right } => {
                let operator = &text[left.end..right.start];
                let changed = |mutant: &Mutant| {
                    let operator = &mutant.replacement;
                    format!(
                        "{} {operator} {}",
                        &text[left.clone()],
                        &text[right.clone()]
                    )
                };
                chosen(&changed, format!("{}{operator}{}", part(left), part(right)))
            }
            What::Unary { operand } => {
                let operator = &text[self.range.start..operand.start];
                let changed = |_: &Mutant| text[operand.clone()].to_owned();
                chosen(&changed, format!("{operator}{}", part(operand)))
            }
            What::Arm => {
                let asked = self.mutants.iter();
                let asked = asked.map(|mutant| format!("!{SWITCH}({})", mutant.id));
                format!("\nif {}\n", asked.collect::<Vec<_>>().join(" && "))
            }
            What::Guard => {
                let mut guard = format!("({})", part(&self.range));
                for mutant in &self.mutants {
                    let id = mutant.id;
                    guard = match mutant.replacement.as_str() {
                        "true" => format!("(\n{SWITCH}({id}) ||\n{guard})"),
                        _ => format!("(\n!{SWITCH}({id}) &&\n{guard})"),
                    };
                }
                guard
            }
            What::Field { value, base, name } => {
                let (base, is_short) = (&text[base.clone()], value.is_empty());
                let value = if is_short { name.clone() } else { part(value) };
                let changed = |_: &Mutant| format!("({base}).{name}");
                format!("{name}: {}", chosen(&changed, value))
            }
        }
    }
}

fn contains(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// A part of the source with its edits, which are in order.
fn render(text: &str, range: Range<usize>, edits: &[&Edit]) -> String {
    let (mut rendered, mut at, mut rest) = (String::new(), range.start, edits);
    while let Some((edit, after)) = rest.split_first() {
        let is_within = |other: &&&Edit| other.range.start < edit.range.end;
        let count = after.iter().take_while(is_within).count();
        let (within, next) = after.split_at(count);
        rendered += &text[at..edit.range.start];
        rendered += &edit.render(text, within);
        (at, rest) = (edit.range.end, next);
    }
    rendered + &text[at..range.end]
}

#[derive(Clone)]
enum What {
    /// A function answers at once.
    Body,
    Binary {
        left: Range<usize>,
        right: Range<usize>,
    },
    Unary {
        operand: Range<usize>,
    },
    /// An arm without a guard gets one.
    Arm,
    Guard,
    /// A field of a struct is that of the base behind it. What is written short has no value.
    Field {
        value: Range<usize>,
        base: Range<usize>,
        name: String,
    },
}

/// Where in a file the expressions are that mutants change, by the byte at which those begin or have their operator.
#[derive(Default)]
struct Places {
    operators: BTreeMap<usize, (Range<usize>, What)>,
    arms: BTreeMap<usize, (Range<usize>, What)>,
    fields: BTreeMap<usize, (Range<usize>, What)>,
    /// Guards that bind names cannot be a part of an expression.
    binding: Vec<usize>,
}

impl Places {
    fn edit(&self, mutant: &Mutant, range: &Range<usize>) -> Option<(Range<usize>, What)> {
        match mutant.genre.as_str() {
            "FnValue" => Some((range.start..range.start, What::Body)),
            "BinaryOperator" | "UnaryOperator" => self.operators.get(&range.start).cloned(),
            "MatchArm" => self.arms.get(&range.start).cloned(),
            "MatchArmGuard" if !self.binding.contains(&range.start) => {
                Some((range.clone(), What::Guard))
            }
            "StructField" => self.fields.get(&range.start).cloned(),
            _ => None,
        }
    }
}

fn bytes(node: &impl Spanned) -> Range<usize> {
    node.span().byte_range()
}

fn binds(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Let(_) => true,
        syn::Expr::Binary(binary) => binds(&binary.left) || binds(&binary.right),
        _ => false,
    }
}

impl<'a> Visit<'a> for Places {
    fn visit_expr_binary(&mut self, node: &'a syn::ExprBinary) {
        // The operands of a chain with `let` are no expressions of their own.
        if !binds(&node.left) && !binds(&node.right) {
            let (left, right) = (bytes(&node.left), bytes(&node.right));
            let what = What::Binary { left, right };
            let place = (bytes(node), what);
            self.operators.insert(bytes(&node.op).start, place);
        }
        visit::visit_expr_binary(self, node);
    }

    fn visit_expr_unary(&mut self, node: &'a syn::ExprUnary) {
        let operand = bytes(&node.expr);
        let place = (bytes(node), What::Unary { operand });
        self.operators.insert(bytes(&node.op).start, place);
        visit::visit_expr_unary(self, node);
    }

    fn visit_arm(&mut self, node: &'a syn::Arm) {
        let place = match &node.pat {
            syn::Pat::Guard(guarded) if binds(&guarded.guard) => {
                self.binding.push(bytes(&guarded.guard).start);
                None
            }
            syn::Pat::Guard(guarded) => Some((bytes(&guarded.guard), What::Guard)),
            pattern => {
                let end = bytes(pattern).end;
                Some((end..end, What::Arm))
            }
        };
        if let Some(place) = place {
            self.arms.insert(bytes(node).start, place);
        }
        visit::visit_arm(self, node);
    }

    fn visit_expr_struct(&mut self, node: &'a syn::ExprStruct) {
        if let Some(base) = &node.rest {
            for field in &node.fields {
                let is_short = field.colon_token.is_none();
                let value = bytes(&field.expr);
                let place = What::Field {
                    value: if is_short { 0..0 } else { value },
                    base: bytes(base),
                    name: field.member.to_token_stream().to_string(),
                };
                self.fields
                    .insert(bytes(field).start, (bytes(field), place));
            }
        }
        visit::visit_expr_struct(self, node);
    }
}

#[cfg(test)]
mod tests;
