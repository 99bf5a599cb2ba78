//! Wraps an expression in its span.

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
use crate::syntax::tokens::{located_at, names_in, written_at};

/// The generated code for the span of an expression.
pub(crate) struct InSpan<'a> {
    pub(crate) krate: &'a TokenStream,
    /// Starts the span, for a future that makes it current at each poll.
    pub(crate) started: TokenStream,
    /// Starts the span and makes it current.
    pub(crate) entered: TokenStream,
    /// Observes the value.
    pub(crate) observer: TokenStream,
}

impl InSpan<'_> {
    /// The expression in its span. `?`, `return` and `break` still leave the same function or loop.
    pub(crate) fn around(&self, value: &Expr) -> TokenStream {
        match value {
            // A guard must not live across an `.await`.
            awaited if awaits(awaited) => self.around_awaited(awaited),
            Expr::ForLoop(_) | Expr::Loop(_) | Expr::While(_) => self.beside_guard(value),
            endless if diverges(endless) => self.beside_guard(value),
            _ => self.as_argument(value),
        }
    }

    /// Passes the value as an argument. In a local, its expected type and the lifetime of its temporaries would
    /// change.
    ///
    /// ```text
    /// In:  text.parse()
    /// Out: in_guard(PhantomData, enter.until_dropped(), text.parse(), observer)
    /// ```
    fn as_argument(&self, value: &Expr) -> TokenStream {
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

    /// The value of a `let` that extends the lifetime of a temporary. Such a value must not be moved.
    pub(crate) fn around_in_place(&self, value: &Expr) -> TokenStream {
        match awaits(value) {
            true => self.around_awaited(value),
            false => self.beside_guard(value),
        }
    }

    /// The body of a closure.
    ///
    /// ```text
    /// In:  |row| store(row)?
    /// Out: |row| run_closure(PhantomData, enter, || store(row)?, observer)
    /// ```
    pub(crate) fn around_body(&self, body: &Expr) -> TokenStream {
        let (entered, observer) = (&self.entered, self.observer_of(body));
        let place = place_of(body);
        let private = self.private(place);
        // With the user's span, so that a coverage report does not leave out the end of the closure.
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

    /// The value in place, after a guard.
    ///
    /// ```text
    /// In:  &text()
    /// Out: { let __guard = enter.until_dropped(); &text() }
    /// ```
    fn beside_guard(&self, value: &Expr) -> TokenStream {
        let (entered, value) = (&self.entered, in_parentheses(value));
        hygienic!({ let __guard = #entered.until_dropped(); #value })
    }

    /// The path of `__private`, located at the value: rustc reports errors about the value there.
    fn private(&self, place: Span) -> TokenStream {
        let krate = self.krate;
        located_at(place, &hygienic!(#krate::__private))
    }

    /// The function of the runtime that takes the `async` block around a value. It has the span of the value's last
    /// token, so that a coverage report counts the value even where it leaves out the block: see [`async_block`].
    fn future_function(&self, value: &Expr, name: &str) -> TokenStream {
        let (krate, name) = (self.krate, Ident::new(name, Span::mixed_site()));
        let function = hygienic!(#krate::__private::#name);
        match value {
            Expr::Block(_) => function,
            value => written_at(&function, extent(value).end),
        }
    }

    /// The observer of the value. An expression that never has a value gets an observer that does nothing, because
    /// rustc could not infer the type of the value.
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

    /// An awaited future.
    ///
    /// ```text
    /// In:  load(id).await
    /// Out: future(start, async { load(id).await }, observer).await
    /// ```
    fn around_future(&self, value: &Expr) -> TokenStream {
        self.around_async_body(&ReturnType::Default, value)
    }

    /// The body of an `async` closure, which no `break` and no `continue` leaves.
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
        let future_with = self.future_function(value, "future_with");
        quote_spanned!(place=> #future_with(#started, #block, #observer).await)
    }

    /// A block that awaits becomes an `async` block, which is polled in the span. The `async` block has the output
    /// type of the function, so that `?` and `return` leave both. The value of the block, and a `break` or a
    /// `continue` of a loop around the block, leave through a `BlockExits`.
    ///
    /// ```text
    /// In:  { if stop.await? { break; } load().await? }
    /// Out: {
    ///          let __exits = BlockExits::new();
    ///          if false { return __exits.returned(); }
    ///          if false {
    ///              __exits.value()
    ///          } else {
    ///              match run_until_exit(start, &__exits, async {
    ///                  if false { return __exits.returned(); }
    ///                  let __exit = __exits.leave(({ if stop.await? { return __exits.jump(0).await; } load().await? }));
    ///                  __exit.await
    ///              }, observer).await {
    ///                  Exit::Value(__value) => __value,
    ///                  Exit::Returned(__value) => return __value,
    ///                  Exit::Jumped(0) => break,
    ///                  Exit::Jumped(__jump) => Returns::endless(__jump),
    ///              }
    ///          }
    ///      }
    /// ```
    ///
    /// The code after `if false` tells rustc the types before it checks the block.
    fn around_block(&self, value: &Expr) -> TokenStream {
        let started = &self.started;
        let exits = &exits_around(value);
        let observer = self.observer_of(value);
        let has_value = !diverges(value);
        let (value, jumps) = replace_jumps(value, exits);
        let place = place_of(&value);
        let private = self.private(place);
        let jumps = jumps
            .iter()
            .map(|Jump { number, jump }| hygienic!(#private::Exit::Jumped(#number) => #jump,));
        let output = hygienic!(if false { return #exits.returned(); });
        let (written, value) = (&value, in_parentheses(&value));
        let value = match has_value {
            // Two statements, so that the temporaries of the block are dropped before the `.await`.
            true => quote_spanned! {place=>
                let __exit = #exits.leave(#value);
                __exit.await
            },
            false => value.to_token_stream(),
        };
        let block = async_block(written, &hygienic!(#output #value));
        let run_until_exit = self.future_function(written, "run_until_exit");
        let left = quote_spanned! {place=>
            #run_until_exit(#started, &#exits, #block, #observer).await
        };
        hygienic! {{
            let #exits = #private::BlockExits::new();
            #output
            if false {
                #exits.value()
            } else {
                match #left {
                    #private::Exit::Value(__value) => __value,
                    #private::Exit::Returned(__value) => return __value,
                    #(#jumps)*
                    #private::Exit::Jumped(__jump) => #private::Returns::endless(__jump),
                }
            }
        }}
    }
}

/// An `async` block around a value. If the value is a block, both have the same braces, because a coverage
/// report leaves out code whose span is not inside the braces around it. Of another value, stable Rust cannot
/// make a span from the first token to the last.
fn async_block(value: &Expr, statements: &TokenStream) -> TokenStream {
    let place = place_of(value);
    let mut braces = Group::new(Delimiter::Brace, statements.clone());
    braces.set_span(match value {
        Expr::Block(block) => block.block.brace_token.span.join(),
        _ => place,
    });
    // The keyword has our span, or else the report would show the end of the block as never reached.
    quote_spanned!(place=> async #braces)
}

/// The name for the `BlockExits` of a value. The spans inside the value have other names for theirs.
fn exits_around(value: &Expr) -> Ident {
    let taken = names_in(value.to_token_stream());
    let mut name = "__exits".to_owned();
    while taken.contains(&name) {
        name.push('_');
    }
    Ident::new(&name, Span::mixed_site())
}

/// Puts a block into parentheses, because rustc reports the braces of a block that is an argument as unused. With
/// braces around it, our edition would decide when its temporaries are dropped, and not the user's.
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

/// The span of the last token of a value, with our hygiene: rustc reports errors about a method call there.
fn place_of(value: &Expr) -> Span {
    let last = value.to_token_stream().into_iter().last();
    let last = last.map_or_else(Span::mixed_site, |token| token.span());
    Span::mixed_site().located_at(last)
}

/// Whether the tokens show that the expression never has a value.
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
