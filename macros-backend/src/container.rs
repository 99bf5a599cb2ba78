//! An annotated `impl`, trait or module. Each function in it is expanded as if it were annotated.

mod imports;
mod overrides;
mod prefix;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::Attribute;

pub(crate) use self::imports::only_uses_import;
use self::imports::used_imports;
use self::overrides::{keeps_its_sites, own_arguments, split_attributes, variants_of};
use self::prefix::prefix;
use crate::args::{Args, InContainer, Mode};
use crate::diagnostics::{self, Errors};
use crate::function::{expand_item, untouched};
use crate::item::Item;
use crate::model::{CrateContext, SpawnConfig};
use crate::syntax::members::{ItemKind, is_qualified, members};
use crate::syntax::tokens::is_word;

/// An `impl`, a trait or a module.
pub(crate) struct Container {
    head: Vec<TokenTree>,
    content: Group,
    /// `Type` of `Type::method`.
    prefix: Option<String>,
}

impl Container {
    /// Reads a container; `None` if the tokens are another item.
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

    /// Expands the functions of a container that has the attribute itself.
    pub(crate) fn expand_annotated(
        self,
        mode: Mode,
        args: &Args,
        crate_context: CrateContext,
        errors: &mut Errors,
    ) -> TokenStream {
        check_arguments(mode, args, &crate_context, errors);
        let expansion = Expansion {
            mode,
            args,
            crate_context,
        };
        self.expand(&expansion, errors)
    }

    fn expand(self, expansion: &Expansion<'_>, errors: &mut Errors) -> TokenStream {
        let mut written: TokenStream = self.head.into_iter().collect();
        let mut content = TokenStream::new();
        let items = members(self.content.stream());
        let used = match expansion.mode {
            Mode::Span => used_imports(items.iter().map(Vec::as_slice)),
            Mode::SpawnSitesOnly => TokenStream::new(),
        };
        for item in items {
            content.extend(expansion.item(item, self.prefix.as_deref(), errors));
        }
        content.extend(used);
        let mut group = Group::new(Delimiter::Brace, content);
        group.set_span(self.content.span());
        written.extend([TokenTree::Group(group)]);
        written
    }
}

/// The arguments of a container, for the functions in it.
struct Expansion<'a> {
    mode: Mode,
    args: &'a Args,
    crate_context: CrateContext,
}

