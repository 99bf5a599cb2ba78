//! Body tokens → body tokens: carries the context into spawn sites.
//!
//! A spawn site is the name of a spawner before parentheses, in a statement, in a closure, or among the tokens
//! of a macro with a grammar of its own (`select!`, `join!`, `vec!`). Therefore the search works on tokens, and
//! only the arguments of a site are parsed. A *unit* is an argument that the spawner runs elsewhere: a future or
//! a closure.
//!
//! From the table to the carried task: [`crate::spawners`] lists the spawners, `rewrite_start` recognises a call
//! of one of them, `carry_into_arguments` finds its units, and `argument.rs` writes each unit. Where the tokens
//! do not show what a unit is, its type decides, in `carry_unit!` of `runtime/src/carry_unit.rs`: a value that
//! is neither a future nor a closure passes through unchanged.

mod argument;
mod attributed;
mod by_path;
mod collected;
mod expression;
mod found;
mod parallel;
mod scan;
mod turbofish;
mod unit;

use std::cell::{Cell, RefCell};
use std::ops::Range;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Token};

pub(crate) use self::attributed::{JudgedSpawns, judge, used_import, without_attributes};
use self::expression::{is_carried, is_unit};
pub use self::found::{FoundSite, FoundUnit};
pub(crate) use self::found::{find, unit_of};
use self::scan::{Call, end_in_dot, is_behind, length_of_foreign_code, start_of_operand};
use self::unit::{Unit, unit_behind};
use crate::model::SpawnConfig;
use crate::spawners::{
    ByPath, CERTAIN, INITIALIZING, OWNERS, SPAWNERS, Spawner, Spelling, TYPED_BY_STREAM, Takes,
    may_be_in_site, spawns,
};
use crate::syntax::groups::like;
use crate::syntax::tokens::{Words, is_punct, written_at};

/// Rewrites every spawn site in `tokens`, nested ones first.
///
/// In the tokens, the attribute of a statement contains an index into `statements`.
pub(crate) fn carry_into_sites(
    tokens: TokenStream,
    config: &SpawnConfig,
    statements: &[SpawnConfig],
) -> TokenStream {
    SpawnRewriter::new(config, statements).carry_into(tokens)
}

/// Whether a body with these words may have a spawn site.
pub(crate) fn may_be_in(words: &Words, config: &SpawnConfig) -> bool {
    words.have_any(|word| {
        word == "traced_spawn"
            || may_be_in_site(word)
            || config.also.iter().any(|also| also == word)
    })
}

struct SpawnRewriter<'k> {
    config: &'k SpawnConfig,
    /// The configurations of the statements with an attribute.
    statements: &'k [SpawnConfig],
    /// The sites that were found so far.
    found: RefCell<Vec<FoundSite>>,
    /// Whether the current tokens are inside the initializer of a cell.
    initializes: Cell<bool>,
}

impl<'k> SpawnRewriter<'k> {
    fn new(config: &'k SpawnConfig, statements: &'k [SpawnConfig]) -> Self {
        SpawnRewriter {
            config,
            statements,
            found: RefCell::default(),
            initializes: Cell::new(false),
        }
    }

    fn carry_into(&self, tokens: TokenStream) -> TokenStream {
        let tokens = scan::without_groups_of_callees(tokens);
        let mut written = Vec::new();
        let mut rest = tokens.as_slice();
        while let Some((first, after)) = rest.split_first() {
            rest = match self.rewrite_start(rest, &mut written) {
                0 => {
                    written.push(self.carry_into_group(first));
                    after
                }
                length => &rest[length..],
            };
        }
        written.into_iter().collect()
    }

    fn carry_into_group(&self, token: &TokenTree) -> TokenTree {
        match token {
            TokenTree::Group(group) => {
                TokenTree::Group(like(group, self.carry_into(group.stream())))
            }
            other => other.clone(),
        }
    }

