//! [`Args`] and [`Item`] → [`Model`]: the rules, and every default filled in.
//!
//! After this stage no question is open: [`crate::rewrite`] only writes.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Expr, ExprLit, FnArg, GenericArgument, Lit, Pat, Path, PathArguments, ReturnType, Type,
    TypeParamBound,
};

use crate::args::{self, Arg, Args, Entry};
use crate::diagnostics::{self, Errors};
use crate::item::{Head, Item};

/// Which macro was called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `#[traced]`.
    Span,
    /// `#[traced_spawn]`.
    SpawnSitesOnly,
}

impl Mode {
    pub(crate) fn macro_name(self) -> &'static str {
        match self {
            Mode::Span => "traced",
            Mode::SpawnSitesOnly => "traced_spawn",
        }
    }

    pub(crate) fn accepts(self, argument: &str) -> bool {
        match self {
            Mode::Span => true,
            Mode::SpawnSitesOnly => argument == "crate",
        }
    }

    pub(crate) fn arguments(self) -> Vec<&'static str> {
        args::ALL
            .iter()
            .copied()
            .filter(|argument| self.accepts(argument))
            .collect()
    }
}

/// The crate that is being compiled, as its default instrumentation scope.
pub(crate) struct ScopeOfCrate {
    pub(crate) name: String,
    pub(crate) version: String,
}

impl ScopeOfCrate {
    /// Read here and not with `env!` in the user's crate, because a build
    /// without Cargo has no such variable and would not compile.
    pub(crate) fn from_cargo() -> Self {
        let variable = |name| std::env::var(name).unwrap_or_default();
        ScopeOfCrate {
            name: variable("CARGO_PKG_NAME"),
            version: variable("CARGO_PKG_VERSION"),
        }
    }
}

/// An annotated function with nothing left to decide.
pub(crate) struct Model {
    pub(crate) item: Item,
    pub(crate) krate: TokenStream,
    /// `None` for `#[traced_spawn]`.
    pub(crate) span: Option<Span>,
    pub(crate) rewrite_sites: bool,
    pub(crate) bindings: Vec<Binding>,
}

/// The span of a function.
pub(crate) struct Span {
    pub(crate) name: Name,
    pub(crate) kind: Kind,
    pub(crate) scope: String,
    pub(crate) version: String,
    pub(crate) parent: Parent,
    pub(crate) attributes: Vec<Entry>,
    pub(crate) lazy: Vec<Entry>,
    pub(crate) observe: Observe,
    pub(crate) shape: Shape,
}

pub(crate) enum Name {
    Fixed(String),
    Computed { default: String, expr: Expr },
}

pub(crate) enum Parent {
    Current,
    Given(Expr),
    Root,
}

/// What the result is asked.
pub(crate) enum Observe {
    Nothing,
    Errors,
    ErrorsIf(Expr),
}

/// How the body is wrapped.
pub(crate) enum Shape {
    /// In a closure of this return type, whose result is observed.
    Closure(Type),
    /// As it is, beside a guard: for bodies that no closure can hold, and whose
    /// value is no error.
    Guarded,
    /// As it is, with its exits observed: the same, when it may be an error.
    Observed(Box<Exit>),
    /// An `async fn` with this output.
    Async(Type),
    /// An `async fn` that never returns.
    AsyncNever,
    /// A function that returns a future.
    Future { boxed: bool, returned: Type },
}

/// The type of what leaves a function whose exits are observed.
pub(crate) struct Exit {
    /// With `_` for what is opaque in it.
    pub(crate) returned: Type,
    /// With `()` for it: the type of an `Err`, whose other side is open.
    pub(crate) failed: Type,
}

/// A parameter's binding, in the order of declaration.
pub(crate) struct Binding {
    pub(crate) ident: Ident,
    /// Bound again inside the body, because the body may make it refer to a local.
    pub(crate) rebind: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

const KINDS: &[(&str, Kind)] = &[
    ("internal", Kind::Internal),
    ("server", Kind::Server),
    ("client", Kind::Client),
    ("producer", Kind::Producer),
    ("consumer", Kind::Consumer),
];

impl Kind {
    /// The variant of `opentelemetry::trace::SpanKind`.
    pub(crate) fn variant(self) -> &'static str {
        match self {
            Kind::Internal => "Internal",
            Kind::Server => "Server",
            Kind::Client => "Client",
            Kind::Producer => "Producer",
            Kind::Consumer => "Consumer",
        }
    }
}

