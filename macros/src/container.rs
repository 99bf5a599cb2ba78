//! An annotated `impl`, trait or module: every function in it, one by one.

pub(crate) mod members;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::Parser;
use syn::{Attribute, Meta, Type};

use self::members::{Kind, is_qualified, is_word, members};
use crate::args::Args;
use crate::diagnostics::{self, Errors};
use crate::item::Item;
use crate::model::{Mode, Model, Surroundings};
use crate::rewrite;

/// An item that holds functions.
pub(crate) struct Container {
    head: Vec<TokenTree>,
    content: Group,
    /// `Type` of `Type::method`.
    prefix: Option<String>,
}

impl Container {
    /// The container that these tokens are, if they are one.
    pub(crate) fn of(item: &TokenStream) -> Option<Self> {
        let mut head: Vec<TokenTree> = item.clone().into_iter().collect();
        let Kind::Container = Kind::of(&head) else {
            return None;
        };
        let Some(TokenTree::Group(content)) = head.pop() else {
            return None;
        };
        let prefix = implementing_type(&head).or_else(|| name_of_trait(&head));
        Some(Container {
            head,
            content,
            prefix,
        })
    }

    /// The container with its functions expanded.
    pub(crate) fn expand(self, expansion: &Expansion<'_>, errors: &mut Errors) -> TokenStream {
        let mut written: TokenStream = self.head.into_iter().collect();
        let mut content = TokenStream::new();
        for item in members(self.content.stream()) {
            content.extend(expansion.item(item, self.prefix.as_deref(), errors));
        }
        let mut group = Group::new(Delimiter::Brace, content);
        group.set_span(self.content.span());
        written.extend([TokenTree::Group(group)]);
        written
    }
}

/// What a container does to the functions in it.
pub(crate) struct Expansion<'a> {
    pub(crate) mode: Mode,
    pub(crate) args: &'a Args,
    pub(crate) surroundings: Surroundings,
}

impl Expansion<'_> {
    fn item(&self, item: Vec<TokenTree>, prefix: Option<&str>, errors: &mut Errors) -> TokenStream {
        let tokens: TokenStream = item.iter().cloned().collect();
        match Kind::of(&item) {
            Kind::Container => match Container::of(&tokens) {
                Some(container) => container.expand(self, errors),
                None => tokens,
            },
            // `const fn` may run in the compiler, and a function of another ABI is
            // called by who knows what (a signal handler, an allocator).
            Kind::Function(_) if !is_qualified(&item, &["const", "extern"]) => {
                self.function(tokens, prefix, errors)
            }
            Kind::Function(_) | Kind::Other => tokens,
        }
    }

    fn function(
        &self,
        tokens: TokenStream,
        prefix: Option<&str>,
        errors: &mut Errors,
    ) -> TokenStream {
        let Some(mut function) = Item::parse(
            tokens.clone(),
            self.mode.macro_name(),
            &mut Errors::default(),
        ) else {
            return tokens;
        };
        let args = match own_arguments(&mut function.head.attributes, errors) {
            Own::None => self.args.clone(),
            Own::Arguments(args) if args.skip.is_some() => {
                function.head.take_recorded_parameters(errors);
                return rewrite::untouched(function);
            }
            Own::Arguments(args) => args.within(self.args),
        };
        let surroundings = self.surroundings.within(prefix);
        let mut mistakes = Errors::default();
        let model = Model::build(self.mode, args, function, surroundings, &mut mistakes);
        let written = rewrite::rewrite_unless(mistakes.any(), model);
        errors.extend_once(mistakes);
        written
    }
}

/// What a function says itself.
enum Own {
    None,
    Arguments(Box<Args>),
}

fn own_arguments(attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Own {
    let is = |attribute: &Attribute, name: &str| {
        attribute
            .path()
            .segments
            .last()
            .is_some_and(|last| last.ident == name)
    };
    let Some(place) = attributes
        .iter()
        .position(|attribute| is(attribute, "traced"))
    else {
        return Own::None;
    };
    let args = match attributes.remove(place).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    Own::Arguments(Box::new(Args::parse(Mode::Span, args, errors)))
}

fn name_of_trait(head: &[TokenTree]) -> Option<String> {
    let place = head.iter().position(|token| is_word(token, "trait"))?;
    head.get(place + 1).map(ToString::to_string)
}

/// The last segment of the type that an `impl` is for.
fn implementing_type(head: &[TokenTree]) -> Option<String> {
    let header: TokenStream = head.iter().cloned().collect();
    let parser = |input: syn::parse::ParseStream<'_>| input.parse::<syn::ItemImpl>();
    let item = parser.parse2(quote::quote!(#header {})).ok()?;
    type_name(&item.self_ty)
}

fn type_name(ty: &Type) -> Option<String> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        Type::Reference(reference) => type_name(&reference.elem),
        Type::Paren(inner) => type_name(&inner.elem),
        Type::Group(inner) => type_name(&inner.elem),
        _ => None,
    }
}

/// What may not be said of every function at once.
pub(crate) fn check_arguments(args: &Args, errors: &mut Errors) {
    if let Some(name) = &args.name {
        errors.push(diagnostics::same_name_for_all(&name.key));
    }
    if let Some(skip) = &args.skip {
        errors.push(diagnostics::skip_outside_container(&skip.key));
    }
}
