//! The functions of a file, and the facts about them that do not depend on their bodies.

use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, FnModifiers, ImplItemFn, Item, ItemFn, ItemImpl, ItemMod, ItemTrait, Macro,
    Meta, Signature, TraitItemFn, Visibility,
};
use traced_macros_backend::Mode;

use crate::sources::SourceFile;
use crate::syntax::{is_test_only, segments};

/// A function with a body.
pub(crate) struct Function<'a> {
    pub(crate) file: &'a SourceFile,
    pub(crate) name: String,
    /// The module path from the crate's root, without the function.
    pub(crate) module: Vec<String>,
    pub(crate) container: Option<Container>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    pub(crate) signature: Signature,
    pub(crate) block: Block,
    /// The whole function, without the attributes of this project.
    pub(crate) tokens: TokenStream,
    /// The effect of this project's attributes on it.
    pub(crate) ours: Option<Ours>,
    /// The place where an attribute of its own would be inserted.
    pub(crate) start: usize,
    pub(crate) is_test: bool,
    /// Whether it stands inside another function.
    pub(crate) is_nested: bool,
    /// Whether it stands among the arguments of a macro.
    pub(crate) is_in_macro: bool,
}

/// The `impl` or trait that a method stands in.
#[derive(Clone)]
pub(crate) struct Container {
    /// The type, or the trait of a trait's default method.
    pub(crate) name: String,
    /// The trait that is implemented, as a path.
    pub(crate) implements: Option<Vec<String>>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) is_trait: bool,
    /// `impl<T> Trait for T`.
    pub(crate) is_for_any_type: bool,
}

/// An attribute of this project, on the function or around it.
#[derive(Clone)]
pub(crate) struct Ours {
    pub(crate) mode: Mode,
    pub(crate) args: TokenStream,
}

impl Ours {
    /// Whether one of its arguments has one of these names.
    pub(crate) fn has_argument(&self, names: &[&str]) -> bool {
        let mut begins = true;
        self.args.clone().into_iter().any(|token| {
            let is_name = begins && names.iter().any(|name| token.to_string() == *name);
            begins = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ',');
            is_name
        })
    }
}

/// The functions and macro calls of a file.
pub(crate) struct Found<'a> {
    pub(crate) functions: Vec<Function<'a>>,
    /// Calls of macros whose arguments are not items, but may contain functions, and of `include!`, whose file is
    /// not read.
    pub(crate) opaque_macros: usize,
}

/// The functions of a file, including those among the arguments of macros that take items.
pub(crate) fn functions(file: &SourceFile) -> Found<'_> {
    let mut collector = Collector {
        file,
        found: Found {
            functions: Vec::new(),
            opaque_macros: 0,
        },
        module: file.module.clone(),
        container: None,
        around: None,
        is_test: file.is_test,
        depth: 0,
        is_in_macro: false,
    };
    collector.visit_file(&file.syntax);
    collector.found
}

impl Function<'_> {
    /// `Type::method`, or the name.
    pub(crate) fn title(&self) -> String {
        match &self.container {
            Some(container) => format!("{}::{}", container.name, self.name),
            None => self.name.clone(),
        }
    }

    /// The range of the name.
    pub(crate) fn name_range(&self) -> Range<usize> {
        self.file.range(self.signature.ident.span())
    }

    /// Whether it has a span of ours. With `current`, the attribute makes none.
    pub(crate) fn is_traced(&self) -> bool {
        let ours = self.ours.as_ref();
        ours.is_some_and(|ours| ours.mode == Mode::Span && !ours.has_argument(&["current"]))
    }

    /// Whether its span has another parent than the current one: `root`, `parent = ..`, `extract = ..`.
    pub(crate) fn has_parent_of_its_own(&self) -> bool {
        let ours = self.ours.as_ref();
        ours.is_some_and(|ours| ours.has_argument(&["extract", "parent", "root"]))
    }

    pub(crate) fn is_async(&self) -> bool {
        self.signature.asyncness.is_some()
    }

    /// Whether the program begins here.
    pub(crate) fn is_main(&self) -> bool {
        self.name == "main"
            && self.file.is_program
            && self.container.is_none()
            && self.module.is_empty()
            && !self.is_nested
    }

    /// Whether the whole crate, or another crate, can call the function.
    pub(crate) fn is_public(&self) -> bool {
        match &self.container {
            Some(container) if container.is_trait || container.implements.is_some() => true,
            _ => !matches!(self.visibility, Visibility::Inherited),
        }
    }

    /// The insertion of an attribute on a line of its own above the function.
    pub(crate) fn insertion(&self, attribute: &str) -> (Range<usize>, String) {
        let (newline, indentation) = (self.file.newline(), self.file.indentation(self.start));
        (
            self.start..self.start,
            format!("{attribute}{newline}{indentation}"),
        )
    }
}