impl Model {
    /// Judges what was written, and fills in what was not.
    pub(crate) fn build(
        mode: Mode,
        args: Args,
        mut item: Item,
        scope: ScopeOfCrate,
        errors: &mut Errors,
    ) -> Option<Self> {
        let shape = Shape::of(&item.head);
        check_constness(mode, &item.head, errors);
        check_parents(&args, errors);
        check_entries(&args, errors);
        check_observation(&args, &item.head, errors);
        let bindings = bindings(&mut item);
        Some(Model {
            krate: krate(args.krate.as_ref()),
            rewrite_sites: !is_switched_off(
                args.spawn.as_ref(),
                |found| diagnostics::spawn_takes_false(found),
                errors,
            ),
            span: match mode {
                Mode::SpawnSitesOnly => None,
                Mode::Span => Some(Span::build(args, &item.head, shape, scope, errors)),
            },
            bindings,
            item,
        })
    }
}

impl Span {
    /// Whether the start of the span looks at the parameters.
    pub(crate) fn looks_at_parameters(&self) -> bool {
        !self.attributes.is_empty()
            || !self.lazy.is_empty()
            || matches!(self.name, Name::Computed { .. })
            || matches!(self.parent, Parent::Given(_))
    }

    fn build(
        args: Args,
        head: &Head,
        shape: Shape,
        scope: ScopeOfCrate,
        errors: &mut Errors,
    ) -> Self {
        let function = head.signature.ident.to_string();
        let function = function.trim_start_matches("r#").to_owned();
        let observe = observe(args.error_if, args.errors, errors);
        let (scope, version) = match scope_literal(args.scope, errors) {
            Some(scope) => (scope, String::new()),
            None => (scope.name, scope.version),
        };
        Span {
            name: name(args.name, function, errors),
            kind: kind(args.kind, errors),
            scope,
            version,
            parent: match (args.root, args.parent) {
                (Some(_), _) => Parent::Root,
                (None, Some(parent)) => Parent::Given(parent.value),
                (None, None) => Parent::Current,
            },
            attributes: args.attributes.map_or_else(Vec::new, |list| list.value),
            lazy: args.lazy.map_or_else(Vec::new, |list| list.value),
            observe,
            shape,
        }
    }
}

// The rules.

/// A `const fn` may run in the compiler, where no span can start. That
/// `#[traced_spawn]` finds nothing to do in one is no mistake.
fn check_constness(mode: Mode, head: &Head, errors: &mut Errors) {
    if let (Mode::Span, Some(constness)) = (mode, &head.signature.constness) {
        errors.push(diagnostics::const_fn(constness));
    }
}

/// A root has no parent.
fn check_parents(args: &Args, errors: &mut Errors) {
    if let (Some(root), Some(parent)) = (&args.root, &args.parent) {
        let why = "a root has no parent";
        errors.push(diagnostics::conflicting_arguments(
            &root.key,
            &parent.key,
            why,
        ));
    }
}

/// A key is there, and once: OpenTelemetry drops an attribute without a key, and
/// exports one that is given twice twice.
fn check_entries(args: &Args, errors: &mut Errors) {
    let mut seen = HashSet::new();
    for list in [&args.attributes, &args.lazy].into_iter().flatten() {
        for entry in &list.value {
            if entry.key.name.is_empty() {
                errors.push(diagnostics::empty_key(&entry.key.tokens));
            } else if !seen.insert(entry.key.name.clone()) {
                errors.push(diagnostics::duplicate_key(
                    &entry.key.tokens,
                    &entry.key.name,
                ));
            }
        }
    }
}

