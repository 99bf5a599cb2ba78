//! An expression in a span: one that runs in place, or one that awaits.

mod awaits;
mod jumps;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::token::Paren;
use syn::{Expr, ExprParen, ReturnType, Stmt};

use self::awaits::{awaits, leaves};
use self::jumps::{Jump, replace_jumps};
use super::blocks::pin_output;
use crate::syntax::divergence::{is_endless, never_returns};
use crate::syntax::expressions::extent;
use crate::syntax::tokens::{names_in, written_at};

/// The span of an expression, as it is written.
pub(crate) struct InSpan<'a> {
    pub(crate) krate: &'a TokenStream,
    /// Its start, for a future that makes it current.
    pub(crate) started: TokenStream,
    /// The same, current at once.
    pub(crate) entered: TokenStream,
    /// What the value says of it.
    pub(crate) observer: TokenStream,
}

impl InSpan<'_> {
    /// The expression in the span; `?`, `return` and `break` lead where they did.
    pub(crate) fn around(&self, value: &Expr) -> TokenStream {
        match value {
            // A guard must not be alive over an `.await`.
            awaited if awaits(awaited) => self.around_awaited(awaited),
            Expr::ForLoop(_) | Expr::Loop(_) | Expr::While(_) => self.beside_guard(value),
            endless if diverges(endless) => self.beside_guard(value),
            _ => self.passed(value),
        }
    }

    /// An argument and not a local, so that the value has the type that is expected
    /// of it, and its temporaries live as long as they did.
    ///
    /// ```text
    /// In:  text.parse()
    /// Out: in_guard(PhantomData, enter.until_dropped(), text.parse(), observer)
    /// ```
    fn passed(&self, value: &Expr) -> TokenStream {
        let InSpan {
            entered, observer, ..
        } = self;
        let (place, value) = (place_of(value), in_parentheses(value));
        let private = self.private(place);
        quote_spanned! {place=>
            #private::in_guard(
                ::core::marker::PhantomData,
                #entered.until_dropped(),
                #value,
                #observer,
            )
        }
    }

    /// The same of what may not be moved, as a `let` lengthens the life of what it borrows.
    pub(crate) fn around_in_place(&self, value: &Expr) -> TokenStream {
        match awaits(value) {
            true => self.around_awaited(value),
            false => self.beside_guard(value),
        }
    }

    /// ```text
    /// In:  |row| store(row)?
    /// Out: |row| run_closure(PhantomData, enter, || store(row)?, observer)
    /// ```
    pub(crate) fn around_body(&self, body: &Expr) -> TokenStream {
        let (entered, observer) = (&self.entered, self.observer_of(body));
        let place = place_of(body);
        let private = self.private(place);
        // As if the user had written it: else a coverage report would leave out where it ends.
        let body = quote_spanned!(extent(body).start=> || #body);
        quote_spanned! {place=>
            #private::run_closure(
                ::core::marker::PhantomData,
                #entered,
                #body,
                #observer,
            )
        }
    }

    /// ```text
    /// In:  &text()
    /// Out: { let __guard = enter.until_dropped(); &text() }
    /// ```
    fn beside_guard(&self, value: &Expr) -> TokenStream {
        let (entered, value) = (&self.entered, in_parentheses(value));
        hygienic!({ let __guard = #entered.until_dropped(); #value })
    }

    /// What we call, at the place of a value: where rustc says of the value what it has to
    /// say, which should be the user's line.
    fn private(&self, place: Span) -> TokenStream {
        let krate = self.krate;
        let path = hygienic!(#krate::__private);
        let located = path.into_iter().map(|mut token| {
            token.set_span(token.span().located_at(place));
            token
        });
        located.collect()
    }

    /// A function of ours that takes the future which awaits a value. If a coverage report says
    /// nothing of that future (see [`async_block`]), it says how often the function was called, at
    /// the last token of the value.
    fn awaited_by(&self, value: &Expr, name: &str) -> TokenStream {
        let (krate, name) = (self.krate, Ident::new(name, Span::mixed_site()));
        let function = hygienic!(#krate::__private::#name);
        match value {
            Expr::Block(_) => function,
            value => written_at(&function, extent(value).end),
        }
    }

    /// Of what gives no value, rustc cannot tell the type in time to ask it for errors.
    fn observer_of(&self, value: &Expr) -> TokenStream {
        match diverges(value) {
            true => hygienic!(|_| ::core::option::Option::None),
            false => self.observer.clone(),
        }
    }

    fn around_awaited(&self, value: &Expr) -> TokenStream {
        match value {
            Expr::Await(_) if !leaves(value) => self.around_future(value),
            _ => self.around_block(value),
        }
    }

    /// ```text
    /// In:  load(id).await
    /// Out: future(start, async { load(id).await }, observer).await
    /// ```
    fn around_future(&self, value: &Expr) -> TokenStream {
        self.around_async_body(&ReturnType::Default, value)
    }

    /// The body of an `async` closure, out of which no way leads but to its end.
    pub(crate) fn around_async_body(&self, output: &ReturnType, value: &Expr) -> TokenStream {
        let InSpan {
            krate,
            started,
            observer,
            ..
        } = self;
        let pin = match output {
            ReturnType::Default => TokenStream::new(),
            ReturnType::Type(_, output) => pin_output(krate, output),
        };
        let (place, body) = (place_of(value), in_parentheses(value));
        let block = async_block(value, &hygienic!(#pin #body));
        let future_with = self.awaited_by(value, "future_with");
        quote_spanned!(place=> #future_with(#started, #block, #observer).await)
    }

    /// A block that awaits has to be a future, which is polled in the span; and that has
    /// the output of what is around it, so that `?` and `return` lead out of both.
    /// Its value goes another way, and so does a jump to a loop around it.
    ///
    /// ```text
    /// In:  { if stop.await? { break; } load().await? }
    /// Out: {
    ///          let __ways = BlockExits::new();
    ///          if false { return __ways.returned(); }
    ///          if false {
    ///              __ways.value()
    ///          } else {
    ///              match run_until_exit(start, &__ways, async {
    ///                  if false { return __ways.returned(); }
    ///                  let __leaving = __ways.leave(({ if stop.await? { return __ways.jump(0).await; } load().await? }));
    ///                  __leaving.await
    ///              }, observer).await {
    ///                  Exit::Value(__value) => __value,
    ///                  Exit::Returned(__value) => return __value,
    ///                  Exit::Jumped(0) => break,
    ///                  Exit::Jumped(__jump) => endless(__jump),
    ///              }
    ///          }
    ///      }
    /// ```
    ///
    /// What is behind `if false` tells rustc the types, before it looks at the block.
    fn around_block(&self, value: &Expr) -> TokenStream {
        let started = &self.started;
        let ways = &ways_around(value);
        let observer = self.observer_of(value);
        let has_value = !diverges(value);
        let (value, jumps) = replace_jumps(value, ways);
        let place = place_of(&value);
        let private = self.private(place);
        let jumps = jumps
            .iter()
            .map(|Jump { number, jump }| hygienic!(#private::Exit::Jumped(#number) => #jump,));
        let output = hygienic!(if false { return #ways.returned(); });
        let (written, value) = (&value, in_parentheses(&value));
        let value = match has_value {
            // In a statement of its own, so that the block's temporaries are not held over the
            // `.await`.
            true => quote_spanned! {place=>
                let __leaving = #ways.leave(#value);
                __leaving.await
            },
            false => value.to_token_stream(),
        };
        let block = async_block(written, &hygienic!(#output #value));
        let run_until_exit = self.awaited_by(written, "run_until_exit");
        let left = quote_spanned! {place=>
            #run_until_exit(#started, &#ways, #block, #observer).await
        };
        hygienic! {{
            let #ways = #private::BlockExits::new();
            #output
            if false {
                #ways.value()
            } else {
                match #left {
                    #private::Exit::Value(__value) => __value,
                    #private::Exit::Returned(__value) => return __value,
                    #(#jumps)*
                    #private::Exit::Jumped(__jump) => #private::endless(__jump),
                }
            }
        }}
    }
}

/// An `async` block around a value. If that is a block, it has the same braces: a coverage report
/// leaves out what is in the user's function but not in its braces. Stable Rust cannot put braces
/// from the first token of another value to its last.
fn async_block(value: &Expr, statements: &TokenStream) -> TokenStream {
    let place = place_of(value);
    let mut braces = Group::new(Delimiter::Brace, statements.clone());
    braces.set_span(match value {
        Expr::Block(block) => block.block.brace_token.span.join(),
        _ => place,
    });
    // The keyword is ours, or else the report would take it that the end of a block which hands
    // its value over is never reached.
    quote_spanned!(place=> async #braces)
}

/// The name of a block's ways out, which blocks in it may have to call too: it is not theirs.
fn ways_around(value: &Expr) -> Ident {
    let taken = names_in(value.to_token_stream());
    let mut name = "__ways".to_owned();
    while taken.contains(&name) {
        name.push('_');
    }
    Ident::new(&name, Span::mixed_site())
}

/// A block in parentheses of ours: around an argument, rustc would find its braces unnecessary.
/// Braces of ours would change when its temporaries are dropped, as they are of our edition.
fn in_parentheses(value: &Expr) -> Expr {
    match value {
        Expr::Block(block) => Expr::Paren(ExprParen {
            attrs: Vec::new(),
            paren_token: Paren(Span::mixed_site().located_at(block.block.brace_token.span.join())),
            expr: Box::new(value.clone()),
        }),
        value => value.clone(),
    }
}

/// The place of a value, in our hygiene: its end, where rustc would have something called on it.
fn place_of(value: &Expr) -> Span {
    let last = value.to_token_stream().into_iter().last();
    let last = last.map_or_else(Span::mixed_site, |token| token.span());
    Span::mixed_site().located_at(last)
}

/// Whether an expression visibly has no value.
fn diverges(value: &Expr) -> bool {
    let ends = |block: &syn::Block| match block.stmts.last() {
        Some(Stmt::Expr(tail, _)) => diverges(tail),
        last => never_returns(last),
    };
    match value {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
        Expr::Block(block) => ends(&block.block),
        Expr::Unsafe(block) => ends(&block.block),
        Expr::If(branches) => {
            let otherwise = branches.else_branch.as_ref();
            ends(&branches.then_branch) && otherwise.is_some_and(|(_, branch)| diverges(branch))
        }
        Expr::Match(arms) => {
            !arms.arms.is_empty() && arms.arms.iter().all(|arm| diverges(&arm.body))
        }
        other => is_endless(other),
    }
}