impl Expansion<'_> {
    fn item(&self, item: Vec<TokenTree>, prefix: Option<&str>, errors: &mut Errors) -> TokenStream {
        let tokens: TokenStream = item.iter().cloned().collect();
        let kind = ItemKind::of(&item);
        let keeps_its_sites = self.mode == Mode::SpawnSitesOnly && keeps_its_sites(&item);
        let may_be_conditional = match self.mode {
            Mode::Span => !matches!(kind, ItemKind::Other) || is_signature(&item),
            Mode::SpawnSitesOnly => keeps_its_sites,
        };
        let variants = may_be_conditional.then(|| variants_of(&tokens, self.mode));
        if let Some(variants) = variants.flatten() {
            let written =
                variants.map(|variant| self.item(variant.into_iter().collect(), prefix, errors));
            return written.into_iter().collect();
        }
        match kind {
            _ if keeps_its_sites => tokens,
            ItemKind::Container => self.container(tokens, errors),
            ItemKind::Function if !is_qualified(&item, self.unsupported_qualifiers()) => {
                self.function(tokens, prefix, errors)
            }
            ItemKind::Function => self.left_out(tokens, prefix, errors),
            ItemKind::Other if is_signature(&item) => self.without_body(tokens),
            ItemKind::Other => tokens,
        }
    }

    /// A function with a qualifier for which it gets no span from the container: it has one if it has the attribute
    /// itself.
    fn left_out(
        &self,
        tokens: TokenStream,
        prefix: Option<&str>,
        errors: &mut Errors,
    ) -> TokenStream {
        match self.own_of(&tokens) {
            Some(_) => self.function(tokens, prefix, errors),
            None => tokens,
        }
    }

    /// A method without a body loses the attribute that leaves it out.
    fn without_body(&self, tokens: TokenStream) -> TokenStream {
        match self.own_of(&tokens) {
            Some((own, item)) if own.skip.is_some() => item,
            _ => tokens,
        }
    }

    /// The arguments of the item's own `#[traced]`, and the item without it. Mistakes in them are reported by whoever
    /// reads the attribute next.
    fn own_of(&self, item: &TokenStream) -> Option<(Args, TokenStream)> {
        let (mut attributes, item) = split_attributes(item)?;
        let own = self.own_arguments(&mut attributes, &mut Errors::default())?;
        Some((own, quote!(#(#attributes)* #item)))
    }

    /// Functions with one of these qualifiers get no span. Generated calls are not `const`. An `extern`
    /// function may be a signal handler or an allocator, in which a span must not start.
    fn unsupported_qualifiers(&self) -> &'static [&'static str] {
        match self.mode {
            Mode::Span => &["const", "extern"],
            Mode::SpawnSitesOnly => &["const"],
        }
    }

    /// The arguments of the item's own `#[traced]`, which a `#[traced_spawn]` container leaves in place.
    fn own_arguments(&self, attributes: &mut Vec<Attribute>, errors: &mut Errors) -> Option<Args> {
        match self.mode {
            Mode::Span => own_arguments(attributes, errors),
            Mode::SpawnSitesOnly => None,
        }
    }

    fn container(&self, tokens: TokenStream, errors: &mut Errors) -> TokenStream {
        let Some((mut attributes, item)) = split_attributes(&tokens) else {
            return tokens;
        };
        let own = self.own_arguments(&mut attributes, errors);
        let Some(container) = Container::of(&quote!(#(#attributes)* #item)) else {
            return tokens;
        };
        let Some(args) = own else {
            return container.expand(self, errors);
        };
        check_rejected(&args, errors);
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
        let mut parse_errors = Errors::default();
        let item = Item::parse(tokens.clone(), self.mode.macro_name(), &mut parse_errors);
        let Some(mut function) = item else {
            if let Some(why) = parse_errors.into_combined() {
                errors.push(diagnostics::unreadable_signature(&tokens, &why));
            }
            return tokens;
        };
        let args = match self.own_arguments(&mut function.head.attributes, errors) {
            None if self.args.skip.is_some() => return tokens,
            None => self.args.clone(),
            Some(args) if args.skip.is_some() => {
                function.head.take_recorded_parameters(errors);
                return untouched(function);
            }
            Some(args) => args.within(self.args),
        };
        let crate_context = match self.mode {
            Mode::Span => self.crate_context.within(prefix),
            Mode::SpawnSitesOnly => self.crate_context.clone(),
        };
        let mut mistakes = Errors::default();
        let written = expand_item(self.mode, args, function, crate_context, &mut mistakes);
        errors.extend_once(mistakes);
        written
    }
}

/// Whether the item, which has no body, is the signature of a function.
fn is_signature(item: &[TokenTree]) -> bool {
    item.iter().any(|token| is_word(token, "fn"))
}

/// Rejects the arguments that cannot hold for every function of a container.
fn check_arguments(mode: Mode, args: &Args, crate_context: &CrateContext, errors: &mut Errors) {
    match mode {
        Mode::Span => {
            check_rejected(args, errors);
            if let Some(skip) = &args.skip {
                errors.push(diagnostics::skip_outside_container(&skip.key));
            }
        }
        // Each function reports the same mistakes, but the container may have no function.
        Mode::SpawnSitesOnly => SpawnConfig::check_container(args, crate_context, errors),
    }
}

/// Rejects the arguments that would be the same for every function.
fn check_rejected(args: &Args, errors: &mut Errors) {
    let rejected = args
        .given()
        .filter(|(_, row)| row.container == InContainer::Rejected);
    for (key, _) in rejected {
        errors.push(diagnostics::same_name_for_all(key));
    }
}
