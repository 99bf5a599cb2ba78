//! The names that generated code uses: few, and each of them used.

use std::collections::BTreeSet;
use std::fs;

use syn::{Item, UseTree, Visibility};

use crate::sources::{modules, root};

/// Each name is one more that a release must keep while the macros of that release may write it.
const FEWER_THAN: usize = 55;

/// A macro at the root if the feature `testing` is off. It is on where `tests/ui` looks for its message.
const OF_A_CASE: &str = "test_without_testing";

/// The names of `traced::__private`, without those that are imported as `_`.
fn names() -> BTreeSet<String> {
    let source = fs::read_to_string(root().join("runtime/src/__private.rs")).unwrap();
    let mut names = BTreeSet::new();
    for item in syn::parse_file(&source).unwrap().items {
        match item {
            Item::Use(item) if matches!(item.vis, Visibility::Public(_)) => {
                add(&item.tree, &mut names);
            }
            Item::Mod(module) => assert!(names.insert(module.ident.to_string())),
            _ => panic!("`__private` holds something else than re-exports"),
        }
    }
    names
}

fn add(tree: &UseTree, names: &mut BTreeSet<String>) {
    let name = match tree {
        UseTree::Path(path) => return add(&path.tree, names),
        UseTree::Group(group) => return group.items.iter().for_each(|each| add(each, names)),
        UseTree::Name(name) => &name.ident,
        UseTree::Rename(renamed) => &renamed.rename,
        UseTree::Glob(_) => panic!("a `*` hides how many names there are"),
    };
    names.insert(name.to_string());
}

#[test]
fn generated_code_uses_few_names() {
    let names = names();
    assert!(names.contains("CallSite") && names.contains("observer"));
    assert!(names.len() < FEWER_THAN, "{}: {names:?}", names.len());
}

#[test]
fn each_name_is_written_by_a_macro() {
    let files = ["macros-backend/src", "runtime/src"].map(modules);
    let files = files.iter().flat_map(|modules| modules.values());
    let sources: Vec<String> = files
        .filter(|module| !module.file.ends_with("__private.rs"))
        .map(|module| fs::read_to_string(&module.file).unwrap())
        .collect();
    let is_written = |name: &String| {
        // In the tokens of an expansion, or as a word that becomes one of them.
        let [path, word] = [format!("private::{name}"), format!("\"{name}\"")];
        let follows = |rest: &str| rest.chars().next().is_none_or(|next| !is_of_a_name(next));
        let ends = |source: &str, found: &str| {
            source
                .match_indices(found)
                .any(|(start, _)| follows(&source[start + found.len()..]))
        };
        name == OF_A_CASE
            || sources
                .iter()
                .any(|source| ends(source, &path) || source.contains(&word))
    };
    let unused: Vec<String> = names()
        .into_iter()
        .filter(|name| !is_written(name))
        .collect();
    assert!(unused.is_empty(), "no macro writes {unused:?}");
}

fn is_of_a_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}
