//! The lints, errors and spawn sites of a function without its expansion, for `cargo traced`.
//!
//! With the feature `span-locations` of `proc-macro2`, a [`Span`] knows its place in the file.

use proc_macro2::{Delimiter, Group, Span, TokenStream};

use crate::args::{Args, Mode};
use crate::diagnostics::Errors;
use crate::item::Item;
use crate::lints;
use crate::model::{CrateContext, FunctionModel};
use crate::spawn;
pub use crate::spawn::{FoundSite, FoundUnit};
use crate::syntax::edit_distance;
use crate::syntax::endless::endless_loop;

/// An error that the macros would report.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// The name that `allow(..)` takes; `None` for an attribute that cannot be read.
    pub lint: Option<&'static str>,
    /// The tokens that are wrong.
    pub span: Span,
    /// The message of the macros.
    pub message: String,
}

/// The number of edits between two words, as "did you mean" counts them: a swap of neighbours is one.
///
/// ```
/// # use traced_macros_backend::inspect::edits;
/// assert_eq!(edits("OTLP", "OLTP"), 1);
/// ```
pub fn edits(a: &str, b: &str) -> usize {
    edit_distance::edits(a, b)
}

/// The names of the lints, each of which has its section in `docs/lints.md`.
pub fn lint_names() -> Vec<&'static str> {
    lints::names().collect()
}

/// Applies the lints to a function.
///
/// `args` are the tokens in the parentheses of its `#[traced(..)]`, or empty if it has none. The list is empty
/// for tokens that are not a function with a body.
///
/// ```
/// # use traced_macros_backend::inspect::lint;
/// let function = "fn f(cx: Context) { let _ = cx.attach(); work() }";
/// let mistakes = lint(Default::default(), function.parse().unwrap());
/// assert_eq!(mistakes[0].lint, Some("guard_dropped_at_once"));
/// ```
pub fn lint(args: TokenStream, function: TokenStream) -> Vec<Mistake> {
    let mut parse_errors = Errors::default();
    let Some(item) = Item::parse(function, Mode::Span.macro_name(), &mut parse_errors) else {
        return Vec::new();
    };
    let args = Args::parse(Mode::Span, args, &mut parse_errors);
    let found = lints::check_by_name(&args, &item);
    let named = found
        .into_iter()
        .flat_map(|(name, errors)| mistakes(Some(name), errors));
    named.collect()
}

/// The errors that the expansion of the attribute on a function or a container would report; empty if it
/// expands.
///
/// ```
/// # use traced_macros_backend::{CrateContext, Mode, inspect::refusals};
/// let refusals = refusals(Mode::Span, Default::default(), "const fn f() {}".parse().unwrap());
/// assert!(refusals[0].message.starts_with("a `const fn` cannot be traced"));
/// ```
pub fn refusals(mode: Mode, args: TokenStream, item: TokenStream) -> Vec<Mistake> {
    let (_, errors) = crate::judged(mode, args, item, unknown_crate());
    mistakes(None, errors).collect()
}

/// The spawn sites of a function that the attribute would carry the context into.
///
/// Sites that the attribute leaves alone (`spawn = false`, `#[traced_spawn(detached)]`) and those of nested
/// functions are not among them. For a function that does not parse, the list is empty.
///
/// ```
/// # use traced_macros_backend::{Mode, inspect::{spawn_sites, FoundUnit}};
/// let function = "fn f() { tokio::spawn(async { work().await }); }";
/// let sites = spawn_sites(Mode::Span, Default::default(), function.parse().unwrap());
/// assert_eq!((sites[0].path.join("::"), sites[0].unit), ("tokio::spawn".to_owned(), FoundUnit::AsyncBlock));
/// ```
pub fn spawn_sites(mode: Mode, args: TokenStream, function: TokenStream) -> Vec<FoundSite> {
    let mut errors = Errors::default();
    let Some(item) = Item::parse(function, mode.macro_name(), &mut errors) else {
        return Vec::new();
    };
    let args = Args::parse(mode, args, &mut errors);
    let model = FunctionModel::build(mode, args, &item, &unknown_crate(), &mut errors);
    if !spawn::may_be_in(&item.words, &model.spawn_config) {
        return Vec::new();
    }
    let spawns = spawn::judge(&item.body, &model.spawn_config, &mut errors);
    spawn::find(&spawns.body, &model.spawn_config, &spawns.statements)
}

/// The spawn sites in an expression, such as the value of a `static`.
pub fn spawn_sites_of_expression(expression: TokenStream) -> Vec<FoundSite> {
    let body = Group::new(Delimiter::Brace, expression);
    let function = quote::quote!(fn expression() #body);
    spawn_sites(Mode::SpawnSitesOnly, TokenStream::new(), function)
}

/// The kind of work that an expression is, if it is spawned: the value of a variable, for a site that gets the variable.
///
/// ```
/// # use traced_macros_backend::inspect::{unit, FoundUnit};
/// assert_eq!(unit(&syn::parse_quote!(traced::carry(work()))), FoundUnit::Carried);
/// assert_eq!(unit(&syn::parse_quote!(move || work())), FoundUnit::Closure);
/// ```
pub fn unit(work: &syn::Expr) -> FoundUnit {
    spawn::unit_of(work)
}

/// Whether a body contains an endless loop, so that the lint `endless_span` would report an attribute on its
/// function.
///
/// ```
/// # use traced_macros_backend::inspect::never_ends;
/// assert!(never_ends(&syn::parse_quote!({ loop { accept().await; } })));
/// assert!(!never_ends(&syn::parse_quote!({ loop { accept().await?; } })));
/// ```
pub fn never_ends(body: &syn::Block) -> bool {
    endless_loop(body).is_some()
}

/// A context for code that is not expanded: errors and spawn sites do not depend on the crate.
fn unknown_crate() -> CrateContext {
    CrateContext {
        name: String::new(),
        version: String::new(),
        container: None,
        is_in_container: false,
    }
}

fn mistakes(lint: Option<&'static str>, errors: Errors) -> impl Iterator<Item = Mistake> {
    let errors = errors.into_combined().into_iter().flatten();
    errors.map(move |error| Mistake {
        lint,
        span: error.span(),
        message: error.to_string(),
    })
}
