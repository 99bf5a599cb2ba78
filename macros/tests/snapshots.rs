//! Every `snapshots/x.rs` expands to `snapshots/x.expanded.rs`.
//!
//! A case is a file of ordinary functions; adding one adds a file and no code.
//! `BLESS=1 cargo test -p traced-macros` writes what the macro writes now.

mod expansion;

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::Item;

use expansion::{expand, expanded, take_attribute};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots")
}

fn cases() -> Vec<PathBuf> {
    let files = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut cases: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter(|path| !path.to_string_lossy().ends_with(".expanded.rs"))
        .collect();
    cases.sort();
    cases
}

fn expanded_file(case: &Path) -> syn::File {
    expanded(syn::parse_file(&fs::read_to_string(case).unwrap()).unwrap())
}

#[test]
fn expansions_are_as_recorded() {
    let cases = cases();
    assert!(!cases.is_empty());
    let mut differing = Vec::new();
    for case in cases {
        let written = prettyplease::unparse(&expanded_file(&case));
        let snapshot = case.with_extension("expanded.rs");
        if std::env::var_os("BLESS").is_some() {
            fs::write(&snapshot, &written).unwrap();
        } else if fs::read_to_string(&snapshot).unwrap_or_default() != written {
            differing.push(format!("{}:\n{written}", snapshot.display()));
        }
    }
    assert!(
        differing.is_empty(),
        "run with BLESS=1 and read the diff of\n{}",
        differing.join("\n")
    );
}

#[test]
fn no_snapshot_is_left_without_its_case() {
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if let Some(stem) = path.to_string_lossy().strip_suffix(".expanded.rs") {
            assert!(
                Path::new(&format!("{stem}.rs")).exists(),
                "orphan: {}",
                path.display()
            );
        }
    }
}

#[test]
fn the_readme_shows_a_real_expansion() {
    let readme = folder().join("../../README.md");
    let shown = fs::read_to_string(&readme).unwrap();
    let real = prettyplease::unparse(&expanded_file(&folder().join("readme.rs")));
    if std::env::var_os("BLESS").is_some() {
        // The first line names the function, and other texts of the page do not begin with it.
        let first = real.lines().next().unwrap();
        let opening = format!("```text\n{first}\n");
        let (before, rest) = shown.split_once(&*opening).unwrap();
        let (_, after) = rest.split_once("```").unwrap();
        fs::write(&readme, format!("{before}```text\n{real}```{after}")).unwrap();
        return;
    }
    assert!(
        shown.contains(&real),
        "run with BLESS=1: the README shows another expansion"
    );
}

/// With `#[traced_spawn]` above `#[traced]`, the second expands what the first wrote.
#[test]
fn a_carried_argument_is_not_carried_again() {
    let case = fs::read_to_string(folder().join("spawn_sites.rs")).unwrap();
    for item in syn::parse_file(&case).unwrap().items {
        let Item::Fn(mut function) = item else {
            continue;
        };
        let (mode, args) = take_attribute(&mut function.attrs).unwrap();
        let once = expand(mode, args, function.to_token_stream());
        let twice = expand(mode, TokenStream::new(), once.clone());
        assert_eq!(twice.to_string(), once.to_string());
    }
}

/// The user's module may have a `mod std`, a `struct Option` or no prelude. Therefore every path that the macros write
/// begins with `::`, or with a local variable of the macros.
#[test]
fn every_path_written_is_rooted() {
    let ours = ["traced", "std", "core", "Option", "Box"];
    for case in cases() {
        let user = count_unrooted(
            syn::parse_file(&fs::read_to_string(&case).unwrap()).unwrap(),
            &ours,
        );
        let both = count_unrooted(expanded_file(&case), &ours);
        assert!(both <= user, "{}: an unrooted path is new", case.display());
    }
}

fn count_unrooted(file: syn::File, names: &[&str]) -> usize {
    fn count(tokens: TokenStream, names: &[&str]) -> usize {
        let mut colons = 0;
        let mut found = 0;
        for token in tokens {
            match &token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => found += count(group.stream(), names),
                TokenTree::Ident(ident) => {
                    found += usize::from(colons < 2 && names.iter().any(|name| ident == name));
                }
                _ => {}
            }
            colons *=
                usize::from(matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ':'));
        }
        found
    }
    count(file.into_token_stream(), names)
}
