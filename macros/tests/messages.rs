//! Each case of `tests/ui/fail` gives the messages that its `.stderr` records, at the same places.
//!
//! `tests/ui.rs` compares them through the compiler, which takes minutes. This test expands the cases without the
//! compiler in less than a second, so that it can run after each change of the macros.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, LitStr, Macro, Meta, TraitItem};

use traced_macros_backend::{CrateContext, Mode, function_like, test_attribute};

/// The line and the column of a message, and its text.
type Message = (usize, usize, String);

/// The cases that only the compiler can judge, and why.
const ONLY_COMPILER: &[(&str, &str)] = &[
    (
        "event_without_name",
        "an error at the end of the input gets its place from the compiler: the whole call",
    ),
    ("half_typed_body", "syn cannot parse the file"),
    (
        "test_without_feature",
        "without the feature, the error comes from another macro",
    ),
];

/// A name is an expression, and an attribute may have the name of an argument.
#[test]
fn what_looks_like_an_argument_is_none() {
    let spans = [
        quote!(::traced; NAME, allow(unbounded_name), {}),
        quote!(::traced; level, allow(unbounded_name), {}),
        quote!(::traced; "work", allow = 1, level = 2, {}),
        quote!(::traced; level = "debug", "work", {}),
    ];
    for tokens in spans {
        let written = function_like::span(tokens, &crate_context()).to_string();
        assert!(!written.contains("compile_error"), "{written}");
    }
}

#[test]
fn each_case_gives_its_messages_at_their_places() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ui/fail");
    let mut differing = Vec::new();
    let mut compared = 0;
    for folder in ["arguments", "items", "lints"] {
        for case in sources(&root.join(folder)) {
            let name = case.file_stem().unwrap().to_string_lossy().into_owned();
            if ONLY_COMPILER.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let source = fs::read_to_string(&case).unwrap();
            let found = messages(&source);
            let Ok(printed) = fs::read_to_string(case.with_extension("stderr")) else {
                differing.push(format!(
                    "{name} has no .stderr: CONTRIBUTING.md says how to bless it"
                ));
                continue;
            };
            let recorded = recorded(&printed);
            for (line, column, message) in recorded.difference(&found) {
                differing.push(format!("{name}:{line}:{column} lacks: {message}"));
            }
            for (line, column, message) in found.difference(&recorded) {
                differing.push(format!("{name}:{line}:{column} has: {message}"));
            }
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared}");
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn lints_allowed_by_a_container_stay_allowed_in_a_function_with_its_own_allow() {
    let source = |outer: &str| {
        format!(
            "#[traced{outer}] impl Shop {{\n\
             #[traced(name = format!(\"order {{id}}\"), allow(empty_key))] fn order(id: u64) {{}} }}"
        )
    };
    assert_eq!(messages(&source("(allow(unbounded_name))")).len(), 0);
    assert_eq!(messages(&source("")).len(), 1);
}

#[test]
fn a_value_that_is_not_written_is_asked_for_with_an_example() {
    let at = |source: &str| -> Vec<(usize, String)> {
        let found = messages(source).into_iter();
        found
            .map(|(_, column, message)| (column, message))
            .collect()
    };
    assert_eq!(
        at("#[traced(name =, kind = )] fn f() {}"),
        [
            (10, "expected `name = \"..\"`".to_owned()),
            (18, "expected `kind = \"client\"`".to_owned()),
        ]
    );
    let attribute =
        "expected an attribute: `param`, `key = value`, `key = %value` or `key = ?value`"
            .to_owned();
    for (list, column) in [("id =", 21), ("id = %, n = 1", 21), ("n = 1, id => 1", 28)] {
        let source = format!("#[traced(attributes({list}))] fn f(id: u8) {{}}");
        assert_eq!(at(&source), [(column, attribute.clone())], "{list}");
    }
}

#[test]
fn a_name_is_unbounded_in_whichever_branch_it_is_formatted() {
    let count = |name: &str| {
        let source = format!("#[traced(name = {name})] fn f(id: u8, kind: Kind) {{}}");
        messages(&source).len()
    };
    assert_eq!(
        count("if id > 1 { format!(\"order {id}\") } else { \"order\".to_owned() }"),
        1
    );
    assert_eq!(
        count(
            "match kind { Kind::One => \"one\".into(), Kind::Other => format!(\"other {}\", id) }"
        ),
        1
    );
    assert_eq!(
        count("{ let kind = kind.name(); format!(\"order {id} {kind}\") }"),
        1
    );
    assert_eq!(
        count("if id > 1 { format!(\"many {QUEUE}\") } else { \"order\".to_owned() }"),
        0
    );
    assert_eq!(
        count("match format!(\"{id}\").len() { 1 => \"short\", _ => \"long\" }"),
        0
    );
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    files
}

/// The errors that the compiler printed without a number: those with one are not from our macros.
fn recorded(printed: &str) -> BTreeSet<Message> {
    let mut messages = BTreeSet::new();
    let mut lines = printed.lines();
    while let Some(line) = lines.next() {
        let Some(mut message) = line.strip_prefix("error: ").map(ToOwned::to_owned) else {
            continue;
        };
        let place = loop {
            let line = lines.next().expect("an error has a place");
            match line.trim_start().strip_prefix("--> ") {
                Some(place) => break place,
                None => message += &format!("\n{}", line.trim_start()),
            }
        };
        let mut place = place.rsplit(':').map(|number| number.parse().unwrap_or(0));
        let (column, line) = (place.next().unwrap(), place.next().unwrap());
        messages.insert((line, column, message));
    }
    messages
}

/// The errors of our attributes and macros in a source.
fn messages(source: &str) -> BTreeSet<Message> {
    let mut expand = Expand::default();
    match syn::parse_file(source) {
        Ok(file) => expand.visit_file(&file),
        Err(error) => panic!("{error} in {source}"),
    }
    expand.0
}

/// Expands our attributes and macros, and gathers the errors.
#[derive(Default)]
struct Expand(BTreeSet<Message>);

impl Expand {
    /// Expands an item if one of its attributes, `attributes(&mut item)`, is ours. Returns whether it is.
    fn expand_if_ours<T: Clone + ToTokens>(
        &mut self,
        item: &T,
        attributes: fn(&mut T) -> Option<&mut Vec<Attribute>>,
    ) -> bool {
        let mut item = item.clone();
        let Some((ours, args)) = attributes(&mut item).and_then(take_attribute) else {
            return false;
        };
        let item = item.to_token_stream();
        let written = match ours {
            Ours::Span => traced_macros_backend::expand(Mode::Span, args, item, crate_context()),
            Ours::Spawn => {
                traced_macros_backend::expand(Mode::SpawnSitesOnly, args, item, crate_context())
            }
            Ours::Test => test_attribute::expand(args, item),
        };
        self.gather(written.clone());
        // The expansion of a container keeps the attributes of its functions.
        if let Ok(file) = syn::parse2::<syn::File>(written) {
            self.visit_file(&file);
        }
        true
    }

    /// Takes the message of each `compile_error!`, at any depth.
    fn gather(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            let TokenTree::Group(group) = token else {
                continue;
            };
            let name = index.checked_sub(2).map(|name| tokens[name].to_string());
            if name.as_deref() != Some("compile_error") {
                self.gather(group.stream());
                continue;
            }
            let message: LitStr = syn::parse2(group.stream()).unwrap();
            let place = tokens[index - 2].span().start();
            self.0
                .insert((place.line, place.column + 1, message.value()));
        }
    }
}

