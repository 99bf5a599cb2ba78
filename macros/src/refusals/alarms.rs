//! Which functions of a folder of sources would be refused: for right code, none.
//!
//! `SOURCES=folder cargo test --release -p traced-macros alarms -- --ignored
//! --nocapture` reads all of it, published crates for instance, and prints them.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{ImplItemFn, ItemFn, TraitItemFn};

use crate::args::Args;
use crate::diagnostics::Errors;
use crate::item::Item;

#[test]
#[ignore = "looks for false alarms in a folder of your choice"]
fn alarms_in_sources() {
    // Generated sources nest deeper than a test's thread has room for.
    let worker = thread::Builder::new().stack_size(512 << 20);
    worker.spawn(print_alarms).unwrap().join().unwrap();
}

fn print_alarms() {
    let folder = std::env::var_os("SOURCES").expect("SOURCES is a folder");
    let mut files = Vec::new();
    rust_files(Path::new(&folder), &mut files);
    let mut checked = Checked::default();
    for file in files {
        let text = fs::read_to_string(&file).unwrap_or_default();
        if let Ok(parsed) = syn::parse_file(&text) {
            checked.file = file;
            checked.visit_file(&parsed);
        }
    }
    println!(
        "{} functions, {} refused",
        checked.functions, checked.refused
    );
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
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
    refused: usize,
}

impl Checked {
    fn check(&mut self, function: TokenStream) {
        let Some(item) = Item::parse(function, "traced", &mut Errors::default()) else {
            return;
        };
        let mut errors = Errors::default();
        self.functions += 1;
        if item.head.signature.constness.is_none() {
            super::check(&Args::default(), &item, &mut errors);
        }
        if let Some(error) = errors.into_combined() {
            self.refused += 1;
            let name = &item.head.signature.ident;
            for mistake in error {
                println!("{} {name}: {mistake}", self.file.display());
            }
        }
    }
}

impl<'ast> Visit<'ast> for Checked {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.check(function.to_token_stream());
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.check(function.to_token_stream());
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if function.default.is_some() {
            self.check(function.to_token_stream());
        }
        visit::visit_trait_item_fn(self, function);
    }
}
