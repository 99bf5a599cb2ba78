//! Every message of the macros is in `diagnostics`, and in the expected output of a ui case.

use std::fs;
use std::path::Path;

use syn::visit::Visit;
use syn::{Ident, ItemConst, ItemFn, LitStr, Macro};

use crate::sources::{modules, root};

/// The string literals of a function or a table.
#[derive(Default)]
struct Literals(Vec<String>);

impl<'ast> Visit<'ast> for Literals {
    fn visit_lit_str(&mut self, literal: &'ast LitStr) {
        self.0.push(literal.value());
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let literal = |tokens: proc_macro2::TokenStream| {
            let mut tokens = tokens.into_iter();
            tokens
                .next()
                .and_then(|token| syn::parse2::<LitStr>(token.into()).ok())
        };
        self.0
            .extend(literal(call.tokens.clone()).map(|literal| literal.value()));
    }
}

#[derive(Default)]
struct Messages(Vec<(String, String)>);

impl<'ast> Visit<'ast> for Messages {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        let mut literals = Literals::default();
        literals.visit_block(&function.block);
        self.note(&function.sig.ident, literals);
    }

    fn visit_item_const(&mut self, table: &'ast ItemConst) {
        let mut literals = Literals::default();
        literals.visit_expr(&table.expr);
        self.note(&table.ident, literals);
    }
}

impl Messages {
    fn note(&mut self, name: &Ident, literals: Literals) {
        let name = name.to_string();
        // Messages are sentences; shorter literals are parts of messages.
        let sentences = literals
            .0
            .into_iter()
            .filter(|text| text.split(' ').count() > 4);
        self.0.extend(sentences.map(|text| (name.clone(), text)));
    }
}

/// Messages that no case can produce, and why.
const UNREACHABLE: &[(&str, &str)] = &[
    (
        "nothing_follows",
        "rustc gives an attribute macro an item; the fuzz test does not",
    ),
    (
        "unreadable_signature",
        "it takes a syntax that rustc knows and syn does not yet",
    ),
];

#[test]
fn each_message_is_expected_somewhere() {
    let mut expected = String::new();
    read_outputs(&root().join("tests/ui/fail"), &mut expected);
    let mut unexpected = Vec::new();
    for (path, module) in modules("macros-backend/src") {
        if path.first().is_none_or(|room| room != "diagnostics") {
            continue;
        }
        let mut messages = Messages::default();
        messages.visit_file(&syn::parse_file(&fs::read_to_string(&module.file).unwrap()).unwrap());
        for (function, message) in messages.0 {
            let is_unreachable = UNREACHABLE.iter().any(|(name, _)| function == *name);
            if !is_unreachable && !expected.contains(longest_fixed_part(&message)) {
                unexpected.push(format!("{function}: {message}"));
            }
        }
    }
    assert!(
        unexpected.is_empty(),
        "in no expected output:\n{}",
        unexpected.join("\n")
    );
}

/// A ui case is named after its message, and has no other message that could hide it. The cases of
/// lints are named after the lints, which a test of theirs checks.
#[test]
fn each_message_has_a_case_of_its_name() {
    let mut missing = Vec::new();
    for (path, module) in modules("macros-backend/src") {
        let is_of_messages = path.first().is_some_and(|room| room == "diagnostics");
        if !is_of_messages || path.last().is_some_and(|last| last == "lints") {
            continue;
        }
        let file = syn::parse_file(&fs::read_to_string(&module.file).unwrap()).unwrap();
        for item in file.items {
            let syn::Item::Fn(function) = item else {
                continue;
            };
            let name = function.sig.ident.to_string();
            let is_message = matches!(&function.sig.output, syn::ReturnType::Type(_, ty)
                if matches!(&**ty, syn::Type::Path(path) if path.path.is_ident("Error")))
                && matches!(function.vis, syn::Visibility::Restricted(_));
            let has_case = ["arguments", "items"].iter().any(|folder| {
                let case = format!("tests/ui/fail/{folder}/{name}.rs");
                root().join(case).exists()
            });
            let is_unreachable = UNREACHABLE.iter().any(|(known, _)| name == *known);
            if is_message && !has_case && !is_unreachable {
                missing.push(name);
            }
        }
    }
    assert!(missing.is_empty(), "no case of the name {missing:?}");
}

/// The longest part of a message without a placeholder.
fn longest_fixed_part(message: &str) -> &str {
    let parts = message.split(['{', '}']).step_by(2);
    parts.max_by_key(|part| part.len()).unwrap_or_default()
}

fn read_outputs(folder: &Path, expected: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_outputs(&path, expected);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "stderr")
        {
            expected.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}
