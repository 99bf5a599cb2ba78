//! Body tokens → body tokens: carries the context into spawn sites.
//!
//! A site is a known name in front of a parenthesised group, wherever it
//! stands: in a statement, in a closure, or among the tokens of a macro whose
//! grammar nobody here knows (`select!`, `join!`, `vec!`). So the search works
//! on tokens, and only a site's arguments are parsed, as expressions. Types
//! decide the rest, in `runtime/src/carry.rs`: what is neither a future nor a
//! closure passes through unchanged.

mod attributed;
mod container;
mod scan;
mod table;
mod unit;

use std::cell::Cell;

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, Token};

pub(crate) use self::attributed::{check_attributed, without_attributes};
pub(crate) use self::container::{carry_into_container, is_container};
use self::scan::{Call, end_in_dot, length_of_foreign_code, like, qualifier, start_of_operand};
use self::table::{PARALLEL, PULLING, SPAWNERS, Spawner, Spelling, Takes};
use self::unit::is_carried;
pub(crate) use self::unit::{is_endless, never_returns};
use crate::model::Units;

/// Rewrites every spawn site in `tokens`, nested ones first.
pub(crate) fn carry_into_sites(
    tokens: TokenStream,
    krate: &TokenStream,
    units: &Units,
) -> TokenStream {
    Carrier::new(krate, units).carry_into(tokens)
}

struct Carrier<'k> {
    krate: &'k TokenStream,
    units: &'k Units,
    /// How many sites were rewritten.
    found: Cell<usize>,
}

impl<'k> Carrier<'k> {
    fn new(krate: &'k TokenStream, units: &'k Units) -> Self {
        Carrier {
            krate,
            units,
            found: Cell::new(0),
        }
    }

    fn carry_into(&self, tokens: TokenStream) -> TokenStream {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
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

    /// Writes what `tokens` begin with, if it is more than a token to copy, and
    /// answers how long it is.
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
        if self.units.leave {
            return 0;
        }
        if let Some(spawner) = self.spawner(call.name, written) {
            written.push(TokenTree::Ident(call.name.clone()));
            written.extend(call.generics());
            let before = self.found.get();
            let (arguments, borrows) = self.carry_into_arguments(&call, &spawner);
            written.push(TokenTree::Group(arguments));
            if self.found.get() > before && spawner.takes != Takes::AsyncBlock {
                self.allow_spawner(written);
            }
            if borrows {
                self.lend_captured(written);
            }
            return call.length;
        }
        let is_named = |names: &[&str]| names.iter().any(|name| call.name == name);
        let is_chained = scan::is_punct(tokens.get(call.length), '.') && end_in_dot(written);
        let is_parallel = is_named(PARALLEL) || (is_named(PULLING) && is_parallel_chain(written));
        if is_chained && is_parallel {
            written.extend(tokens[..call.length - 1].iter().cloned());
            written.push(TokenTree::Group(like(
                call.arguments,
                self.carry_into(call.arguments.stream()),
            )));
            self.carry_parallel(written);
            return call.length;
        }
        0
    }

    fn spawner(&self, name: &Ident, before: &[TokenTree]) -> Option<Spawner> {
        if self.units.also.iter().any(|also| name == also) {
            return Some(Spawner {
                name: "",
                units: &[],
                spelling: Spelling::Anywhere,
                takes: Takes::Anything,
            });
        }
        let spawners = SPAWNERS.iter().copied();
        let spawner = spawners.into_iter().find(|spawner| name == spawner.name)?;
        let is_spelt = match spawner.spelling {
            Spelling::Anywhere => true,
            Spelling::Method => end_in_dot(before),
            Spelling::NotOfThread => qualifier(before).is_none_or(|owner| owner != "thread"),
        };
        is_spelt.then_some(spawner)
    }

    /// The new arguments, and whether they borrow a `__captured` that is not theirs.
    ///
    /// ```text
    /// In:  spawn(work(id))
    /// Out: spawn(::traced::__private::carry_unit!(work(id)))
    /// ```
    fn carry_into_arguments(&self, call: &Call<'_>, spawner: &Spawner) -> (Group, bool) {
        let inner = self.carry_into(call.arguments.stream());
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let Ok(mut arguments) = parser.parse2(inner.clone()) else {
            return (like(call.arguments, inner), false);
        };
        let count = arguments.len();
        let is_unit = |index: &usize| self.is_unit(&arguments[*index], spawner.takes);
        let units: Vec<usize> = match spawner.units {
            // A spawner of the user's own: whatever is a unit is one.
            [] => (0..count).filter(is_unit).collect(),
            known => known
                .get(count.wrapping_sub(1))
                .map_or_else(Vec::new, |units| units.to_vec()),
        };
        if !units.iter().all(is_unit) {
            return (like(call.arguments, inner), false);
        }
        let mut borrows = false;
        for unit in units {
            if is_carried(&arguments[unit]) {
                continue;
            }
            self.found.set(self.found.get() + 1);
            borrows |= self.carry_argument(&mut arguments[unit], spawner.takes);
        }
        (like(call.arguments, arguments.into_token_stream()), borrows)
    }

    /// A team may forbid the bare spawners (`clippy::disallowed_methods`): who calls
    /// one here carries the context.
    ///
    /// ```text
    /// In:  tokio::spawn(..)
    /// Out: ::traced::__private::allowed!(tokio::spawn(..))
    /// ```
    fn allow_spawner(&self, written: &mut Vec<TokenTree>) {
        let Some(start) = start_of_operand(written) else {
            return;
        };
        // What the user says of the statement does not reach into a macro.
        if scan::end_in_attribute(&written[..start]) {
            return;
        }
        let krate = self.krate;
        let call: TokenStream = written.drain(start..).collect();
        written.extend(hygienic!(#krate::__private::allowed!(#call)));
    }

    /// Puts a captured context around the call with which `written` ends.
    ///
    /// ```text
    /// In:  pool.broadcast(|_| ..)
    /// Out: ::traced::__private::lend_captured!(__captured => pool.broadcast(|_| ..))
    /// ```
    fn lend_captured(&self, written: &mut Vec<TokenTree>) {
        let krate = self.krate;
        let start = start_of_operand(written).unwrap_or(written.len());
        let call: TokenStream = written.drain(start..).collect();
        written.extend(hygienic!(#krate::__private::lend_captured!(__captured => #call)));
    }

    /// ```text
    /// In:  ids.par_iter()
    /// Out: ::traced::__private::carry_parallel!(ids.par_iter())
    /// ```
    fn carry_parallel(&self, written: &mut Vec<TokenTree>) {
        let Some(start) = start_of_operand(written) else {
            return;
        };
        let krate = self.krate;
        let iterator: TokenStream = written.drain(start..).collect();
        written.extend(hygienic!(#krate::__private::carry_parallel!(#iterator)));
    }
}

/// Whether the tokens end in a chain of methods of which we carried an earlier part.
fn is_parallel_chain(written: &[TokenTree]) -> bool {
    let Some((_, chain)) = written.split_last() else {
        return false;
    };
    let Some(start) = start_of_operand(chain) else {
        return false;
    };
    let is_carried =
        |token: &TokenTree| matches!(token, TokenTree::Ident(name) if name == "carry_parallel");
    chain[start..].iter().any(is_carried)
}
