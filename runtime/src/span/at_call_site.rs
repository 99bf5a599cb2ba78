//! The methods of a call site that start a span, enter a span, or defer its start.
//!
//! The macro `starts!` writes `start`, `enter` and their forms with attributes and options. Each asks only whether the
//! call site has spans at all; `start.rs` then asks `provider.rs` for the tracer.

#[cfg(any(feature = "diesel", feature = "sqlx"))]
use std::borrow::Cow;

use super::deferred::Deferred;
use super::entered::Entered;
#[cfg(any(feature = "diesel", feature = "sqlx"))]
use super::start::{Hold, start_named};
use super::start::{start, start_filled, start_with_attributes};
use super::started::Started;
use crate::attributes::Attributes;
use crate::call_site::CallSite;
use crate::current_context::ContextStack;
use crate::provider;
#[cfg(feature = "metrics")]
use crate::start_flags;
use crate::start_options::StartOptions;

/// Writes the methods that start a span, for each type that holds it: without options, with attributes, and with
/// any options.
///
/// The inline part is the whole cost without a provider; the rest is out of line.
macro_rules! starts {
    ($(
        $(#[$doc:meta])*
        $holder:ident: $plain:ident, $with_attributes:ident, $with_options:ident;
    )*) => {$(
        impl CallSite {
            $(#[$doc])*
            #[inline]
            pub fn $plain(&'static self) -> $holder {
                #[inline(never)]
                fn started(site: &'static CallSite) -> $holder {
                    let mut holder = $holder::nothing();
                    start(site, &mut holder);
                    holder
                }

                match self.is_absent() {
                    true => $holder::nothing(),
                    false => started(self),
                }
            }

            $(#[$doc])*
            ///
            /// The span has the attributes that `fill` adds, at most `count` of them. Without a provider, `fill` does
            /// not run.
            #[inline]
            pub fn $with_attributes(
                &'static self,
                count: usize,
                fill: &mut dyn FnMut(&mut Attributes),
            ) -> $holder {
                #[inline(never)]
                fn started(
                    site: &'static CallSite,
                    count: usize,
                    fill: &mut dyn FnMut(&mut Attributes),
                ) -> $holder {
                    let mut holder = $holder::nothing();
                    start_with_attributes(site, count, fill, &mut holder);
                    holder
                }

                match self.is_absent() {
                    true => $holder::nothing(),
                    false => started(self, count, fill),
                }
            }

            $(#[$doc])*
            ///
            /// The span has the options that `fill` sets. Without a provider, `fill` does not run.
            #[inline]
            pub fn $with_options(&'static self, fill: &mut dyn FnMut(&mut StartOptions)) -> $holder {
                #[inline(never)]
                fn started(site: &'static CallSite, fill: &mut dyn FnMut(&mut StartOptions)) -> $holder {
                    let mut holder = $holder::nothing();
                    start_filled(site, fill, &mut holder);
                    holder
                }

                match self.is_absent() {
                    true => $holder::nothing(),
                    false => started(self, fill),
                }
            }
        }
    )*};
}

starts! {
    /// Starts a span under the current context.
    Started: start, start_with_attributes, start_with;
    /// Starts a span and makes it current until the result is dropped or exits.
    Entered: enter, enter_with_attributes, enter_with;
}

impl CallSite {
    /// Starts a span in `holder`, which has none yet, with a name that is not the call site's. The span has the attributes
    /// that `fill` gives, at most `count` of them.
    #[cfg(any(feature = "diesel", feature = "sqlx"))]
    #[inline(never)]
    pub(crate) fn start_named(
        &'static self,
        name: &str,
        count: usize,
        fill: &mut dyn FnMut(&mut Attributes),
        holder: &mut impl Hold,
    ) {
        if !self.is_absent() {
            let name = Cow::Owned(name.to_owned());
            start_named(self, name, (count, fill), holder);
        }
    }

    /// A span that starts when its future is first polled.
    #[inline]
    pub fn defer(&'static self) -> Deferred {
        Deferred {
            site: Some(self),
            options: None,
        }
    }

    /// A span that starts when its future is first polled, with the options that `fill` sets now. If there will be no
    /// span, `fill` does not run.
    pub fn defer_with(&'static self, fill: &mut dyn FnMut(&mut StartOptions)) -> Deferred {
        let nothing = || Deferred {
            site: None,
            options: None,
        };
        if self.is_absent() || ContextStack::of_this_thread().is_none() {
            return nothing();
        }
        if !self.scope.keeps_context && provider::is_off(self) {
            // A function that a filter turned off is still measured.
            #[cfg(feature = "metrics")]
            if start_flags::has(start_flags::MEASURES) {
                return self.defer();
            }
            return nothing();
        }
        let mut options = StartOptions::named(self.name);
        fill(&mut options);
        Deferred {
            site: Some(self),
            options: Some(Box::new(options)),
        }
    }
}
