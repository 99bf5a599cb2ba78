//! Counts of annotated functions, and of the others by reason.

use std::collections::BTreeMap;
use std::fmt;

#[derive(Default)]
pub(crate) struct Counts {
    annotated: usize,
    asynchronous: usize,
    skipped: BTreeMap<&'static str, usize>,
}

impl Counts {
    pub(crate) fn annotate(&mut self, signature: &syn::Signature) {
        self.annotated += 1;
        self.asynchronous += usize::from(signature.asyncness.is_some());
    }

    pub(crate) fn skip(&mut self, reason: &'static str) {
        self.skip_many(reason, 1);
    }

    pub(crate) fn skip_many(&mut self, reason: &'static str, functions: usize) {
        if functions > 0 {
            *self.skipped.entry(reason).or_default() += functions;
        }
    }
}

/// Writes the lines that `cargo xtask corpus` reads: the two sums, then a line for each reason.
impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\tannotated", self.annotated)?;
        writeln!(f, "{}\tasync", self.asynchronous)?;
        for (reason, functions) in &self.skipped {
            writeln!(f, "{functions}\tskipped: {reason}")?;
        }
        Ok(())
    }
}
