//! Files that `include!` puts into another one. They are not read as modules, but use what that file imports.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{LitStr, Macro};

use super::futures::SPANS;
use crate::sources::SourceFile;
use crate::syntax::mentions;

pub(super) const WHY: &str =
    "the file that it includes names attributes or spans of `tracing`, and is not read";

/// A call of `include!`.
pub(super) struct Included {
    /// The place of the call.
    pub(super) at: usize,
    /// The text of the file; `None` if its path is not known.
    pub(super) text: Option<String>,
}

impl Included {
    /// Whether its file has what the migration changes.
    pub(super) fn has_spans(&self) -> bool {
        let tokens = self
            .text
            .as_ref()
            .and_then(|text| text.parse::<TokenStream>().ok());
        tokens.is_some_and(|tokens| {
            mentions(tokens, &|word| {
                matches!(word, "instrument" | "in_current_span") || SPANS.contains(&word)
            })
        })
    }
}

/// The calls of `include!` in a file, but for those of what a build script makes, which knows no import of the file.
pub(super) fn files(file: &SourceFile) -> Vec<Included> {
    let mut calls = Calls {
        file,
        found: Vec::new(),
    };
    calls.visit_file(&file.syntax);
    calls.found
}

struct Calls<'p> {
    file: &'p SourceFile,
    found: Vec<Included>,
}

impl<'ast> Visit<'ast> for Calls<'_> {
    fn visit_macro(&mut self, call: &'ast Macro) {
        visit::visit_macro(self, call);
        let is_built = mentions(&call.tokens, &|word| word == "env")
            && call.tokens.to_string().contains("OUT_DIR");
        if !call.path.is_ident("include") || is_built {
            return;
        }
        let at = self.file.range_of(call).map_or(0, |range| range.start);
        let path = path(call.tokens.clone(), self.file);
        self.found.push(Included {
            at,
            text: path.and_then(|path| fs::read_to_string(path).ok()),
        });
    }
}

/// The path in `include!("x.rs")` or `include!(concat!(env!("CARGO_MANIFEST_DIR"), "/x.rs"))`.
fn path(tokens: TokenStream, file: &SourceFile) -> Option<PathBuf> {
    let folder = file.path.parent().unwrap_or(Path::new(""));
    if let Ok(path) = syn::parse2::<LitStr>(tokens.clone()) {
        return Some(folder.join(path.value()));
    }
    let literals = literals(tokens);
    let (variable, parts) = literals.split_first()?;
    if variable != "CARGO_MANIFEST_DIR" {
        return None;
    }
    let below = parts.concat();
    let mut folders = folder.ancestors();
    let package = folders.find(|folder| folder.join("Cargo.toml").exists())?;
    Some(package.join(below.trim_start_matches('/')))
}

fn literals(tokens: TokenStream) -> Vec<String> {
    let of_token = |token: TokenTree| match token {
        TokenTree::Group(group) => literals(group.stream()),
        TokenTree::Literal(_) => {
            let text = syn::parse2::<LitStr>(token.into());
            text.iter().map(LitStr::value).collect()
        }
        _ => Vec::new(),
    };
    tokens.into_iter().flat_map(of_token).collect()
}
