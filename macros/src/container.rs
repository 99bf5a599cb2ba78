//! An annotated `impl`, trait or module: every function in it, one by one.

mod own;
mod prefix;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;

pub(crate) use self::own::split_attributes;
use self::own::{Own, either_way, own_arguments};
use self::prefix::prefix;
use crate::args::{Args, Mode};
use crate::diagnostics::{self, Errors};
use crate::function::{expand_item, untouched};
use crate::item::Item;
use crate::model::CrateContext;
use crate::syntax::members::{ItemKind, is_qualified, members};

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
        let ItemKind::Container = ItemKind::of(&head) else {
            return None;
        };
        let Some(TokenTree::Group(content)) = head.pop() else {
            return None;
        };
        Some(Container {
            prefix: prefix(&head),
            head,
            content,
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
    pub(crate) crate_context: CrateContext,
}

impl Expansion<'_> {
    fn item(&self, item: Vec<TokenTree>, prefix: Option<&str>, errors: &mut Errors) -> TokenStream {
        let tokens: TokenStream = item.iter().cloned().collect();
        let kind = ItemKind::of(&item);
        if let (ItemKind::Container | ItemKind::Function(_), Some(ways)) =
            (&kind, either_way(&tokens))
        {
            let written = ways.map(|way| self.item(way.into_iter().collect(), prefix, errors));
            return written.into_iter().collect();
        }
        match kind {
            ItemKind::Container => self.container(tokens, errors),
            // `const fn` may run in the compiler, and a function of another ABI is
            // called by who knows what (a signal handler, an allocator).
            ItemKind::Function(_) if !is_qualified(&item, &["const", "extern"]) => {
                self.function(tokens, prefix, errors)
            }
            ItemKind::Function(_) | ItemKind::Other => tokens,
        }
    }

    fn container(&self, tokens: TokenStream, errors: &mut Errors) -> TokenStream {
        let Some((mut attributes, item)) = split_attributes(&tokens) else {
            return tokens;
        };
        let own = own_arguments(&mut attributes, errors);
        let Some(container) = Container::of(&quote!(#(#attributes)* #item)) else {
            return tokens;
        };
        let Own::Arguments(args) = own else {
            return container.expand(self, errors);
        };
        check_name(&args, errors);
        let expansion = Expansion {
            mode: self.mode,
            args: &args.within(self.args),
            crate_context: self.crate_context.clone(),
        };
        container.expand(&expansion, errors)
    }

    fn function(
        &self,
        tokens: TokenStream,
        prefix: Option<&str>,
        errors: &mut Errors,
    ) -> TokenStream {
        let mut refused = Errors::default();
        let item = Item::parse(tokens.clone(), self.mode.macro_name(), &mut refused);
        let Some(mut function) = item else {
            if let Some(why) = refused.into_combined() {
                errors.push(diagnostics::unreadable_signature(&tokens, &why));
            }
            return tokens;
        };
        let args = match own_arguments(&mut function.head.attributes, errors) {
            Own::None if self.args.skip.is_some() => return tokens,
            Own::None => self.args.clone(),
            Own::Arguments(args) if args.skip.is_some() => {
                function.head.take_recorded_parameters(errors);
                return untouched(function);
            }
            Own::Arguments(args) => args.within(self.args),
        };
        let crate_context = self.crate_context.within(prefix);
        let mut mistakes = Errors::default();
        let written = expand_item(self.mode, args, function, crate_context, &mut mistakes);
        errors.extend_once(mistakes);
        written
    }
}

/// What may not be said of every function at once.
pub(crate) fn check_arguments(args: &Args, errors: &mut Errors) {
    check_name(args, errors);
    if let Some(skip) = &args.skip {
        errors.push(diagnostics::skip_outside_container(&skip.key));
    }
}

fn check_name(args: &Args, errors: &mut Errors) {
    if let Some(name) = &args.name {
        errors.push(diagnostics::same_name_for_all(&name.key));
    }
}