impl<'ast> Visit<'ast> for Expand {
    fn visit_macro(&mut self, call: &'ast Macro) {
        // The `macro_rules!` of the crate pass its path as the first argument.
        let tokens = call.tokens.clone();
        let tokens = quote!(::traced; #tokens);
        let name = call.path.segments.last().map(|name| name.ident.to_string());
        let written = match name.as_deref() {
            Some("event") => function_like::event(tokens),
            Some("set_attributes") => function_like::set_attributes(tokens),
            Some("span") => function_like::span(tokens, &crate_context()),
            _ => return,
        };
        self.gather(written);
    }

    fn visit_item(&mut self, item: &'ast Item) {
        if !self.expand_if_ours(item, attributes_of) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if !self.expand_if_ours(item, attributes_in_impl) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast TraitItem) {
        if !self.expand_if_ours(item, attributes_in_trait) {
            visit::visit_trait_item(self, item);
        }
    }
}

fn attributes_in_impl(item: &mut ImplItem) -> Option<&mut Vec<Attribute>> {
    match item {
        ImplItem::Fn(function) => Some(&mut function.attrs),
        _ => None,
    }
}

fn attributes_in_trait(item: &mut TraitItem) -> Option<&mut Vec<Attribute>> {
    match item {
        TraitItem::Fn(function) => Some(&mut function.attrs),
        _ => None,
    }
}

fn attributes_of(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    Some(match item {
        Item::Fn(function) => &mut function.attrs,
        Item::Impl(block) => &mut block.attrs,
        Item::Trait(definition) => &mut definition.attrs,
        Item::Mod(module) => &mut module.attrs,
        Item::Struct(definition) => &mut definition.attrs,
        Item::Enum(definition) => &mut definition.attrs,
        Item::Const(constant) => &mut constant.attrs,
        Item::Use(declaration) => &mut declaration.attrs,
        Item::ExternCrate(declaration) => &mut declaration.attrs,
        _ => return None,
    })
}

/// The attributes of the crate `traced`.
#[derive(Clone, Copy)]
enum Ours {
    Span,
    Spawn,
    Test,
}

impl Ours {
    fn of(attribute: &Attribute) -> Option<Self> {
        let path = attribute.path().to_token_stream().to_string();
        match path.replace(' ', "").as_str() {
            "traced" | "traced::traced" => Some(Self::Span),
            "traced_spawn" => Some(Self::Spawn),
            "traced::test" => Some(Self::Test),
            _ => None,
        }
    }
}

/// Removes the first attribute that is ours.
fn take_attribute(attributes: &mut Vec<Attribute>) -> Option<(Ours, TokenStream)> {
    let place = attributes
        .iter()
        .position(|attribute| Ours::of(attribute).is_some())?;
    let attribute = attributes.remove(place);
    let args = match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    Some((Ours::of(&attribute)?, args))
}

/// The crate that a case is in.
fn crate_context() -> CrateContext {
    CrateContext {
        name: "shop".to_owned(),
        version: "1.2.0".to_owned(),
        container: None,
        is_in_container: false,
    }
}