    /// Writes the annotated statement, the call or the foreign code at the start of `tokens`, and returns its
    /// length; 0 if there is none, and the caller copies the first token.
    fn rewrite_start(&self, tokens: &[TokenTree], written: &mut Vec<TokenTree>) -> usize {
        if let Some((length, statement)) = self.attributed(tokens) {
            written.extend(statement);
            return length;
        }
        let foreign = length_of_foreign_code(tokens);
        if foreign > 0 {
            written.extend(tokens[..foreign].iter().cloned());
            return foreign;
        }
        let Some(call) = Call::at_start_of(tokens) else {
            return 0;
        };
        if self.config.leaves_sites {
            return 0;
        }
        if end_in_dot(written) && INITIALIZING.iter().any(|name| call.name == name) {
            let outside = self.initializes.replace(true);
            let inner = self.carry_into(call.arguments.stream());
            self.initializes.set(outside);
            written.extend(call.with(call.turbofish(), inner));
            return call.length;
        }
        if self.initializes.get() && self.outlives(&call, written, &tokens[call.length..]) {
            return 0;
        }
        if let Some(spawner) = self.spawner(call.name, written) {
            self.carry_into_call(&call, &spawner, written);
            return call.length;
        }
        if self.carry_into_collected(&call, tokens.get(call.length), written) {
            return call.length;
        }
        if self.carry_into_parallel(&call, tokens.get(call.length), written) {
            return call.length;
        }
        let by_path = end_in_dot(written).then(|| self.carry_into_path(&call));
        match by_path.flatten() {
            Some(carried) => {
                written.extend(carried);
                call.length
            }
            None => 0,
        }
    }

    /// Whether a call in the initializer of a cell starts a task that outlives the function, because it calls a
    /// spawner and does not wait for the task. The first request starts such a worker for all others, so the
    /// worker must not be part of the first request's trace.
    fn outlives(&self, call: &Call<'_>, before: &[TokenTree], after: &[TokenTree]) -> bool {
        let is_waited_for = match after {
            [dot, TokenTree::Ident(method), ..] => {
                is_punct(Some(dot), '.') && (method == "await" || method == "join")
            }
            _ => false,
        };
        spawns(&call.name.to_string()) && !end_in_dot(before) && !is_waited_for
    }

    fn spawner(&self, name: &Ident, before: &[TokenTree]) -> Option<Spawner> {
        if self.config.also.iter().any(|also| name == also) {
            return Some(Spawner {
                name: "",
                units: &[],
                spelling: Spelling::Anywhere,
                takes: Takes::Anything,
                by_path: ByPath::Never,
                is_certain: false,
            });
        }
        let spawner = SPAWNERS.iter().find(|spawner| name == spawner.name)?;
        let is_certain = is_behind(before, CERTAIN);
        let is_spelt = match spawner.spelling {
            Spelling::Anywhere => true,
            Spelling::Method => is_certain || end_in_dot(before),
            Spelling::NotOfThread => !is_behind(before, &["thread"]),
            Spelling::Of(types) => {
                is_behind(before, types)
                    && (self.config.erases_streams || !is_behind(before, TYPED_BY_STREAM))
            }
        };
        // Around a call whose closure is borrowed, a context is declared: see `lend_captured`.
        let is_placed = spawner.takes != Takes::Borrowed || scan::is_operand(before, name);
        (is_spelt && is_placed).then_some(Spawner {
            is_certain,
            ..*spawner
        })
    }

    /// Writes the call with the context carried into its units.
    fn carry_into_call(&self, call: &Call<'_>, spawner: &Spawner, written: &mut Vec<TokenTree>) {
        let before = self.found.borrow().len();
        let (carried, borrows) = self.carry_into_arguments(call, spawner, written);
        written.extend(carried);
        // Nothing can be put around a call whose start is not found.
        let Some(start) = start_of_operand(written) else {
            return;
        };
        // Nobody disallows methods such as `push` and `send`.
        let may_be_disallowed = !matches!(
            spawner.takes,
            Takes::AsyncBlock | Takes::Boxed | Takes::Handler | Takes::Stream
        );
        if self.found.borrow().len() > before && may_be_disallowed {
            self.allow_spawner(written, start);
        }
        if borrows {
            self.lend_captured(written, start);
        }
    }

