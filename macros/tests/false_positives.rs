//! No lint fires on the functions of a folder of correct sources.
//!
//! The test reads this repository's own sources. `SOURCES=folder cargo test
//! --release -p traced-macros false_positives` reads those of another folder, such as published crates.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItemFn, ItemFn, Meta, Signature, TraitItemFn};

use traced_macros_backend::inspect;

#[test]
fn no_false_positives_in_sources() {
    // Generated sources nest so deep that the stack of a test's thread is too small.
    let worker = thread::Builder::new().stack_size(512 << 20);
    worker.spawn(check_sources).unwrap().join().unwrap();
}

fn check_sources() {
    let ours = || Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::var_os("SOURCES").map_or_else(ours, PathBuf::from);
    let mut files = Vec::new();
    rust_files(&folder, &mut files);
    let mut checked = Checked::default();
    for file in files {
        let text = fs::read_to_string(&file).unwrap_or_default();
        if let Ok(parsed) = syn::parse_file(&text) {
            checked.file = file;
            checked.visit_file(&parsed);
        }
    }
    assert!(
        checked.functions > 0,
        "no function in {}",
        Path::new(&folder).display()
    );
    assert!(
        checked.findings.is_empty(),
        "{} functions, on which lints fire:\n{}",
        checked.functions,
        checked.findings.join("\n")
    );
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        // Build output, and cases that contain mistakes on purpose.
        let is_left_out = ["target", "ui/fail", "cargo-traced/tests/audit"]
            .iter()
            .any(|left_out| path.ends_with(left_out));
        if path.is_dir() && !is_left_out {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[derive(Default)]
struct Checked {
    file: PathBuf,
    functions: usize,
    findings: Vec<String>,
}

impl Checked {
    fn check(&mut self, signature: &Signature, attributes: &[Attribute], function: TokenStream) {
        self.functions += 1;
        let mistakes = inspect::lint(own_arguments(attributes), function);
        self.findings.extend(mistakes.into_iter().map(|mistake| {
            format!(
                "{} {}: {}",
                self.file.display(),
                signature.ident,
                mistake.message
            )
        }));
    }
}

/// The arguments of the attribute that a function already has: they may allow lints.
///
/// The loop of a server is not a mistake until it is in a span. Therefore `endless_span` is applied only to
/// functions with an attribute for a span: ours, or that of `tracing` or `fastrace`.
fn own_arguments(attributes: &[Attribute]) -> TokenStream {
    let named = |names: &[&str]| {
        attributes.iter().find(|attribute| {
            let last = attribute.path().segments.last();
            last.is_some_and(|last| names.iter().any(|name| last.ident == name))
        })
    };
    match (named(&["traced"]), named(&["instrument", "trace"])) {
        (Some(ours), _) => match &ours.meta {
            Meta::List(list) => list.tokens.clone(),
            _ => TokenStream::new(),
        },
        (None, Some(_)) => TokenStream::new(),
        (None, None) => quote!(allow(endless_span, spawn_in_endless_span)),
    }
}

impl<'ast> Visit<'ast> for Checked {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.check(&function.sig, &function.attrs, function.to_token_stream());
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.check(&function.sig, &function.attrs, function.to_token_stream());
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if function.default.is_some() {
            self.check(&function.sig, &function.attrs, function.to_token_stream());
        }
        visit::visit_trait_item_fn(self, function);
    }
}
