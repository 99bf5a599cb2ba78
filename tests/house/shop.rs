//! The example of a whole system: what one line around a pool, a router or a client records, no function repeats.

use std::fs;

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, ImplItemFn, ItemFn, Meta};

use crate::sources::{root, rust_files};

/// Calls that send SQL or a request over HTTP or gRPC, or answer one.
const DOORS: [&str; 9] = [
    "sqlx::query",
    "sqlx::raw_sql",
    ".execute(",
    ".fetch_one(",
    ".fetch_optional(",
    ".traced().send(",
    "Client::",
    "OrdersClient",
    "StatusCode",
];

/// Keys that the layers set.
const KEYS: [&str; 7] = [
    "db.", "http.", "url.", "server.", "client.", "network.", "rpc.",
];

/// The annotated functions of a file: what they are annotated with, and their code.
#[derive(Default)]
struct Annotated {
    functions: Vec<(String, String)>,
}

impl Annotated {
    fn add(&mut self, attributes: &[Attribute], block: &Block) {
        let is_ours = |it: &&Attribute| {
            let name = it.path().segments.last();
            name.is_some_and(|name| name.ident == "traced")
        };
        let traced = attributes.iter().filter(is_ours);
        for attribute in traced {
            let arguments = match &attribute.meta {
                Meta::List(list) => list.tokens.to_string(),
                _ => String::new(),
            };
            let code = block.span().source_text().unwrap();
            let code: String = code.split_whitespace().collect();
            self.functions.push((arguments.replace(' ', ""), code));
        }
    }
}

impl<'ast> Visit<'ast> for Annotated {
    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.add(&function.attrs, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.add(&function.attrs, &function.block);
        visit::visit_impl_item_fn(self, function);
    }
}

#[test]
fn no_function_of_the_shop_says_what_sql_or_http_is() {
    let mut files = Vec::new();
    rust_files(&root().join("examples/shop"), &mut files);
    let mut annotated = Annotated::default();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        annotated.visit_file(&syn::parse_file(&text).unwrap());
    }
    let functions = annotated.functions;
    assert!(functions.len() > 5, "{}", functions.len());
    for (arguments, code) in &functions {
        let keys = arguments.split(['(', ',']);
        for key in keys.filter_map(|pair| pair.split_once('=')) {
            let key = key.0.trim_start_matches('"');
            assert!(
                !KEYS.iter().any(|of| key.starts_with(of)),
                "{key} in {arguments}"
            );
        }
        let door = DOORS.iter().find(|door| code.contains(**door));
        if let (Some(door), true) = (door, arguments.contains("attributes(")) {
            panic!("a function that does `{door}` has a list of attributes: {arguments}");
        }
    }
}