/// Errors are asked of a function that has some.
fn check_observation(args: &Args, head: &Head, errors: &mut Errors) {
    let Some(error_if) = &args.error_if else {
        return;
    };
    if let Some(off) = &args.errors {
        let why = "one chooses among errors and the other records none";
        errors.push(diagnostics::conflicting_arguments(
            &error_if.key,
            &off.key,
            why,
        ));
    }
    if matches!(head.signature.output, ReturnType::Default) {
        errors.push(diagnostics::error_if_needs_result(&error_if.key));
    }
}

// The defaults.

fn krate(path: Option<&Arg<Path>>) -> TokenStream {
    match path {
        Some(path) => path.value.to_token_stream(),
        None => quote::quote!(::traced),
    }
}

fn string(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) => Some(text.value()),
        _ => None,
    }
}

fn name(arg: Option<Arg<Expr>>, function: String, errors: &mut Errors) -> Name {
    let Some(arg) = arg else {
        return Name::Fixed(function);
    };
    match string(&arg.value) {
        Some(name) => {
            if name.is_empty() {
                errors.push(diagnostics::empty_string(&arg.value, &arg.key));
            }
            Name::Fixed(name)
        }
        None => Name::Computed {
            default: function,
            expr: arg.value,
        },
    }
}

fn kind(arg: Option<Arg<Expr>>, errors: &mut Errors) -> Kind {
    let Some(arg) = arg else {
        return Kind::Internal;
    };
    let Some(written) = string(&arg.value) else {
        errors.push(diagnostics::expected_string(&arg.value, &arg.key, "client"));
        return Kind::Internal;
    };
    match KINDS.iter().find(|(name, _)| *name == written) {
        Some((_, kind)) => *kind,
        None => {
            let known: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
            errors.push(diagnostics::unknown_kind(&arg.value, &written, &known));
            Kind::Internal
        }
    }
}

fn scope_literal(arg: Option<Arg<Expr>>, errors: &mut Errors) -> Option<String> {
    let arg = arg?;
    let scope = string(&arg.value);
    match scope.as_deref() {
        None => errors.push(diagnostics::expected_string(
            &arg.value,
            &arg.key,
            "my.library",
        )),
        Some("") => errors.push(diagnostics::empty_string(&arg.value, &arg.key)),
        Some(_) => {}
    }
    scope
}

fn observe(error_if: Option<Arg<Expr>>, off: Option<Arg<Expr>>, errors: &mut Errors) -> Observe {
    if is_switched_off(
        off.as_ref(),
        |found| diagnostics::errors_takes_false(found),
        errors,
    ) {
        return Observe::Nothing;
    }
    match error_if {
        Some(predicate) => Observe::ErrorsIf(predicate.value),
        None => Observe::Errors,
    }
}

/// `key = false`; anything else is a mistake.
fn is_switched_off(
    arg: Option<&Arg<Expr>>,
    mistake: fn(&Expr) -> syn::Error,
    errors: &mut Errors,
) -> bool {
    let Some(arg) = arg else { return false };
    let is_false = matches!(
        &arg.value,
        Expr::Lit(ExprLit { lit: Lit::Bool(value), .. }) if !value.value
    );
    if !is_false {
        errors.push(mistake(&arg.value));
    }
    is_false
}

// The shape.

impl Shape {
    fn of(head: &Head) -> Self {
        let signature = &head.signature;
        let returned = match &signature.output {
            ReturnType::Default => syn::parse_quote!(()),
            ReturnType::Type(_, returned) => (**returned).clone(),
        };
        let never = matches!(returned, Type::Never(_));
        if signature.asyncness.is_some() {
            return match never {
                true => Shape::AsyncNever,
                false => Shape::Async(without_impl_trait(returned)),
            };
        }
        if let Some(boxed) = returned_future(&returned) {
            return Shape::Future {
                boxed,
                returned: without_impl_trait(returned),
            };
        }
        if never || is_opaque(&returned) {
            return Shape::Guarded;
        }
        if is_track_caller(head) || needs_expected_type(&returned) {
            return Shape::Observed(Box::new(Exit {
                failed: with_unit_for_impl_trait(returned.clone()),
                returned: without_impl_trait(returned),
            }));
        }
        Shape::Closure(without_impl_trait(returned))
    }
}

