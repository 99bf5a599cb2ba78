//! Layers of `tracing_subscriber` that are told of spans, such as one that counts them. They stay, and are listed, as
//! `#[traced]` makes no spans of `tracing`.

use syn::visit::{self, Visit};
use syn::{ImplItem, ItemImpl};

use crate::sources::SourceFile;
use crate::syntax::segments;

pub(super) const WHY: &str = "it is told of spans of `tracing`, and those of `#[traced]` are none; what it does with \
                              them belongs in a `SpanProcessor` of OpenTelemetry";

/// A place and its name in messages.
pub(super) struct Place {
    pub(super) at: usize,
    pub(super) what: String,
}

/// The methods through which a `Layer` or a `Subscriber` is told of spans. One that reads events alone keeps them.
const METHODS: &[&str] = &[
    "new_span",
    "on_close",
    "on_enter",
    "on_exit",
    "on_new_span",
    "on_record",
];

pub(super) fn places(file: &SourceFile) -> Vec<Place> {
    let mut implementations = Implementations {
        file,
        found: Vec::new(),
    };
    implementations.visit_file(&file.syntax);
    implementations.found
}

struct Implementations<'p> {
    file: &'p SourceFile,
    found: Vec<Place>,
}

impl<'ast> Visit<'ast> for Implementations<'_> {
    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        visit::visit_item_impl(self, item);
        let Some((path, _)) = &item.trait_ else {
            return;
        };
        let name = segments(path).pop().unwrap_or_default();
        let is_told = |item: &ImplItem| match item {
            ImplItem::Fn(method) => METHODS.iter().any(|name| method.sig.ident == name),
            _ => false,
        };
        if matches!(name.as_str(), "Layer" | "Subscriber")
            && item.items.iter().any(is_told)
            && let Some(range) = self.file.range_of(item)
        {
            let of = self.file.written(&item.self_ty);
            self.found.push(Place {
                at: range.start,
                what: format!("`impl {name} for {of}`"),
            });
        }
    }
}