/// Whether one of the attributes has this last segment.
pub(crate) fn has_attribute(attributes: &[Attribute], names: &[&str]) -> bool {
    attributes.iter().any(|attribute| {
        let path = segments(attribute.path());
        path.last()
            .is_some_and(|last| names.contains(&last.as_str()))
    })
}

/// The effect of an attribute of ours. An attribute in a `cfg_attr` counts, because some builds have it.
///
/// If `#[traced]` and `#[traced_spawn]` are on one function, `#[traced]` makes the span.
pub(crate) fn ours(attributes: &[Attribute]) -> Option<Ours> {
    let found = attributes
        .iter()
        .filter_map(|attribute| of_meta(&attribute.meta));
    found.min_by_key(|ours| ours.mode != Mode::Span)
}

fn of_meta(meta: &Meta) -> Option<Ours> {
    let args = match meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    match segments(meta.path()).last()?.as_str() {
        "traced" => Some(Ours {
            mode: Mode::Span,
            args,
        }),
        "traced_spawn" => Some(Ours {
            mode: Mode::SpawnSitesOnly,
            args,
        }),
        "cfg_attr" => {
            let parser = syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated;
            let metas = syn::parse::Parser::parse2(parser, args).ok()?;
            metas.iter().skip(1).find_map(of_meta)
        }
        _ => None,
    }
}

/// Whether the arguments are `skip`, which leaves a function out of an annotated container.
fn is_skip(ours: &Ours) -> bool {
    let mut tokens = ours.args.clone().into_iter();
    let first = tokens.next().map(|token| token.to_string());
    first.as_deref() == Some("skip") && tokens.next().is_none()
}

/// A function whose attributes can be removed.
trait Attributed: Clone + ToTokens {
    fn attributes(&mut self) -> &mut Vec<Attribute>;
}

macro_rules! attributed {
    ($($ty:ty)*) => {
        $(impl Attributed for $ty {
            fn attributes(&mut self) -> &mut Vec<Attribute> {
                &mut self.attrs
            }
        })*
    };
}

attributed!(ItemFn ImplItemFn TraitItemFn);

/// The tokens that an attribute of ours would see.
fn without_ours(item: &impl Attributed) -> TokenStream {
    let mut item = item.clone();
    item.attributes()
        .retain(|attribute| of_meta(&attribute.meta).is_none());
    item.into_token_stream()
}

struct Collector<'a> {
    file: &'a SourceFile,
    found: Found<'a>,
    module: Vec<String>,
    container: Option<Container>,
    /// The attribute that the enclosing containers give to a function.
    around: Option<Ours>,
    is_test: bool,
    /// The number of enclosing functions.
    depth: usize,
    is_in_macro: bool,
}

struct Parts<'p> {
    attributes: &'p [Attribute],
    visibility: Visibility,
    modifiers: &'p FnModifiers,
    signature: &'p Signature,
    block: &'p Block,
    tokens: TokenStream,
}