/// `impl Trait` may not be written in a body; `_` there means the same type.
fn without_impl_trait(returned: Type) -> Type {
    replace_impl_trait(returned, |span| syn::parse_quote_spanned!(span=> _))
}

/// For a value that has the other variant, any type does.
fn with_unit_for_impl_trait(returned: Type) -> Type {
    replace_impl_trait(returned, |span| syn::parse_quote_spanned!(span=> ()))
}

fn replace_impl_trait(mut returned: Type, with: fn(proc_macro2::Span) -> Type) -> Type {
    struct Replace(fn(proc_macro2::Span) -> Type);

    impl VisitMut for Replace {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if matches!(ty, Type::ImplTrait(_)) {
                *ty = self.0(ty.span());
            } else {
                visit_mut::visit_type_mut(self, ty);
            }
        }
    }

    Replace(with).visit_type_mut(&mut returned);
    returned
}

/// Whether the type is hidden, and is not the content of a `Result`: such a
/// value is no error, and a closure that is returned needs the expected type
/// that only the function's own tail has.
fn is_opaque(returned: &Type) -> bool {
    match returned {
        Type::ImplTrait(_) => true,
        Type::Paren(inner) => is_opaque(&inner.elem),
        Type::Group(inner) => is_opaque(&inner.elem),
        Type::Tuple(tuple) => tuple.elems.iter().any(is_opaque),
        Type::Path(path) => {
            let Some(last) = path.path.segments.last() else {
                return false;
            };
            !last.ident.to_string().ends_with("Result")
                && type_arguments(&last.arguments).any(is_opaque)
        }
        _ => false,
    }
}

/// Whether a closure in the body is typed by what the function says that it
/// returns: `Result<impl Fn(&str) -> &str, E>` as `Result<_, E>` says too little.
fn needs_expected_type(returned: &Type) -> bool {
    let mut found = false;
    walk(returned.to_token_stream(), &mut |token, _| {
        let TokenTree::Ident(word) = token else {
            return;
        };
        found |= ["Fn", "FnMut", "FnOnce"].iter().any(|name| word == name);
    });
    found
        && returned.to_token_stream().to_string()
            != without_impl_trait(returned.clone())
                .to_token_stream()
                .to_string()
}

/// In a closure, `Location::caller()` would be a line of ours.
fn is_track_caller(head: &Head) -> bool {
    head.attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("track_caller"))
}

/// Whether a future is returned, and if so whether in a box.
fn returned_future(returned: &Type) -> Option<bool> {
    match returned {
        Type::Group(inner) => returned_future(&inner.elem),
        Type::Paren(inner) => returned_future(&inner.elem),
        Type::ImplTrait(opaque) => opaque.bounds.iter().any(is_future_bound).then_some(false),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            match last.ident.to_string().as_str() {
                "BoxFuture" | "LocalBoxFuture" => Some(true),
                "Pin" => type_arguments(&last.arguments)
                    .any(is_boxed_future)
                    .then_some(true),
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_boxed_future(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    let Some(last) = path.path.segments.last() else {
        return false;
    };
    last.ident == "Box"
        && type_arguments(&last.arguments).any(|content| match content {
            Type::TraitObject(object) => object.bounds.iter().any(is_future_bound),
            _ => false,
        })
}

fn is_future_bound(bound: &TypeParamBound) -> bool {
    match bound {
        TypeParamBound::Trait(bound) => bound
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "Future"),
        _ => false,
    }
}

fn type_arguments(arguments: &PathArguments) -> impl Iterator<Item = &Type> {
    let arguments = match arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments.args.iter()),
        _ => None,
    };
    arguments
        .into_iter()
        .flatten()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
}

// The parameters.