    /// The call with new arguments, and whether they borrow a `__captured` that has to be declared around the
    /// call.
    ///
    /// ```text
    /// In:  spawn(work(id))
    /// Out: spawn(::traced::__private::carry_unit!(work(id)))
    /// ```
    fn carry_into_arguments(
        &self,
        call: &Call<'_>,
        spawner: &Spawner,
        before: &[TokenTree],
    ) -> (TokenStream, bool) {
        let inner = self.carry_into(call.arguments.stream());
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let as_it_was = |inner| (call.with(call.turbofish(), inner), false);
        let Ok(mut arguments) = parser.parse2(inner.clone()) else {
            return as_it_was(inner);
        };
        let units = self.units_among(&arguments, spawner, before);
        let turbofish = turbofish::without_units(
            call.turbofish(),
            units.iter().map(|unit| &arguments[*unit]),
            spawner.is_own() || is_behind(before, OWNERS),
        );
        let Some(turbofish) = turbofish else {
            return as_it_was(inner);
        };
        let mut borrows = false;
        let kind = unit_behind(before, spawner).unwrap_or(Unit::Anything);
        for unit in units {
            if is_carried(&arguments[unit]) {
                continue;
            }
            self.add_found(FoundSite::call(call, before, &arguments[unit]));
            borrows |= self.carry_argument(&mut arguments[unit], spawner.takes, kind);
        }
        (call.with(turbofish, arguments.into_token_stream()), borrows)
    }

    /// The indices of the arguments that are units; empty if one of them cannot be a unit.
    fn units_among(
        &self,
        arguments: &Punctuated<Expr, Token![,]>,
        spawner: &Spawner,
        before: &[TokenTree],
    ) -> Vec<usize> {
        let count = arguments.len();
        let is_unit = |index: &usize| is_unit(&arguments[*index], spawner);
        // In `Type::name`, a common name is a function of that type, unless the type is a certain owner.
        let is_common = matches!(spawner.takes, Takes::Closure(_)) && !spawner.is_certain;
        let units_of = |count: usize| spawner.units.get(count.wrapping_sub(1)).copied();
        let units: Vec<usize> = match units_of(count) {
            // For a spawner that the user named, each argument that can be a unit counts as one.
            _ if spawner.is_own() => (0..count).filter(is_unit).collect(),
            // `JoinMap::spawn(&mut map, key, task)`: the receiver is an argument too.
            None | Some([]) if scan::end_in_type(before) && !is_common => {
                let units = units_of(count.wrapping_sub(1)).unwrap_or_default();
                units.iter().map(|unit| unit + 1).collect()
            }
            units => units.unwrap_or_default().to_vec(),
        };
        match units.iter().all(is_unit) {
            true => units,
            false => Vec::new(),
        }
    }

    /// Exempts the call from `clippy::disallowed_methods`, by which a project may forbid spawners that do not
    /// carry the context.
    ///
    /// ```text
    /// In:  tokio::spawn(..)
    /// Out: ::traced::__private::allowed!(tokio::spawn(..))
    /// ```
    fn allow_spawner(&self, written: &mut Vec<TokenTree>, start: usize) {
        // An attribute of the user's before the call would not apply inside a macro.
        if scan::end_in_attribute(&written[..start]) {
            return;
        }
        let call = written.drain(start..).collect();
        written.extend(self.around("allowed", call, TokenStream::new()));
    }

    /// Puts a captured context around the call at the end of `written`.
    ///
    /// ```text
    /// In:  pool.broadcast(|_| ..)
    /// Out: ::traced::__private::lend_captured!(__captured => pool.broadcast(|_| ..))
    /// ```
    fn lend_captured(&self, written: &mut Vec<TokenTree>, start: usize) {
        let call = written.drain(start..).collect();
        written.extend(self.around("lend_captured", call, hygienic!(__captured =>)));
    }

    fn around(&self, name: &str, call: TokenStream, before: TokenStream) -> TokenStream {
        let mut places = call.clone().into_iter().map(|token| token.span());
        let start = places.next().unwrap_or_else(Span::mixed_site);
        let end = places.last().unwrap_or(start);
        invoke(&self.config.krate, name, start..end, quote!(#before #call))
    }
}

/// A call of a macro of `__private`. It has the user's span, so that rustc reports errors in it at `place` and
/// not at the attribute.
fn invoke(
    krate: &TokenStream,
    name: &str,
    place: Range<Span>,
    arguments: TokenStream,
) -> TokenStream {
    let krate = written_at(krate, place.start);
    let name = Ident::new(name, place.start);
    let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
    arguments.set_span(place.end);
    quote_spanned!(place.start=> #krate::__private::#name! #arguments)
}