impl Collector<'_> {
    fn function(&mut self, parts: Parts<'_>) {
        let own = ours(parts.attributes);
        let is_skipped = own.as_ref().is_some_and(is_skip);
        // The attribute of a container does not apply to functions inside its functions.
        let around = self.around.clone().filter(|_| self.depth == 0);
        let ours = match own {
            Some(_) if is_skipped => None,
            Some(own) => Some(own),
            // Functions that the macro leaves out of an annotated container.
            None if parts.signature.constness.is_some() => None,
            None => around.filter(|around| {
                around.mode == Mode::SpawnSitesOnly || parts.signature.abi.is_none()
            }),
        };
        let mut head = parts.visibility.to_token_stream();
        parts.modifiers.defaultness.to_tokens(&mut head);
        parts.signature.to_tokens(&mut head);
        let Some(start) = self.file.range_of(head).map(|range| range.start) else {
            return;
        };
        self.found.functions.push(Function {
            file: self.file,
            name: parts.signature.ident.to_string(),
            module: self.module.clone(),
            container: self.container.clone().filter(|_| self.depth == 0),
            attributes: parts.attributes.to_vec(),
            visibility: parts.visibility,
            signature: parts.signature.clone(),
            block: parts.block.clone(),
            tokens: parts.tokens,
            ours,
            start,
            is_test: self.is_test || is_test_only(parts.attributes),
            is_nested: self.depth > 0,
            is_in_macro: self.is_in_macro,
        });
    }

    fn within(&mut self, attributes: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let (test, around) = (self.is_test, self.around.clone());
        self.is_test |= is_test_only(attributes);
        if let Some(own) = ours(attributes) {
            self.around = (!is_skip(&own)).then_some(own);
        }
        visit(self);
        (self.is_test, self.around) = (test, around);
    }

    fn within_container(&mut self, container: Container, visit: impl FnOnce(&mut Self)) {
        let attributes = container.attributes.clone();
        let outer = self.container.replace(container);
        let depth = std::mem::take(&mut self.depth);
        self.within(&attributes, visit);
        self.depth = depth;
        self.container = outer;
    }

    fn within_function(&mut self, attributes: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let test = self.is_test;
        self.is_test |= is_test_only(attributes);
        self.depth += 1;
        visit(self);
        self.depth -= 1;
        self.is_test = test;
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(Parts {
            attributes: &item.attrs,
            visibility: item.vis.clone(),
            modifiers: &item.modifiers,
            signature: &item.sig,
            block: &item.block,
            tokens: without_ours(item),
        });
        self.within_function(&item.attrs, |this| visit::visit_block(this, &item.block));
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.function(Parts {
            attributes: &item.attrs,
            visibility: item.vis.clone(),
            modifiers: &item.modifiers,
            signature: &item.sig,
            block: &item.block,
            tokens: without_ours(item),
        });
        self.within_function(&item.attrs, |this| visit::visit_block(this, &item.block));
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        let Some(block) = &item.default else {
            return;
        };
        self.function(Parts {
            attributes: &item.attrs,
            visibility: Visibility::Inherited,
            modifiers: &item.modifiers,
            signature: &item.sig,
            block,
            tokens: without_ours(item),
        });
        self.within_function(&item.attrs, |this| visit::visit_block(this, block));
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let implements = item.trait_.as_ref().map(|(path, _)| segments(path));
        let name = match &*item.self_ty {
            syn::Type::Path(path) => segments(&path.path).pop().unwrap_or_default(),
            other => other.to_token_stream().to_string(),
        };
        let mut parameters = item.generics.type_params();
        let container = Container {
            is_for_any_type: parameters.any(|parameter| parameter.ident == name),
            name,
            implements,
            attributes: item.attrs.clone(),
            is_trait: false,
        };
        self.within_container(container, |this| visit::visit_item_impl(this, item));
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        let container = Container {
            name: item.ident.to_string(),
            implements: None,
            attributes: item.attrs.clone(),
            is_trait: true,
            is_for_any_type: false,
        };
        self.within_container(container, |this| visit::visit_item_trait(this, item));
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.module.push(item.ident.to_string());
        self.within(&item.attrs, |this| visit::visit_item_mod(this, item));
        self.module.pop();
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let name = call.path.segments.last();
        let is_include = name.is_some_and(|name| name.ident == "include");
        if is_include || call.path.is_ident("macro_rules") {
            self.found.opaque_macros += 1;
            return;
        }
        if !crate::syntax::mentions(call.tokens.clone(), &|word| word == "fn") {
            return;
        }
        let Ok(file) = syn::parse2::<syn::File>(call.tokens.clone()) else {
            self.found.opaque_macros += 1;
            return;
        };
        let outer = std::mem::replace(&mut self.is_in_macro, true);
        for item in &file.items {
            if !matches!(item, Item::Verbatim(_)) {
                self.visit_item(item);
            }
        }
        self.is_in_macro = outer;
    }
}