/// The bindings that the wrapped body must take over, in order of declaration.
///
/// A name that the body does not mention is left to the function itself, so
/// that rustc still says `unused_variables`; except that a name that begins
/// with `_`, of which it says nothing, is dropped in its turn with the others.
fn bindings(item: &mut Item) -> Vec<Binding> {
    let names = names_in(item.body.stream());
    let assigned = assigned_names(item.body.stream());
    let mut found = Vec::new();
    for input in &mut item.head.signature.inputs {
        match input {
            FnArg::Receiver(receiver) => found.push(Binding {
                ident: Ident::new("self", receiver.self_token.span),
                rebind: false,
            }),
            FnArg::Typed(parameter) => {
                let outlives = refers(&parameter.ty);
                collect(&mut parameter.pat, &mut |ident, mutability| {
                    let name = ident.to_string();
                    if !names.contains(&name) && !name.starts_with('_') {
                        return;
                    }
                    let rebind = mutability.is_some()
                        && (outlives || assigned.contains(&name))
                        && !is_plain(&parameter.ty);
                    if rebind {
                        *mutability = None;
                    }
                    found.push(Binding {
                        ident: ident.clone(),
                        rebind,
                    });
                });
            }
        }
    }
    found
}

/// Calls `with` on every name that a pattern binds, and its `mut`.
fn collect(pat: &mut Pat, with: &mut dyn FnMut(&Ident, &mut Option<syn::Token![mut]>)) {
    struct Names<'w>(&'w mut dyn FnMut(&Ident, &mut Option<syn::Token![mut]>));

    impl VisitMut for Names<'_> {
        fn visit_pat_ident_mut(&mut self, pat: &mut syn::PatIdent) {
            if pat.by_ref.is_some() {
                (self.0)(&pat.ident, &mut None);
            } else {
                (self.0)(&pat.ident, &mut pat.mutability);
            }
            visit_mut::visit_pat_ident_mut(self, pat);
        }
    }

    Names(with).visit_pat_mut(pat);
}

/// Whether a value of this type may refer to something that it does not own.
fn refers(ty: &Type) -> bool {
    let mut refers = false;
    walk(ty.to_token_stream(), &mut |token, _| {
        refers |= matches!(token, TokenTree::Punct(punct) if matches!(punct.as_char(), '&' | '\''));
    });
    refers
}

/// A type of the language itself that owns what it holds.
fn is_plain(ty: &Type) -> bool {
    const PLAIN: &[&str] = &[
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16",
        "u32", "u64", "u128", "usize", "String",
    ];
    match ty {
        Type::Path(path) => path
            .path
            .get_ident()
            .is_some_and(|name| PLAIN.iter().any(|plain| name == plain)),
        Type::Array(array) => is_plain(&array.elem),
        _ => false,
    }
}

/// Every name in the tokens, those in the braces of a format string included.
fn names_in(tokens: TokenStream) -> HashSet<String> {
    let mut names = HashSet::new();
    walk(tokens, &mut |token, _| match token {
        TokenTree::Ident(ident) => {
            names.insert(ident.to_string());
        }
        TokenTree::Literal(literal) => {
            let text = literal.to_string();
            for piece in text.split('{').skip(1) {
                let name: String = piece
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                names.insert(name);
            }
            // A width or a precision: `{value:width$.precision$}`.
            for piece in text.split('$') {
                let name: String = piece
                    .chars()
                    .rev()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                names.insert(name.chars().rev().collect());
            }
        }
        _ => {}
    });
    names
}

/// Every name to which the tokens assign: `name = ..`.
fn assigned_names(tokens: TokenStream) -> HashSet<String> {
    let mut names = HashSet::new();
    walk(tokens, &mut |token, next| {
        if let (TokenTree::Ident(name), Some([TokenTree::Punct(equals), after])) = (token, next) {
            let is_comparison = matches!(after, TokenTree::Punct(punct) if punct.as_char() == '=' || punct.as_char() == '>');
            if equals.as_char() == '=' && !is_comparison {
                names.insert(name.to_string());
            }
        }
    });
    names
}

/// Visits every token, nested ones included, with the two that follow it.
fn walk(tokens: TokenStream, visit: &mut dyn FnMut(&TokenTree, Option<&[TokenTree; 2]>)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (index, token) in tokens.iter().enumerate() {
        let next = tokens
            .get(index + 1..)
            .and_then(|rest| rest.first_chunk::<2>());
        visit(token, next);
        if let TokenTree::Group(group) = token {
            walk(group.stream(), visit);
        }
    }
}
