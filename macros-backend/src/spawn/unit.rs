//! The argument that is the unit of work, with the context carried into it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Block, Expr, ExprClosure, Stmt, Token, parse_quote_spanned};

use super::expression::{
    each_boxed, is_box_around_literal, is_carried_by_hand, is_never_a_unit, is_place, literal,
    tail_of,
};
use super::{SpawnRewriter, invoke};
use crate::emit::{Begin, begin, observer};
use crate::model::{SpanSpec, SpawnConfig};
use crate::spawners::Takes;
use crate::syntax::divergence::{is_endless, never_returns};
use crate::syntax::expressions::extent;

/// The span of a unit, and how its start is written here.
struct Start<'s> {
    span: &'s SpanSpec,
    deferred: TokenStream,
}

/// Where a unit stands, so that what rustc says of it, it says there.
struct SpawnSite<'s> {
    units: &'s SpawnConfig,
    place: Span,
}

impl SpawnRewriter<'_> {
    /// Carries the context into a unit; answers whether that borrows a
    /// `__captured` from around the call.
    pub(super) fn carry_argument(&self, unit: &mut Expr, takes: Takes) -> bool {
        let place = unit.span();
        let site = SpawnSite {
            units: self.units,
            place,
        };
        site.carry_argument(unit, takes)
    }
}

impl SpawnSite<'_> {
    fn carry_argument(&self, unit: &mut Expr, takes: Takes) -> bool {
        match (takes, &mut *unit) {
            (Takes::Maker, Expr::Closure(closure)) if closure.asyncness.is_none() => {
                let start = self.start();
                *unit = self.carry_maker(closure, start);
            }
            (Takes::Handler, Expr::Closure(closure)) => {
                let start = self.start();
                *unit = self.carry_maker(closure, start);
            }
            (Takes::Handler, unit) => *unit = self.carry_function(unit, takes),
            (Takes::Stream, unit) => {
                let arguments = unit.to_token_stream();
                let krate = &self.units.krate;
                let carried = invoke(krate, "carry_stream", self.place..self.place, arguments);
                *unit = Expr::Verbatim(carried);
            }
            (Takes::Boxed, unit) => each_boxed(unit, &mut |boxed| match boxed {
                // Whether it runs once is not known.
                Expr::Closure(closure) => *boxed = self.carry_shared(closure, true),
                boxed => self.carry_unit(boxed, self.start()),
            }),
            (Takes::Maker, unit) => {
                let krate = &self.units.krate;
                let (bound, start) = self.bind(self.start());
                let make = hygienic_at!(self.place=> __make);
                let future = self.in_span(hygienic_at!(self.place=> #make()), start, true);
                *unit = Expr::Verbatim(hygienic_at!(self.place=> {
                    let __captured = #krate::__private::Captured::now();
                    let #make = #unit;
                    #bound
                    move || {
                        let __attached = __captured.attach();
                        #krate::__private::carry(#future)
                    }
                }));
            }
            (Takes::Borrowed | Takes::Shared, Expr::Closure(closure)) => {
                let owns = takes == Takes::Shared || closure.capture.is_some();
                *unit = self.carry_shared(closure, owns);
                return !owns;
            }
            (Takes::Borrowed | Takes::Shared | Takes::Closure(1..), unit)
                if literal(unit).is_none() =>
            {
                *unit = self.carry_function(unit, takes);
            }
            _ => self.carry_unit(unit, self.start()),
        }
        false
    }

    fn start(&self) -> Option<Start<'_>> {
        self.units.span.as_ref().map(|span| Start {
            span,
            deferred: begin(&self.units.krate, span, Begin::Defer),
        })
    }

    /// Carries the context into the expression that is the unit of work.
    ///
    /// Closures and `async` blocks are rewritten where they stand, so that the
    /// types that rustc infers for them do not change; so is what merely
    /// surrounds one.
    fn carry_unit(&self, unit: &mut Expr, start: Option<Start<'_>>) {
        let krate = &self.units.krate;
        *unit = match &mut *unit {
            Expr::Async(block) => {
                let returns = !never_returns(block.block.stmts.last());
                // What they say of the block (`allow(unreachable_code)`), they say of the call.
                let attributes = std::mem::take(&mut block.attrs);
                let future = self.in_span(unit.to_token_stream(), start, returns);
                Expr::Verbatim(
                    hygienic_at!(self.place=> #(#attributes)* #krate::__private::carry(#future)),
                )
            }
            Expr::Closure(closure) if closure.asyncness.is_none() => {
                self.carry_closure(closure, start)
            }
            Expr::Paren(inner) => return self.carry_unit(&mut inner.expr, start),
            Expr::Group(inner) => return self.carry_unit(&mut inner.expr, start),
            Expr::Block(block) if block.label.is_none() => {
                return self.carry_tail(&mut block.block, start);
            }
            // Within the cast, so that what is boxed need not be boxed again.
            Expr::Cast(cast) if matches!(literal(&cast.expr), Some(Expr::Async(_))) => {
                return self.carry_unit(&mut cast.expr, start);
            }
            Expr::Call(call) if is_box_around_literal(call) => {
                if let Some(boxed) = call.args.first_mut() {
                    self.carry_unit(boxed, start);
                }
                return;
            }
            other if is_never_a_unit(other) || is_carried_by_hand(other) => return,
            other => Expr::Verbatim(self.carry_by_type(other, start)),
        };
    }

    /// What the type decides. A place is not moved before its type is known, so
    /// that a `&mut` which is no unit is borrowed again, as the call would do.
    fn carry_by_type(&self, unit: &Expr, start: Option<Start<'_>>) -> TokenStream {
        let (name, arguments) = match (start, unit) {
            (Some(Start { deferred, .. }), _) => ("carry_unit_in", quote!(#deferred, #unit)),
            (None, place) if is_place(place) => ("carry_place", unit.to_token_stream()),
            (None, _) => ("carry_unit", unit.to_token_stream()),
        };
        invoke(&self.units.krate, name, self.place..self.place, arguments)
    }

    fn in_span(&self, future: TokenStream, start: Option<Start<'_>>, returns: bool) -> TokenStream {
        let Some(Start { deferred, .. }) = start else {
            return future;
        };
        let krate = &self.units.krate;
        let private = hygienic_at!(self.place=> #krate::__private);
        match returns {
            true => hygienic_at!(self.place=> #private::future_in!(#deferred, #future)),
            false => {
                hygienic_at!(self.place=> #private::future(#deferred, #future, #private::ByNothing))
            }
        }
    }

    /// `{ let id = id.clone(); async move { .. } }`: the tail is the unit.
    fn carry_tail(&self, block: &mut Block, start: Option<Start<'_>>) {
        if let Some(Stmt::Expr(tail, None)) = block.stmts.last_mut() {
            self.carry_unit(tail, start);
        }
    }

    /// ```text
    /// In:  |scope| work(scope)
    /// Out: {
    ///          let __captured = ::traced::__private::Captured::now();
    ///          |scope| attached!(__captured.attach() => work(scope))
    ///      }
    /// ```
    fn carry_closure(&self, closure: &ExprClosure, start: Option<Start<'_>>) -> Expr {
        // A future that the closure makes is polled after the closure is gone.
        if matches!(tail_of(&closure.body), Expr::Async(_)) {
            return self.carry_maker(closure, start);
        }
        let mut closure = closure.clone();
        let (bound, body) = self.run_in_span(&closure, start);
        self.attach(
            hygienic_at!(self.place=> __captured.attach()),
            &mut closure,
            body,
        );
        self.with_captured(bound, &closure)
    }

    /// ```text
    /// In:  || work(id)
    /// Out: {
    ///          let __captured = ::traced::__private::Captured::now();
    ///          || attached!(__captured.attach() => carry_unit!(work(id)))
    ///      }
    /// ```
    fn carry_maker(&self, closure: &ExprClosure, start: Option<Start<'_>>) -> Expr {
        let mut closure = closure.clone();
        let (bound, start) = self.bind(start);
        let mut body = closure.body.clone();
        self.carry_unit(&mut body, start);
        let attach = hygienic_at!(self.place=> __captured.attach());
        self.attach(attach, &mut closure, body.to_token_stream());
        self.with_captured(bound, &closure)
    }

    /// A closure that runs many times, which so must not give away its context.
    ///
    /// ```text
    /// In:  |worker| warm(worker)
    /// Out: |worker| attached!(__captured.attach_again() => warm(worker))
    /// ```
    fn carry_shared(&self, closure: &ExprClosure, owns: bool) -> Expr {
        let mut closure = closure.clone();
        let body = &closure.body;
        let body = match &self.units.span {
            None => body.to_token_stream(),
            Some(span) => self.run(&closure, begin(&self.units.krate, span, Begin::Enter), span),
        };
        let attach = hygienic_at!(self.place=> __captured.attach_again());
        self.attach(attach, &mut closure, body);
        if !owns {
            return Expr::Closure(closure);
        }
        // What may run whenever it likes borrows nothing, so `move` adds no more than the context.
        closure.capture.get_or_insert_with(<Token![move]>::default);
        self.with_captured(TokenStream::new(), &closure)
    }

    /// A function that takes an argument, or what holds one.
    ///
    /// ```text
    /// In:  work
    /// Out: {
    ///          let __unit = work;
    ///          { let __captured = ..; move |__given| { ..; __unit(__given) } }
    ///      }
    /// ```
    fn carry_function(&self, function: &Expr, takes: Takes) -> Expr {
        let unit = hygienic_at!(self.place=> __unit);
        let place = Span::mixed_site().located_at(self.place);
        let mut closure = parse_quote_spanned!(place=> move |__given| #unit(__given));
        self.carry_argument(&mut closure, takes);
        Expr::Verbatim(hygienic_at!(self.place=> {
            let #unit = #function;
            #closure
        }))
    }

    /// Gives the closure a body that runs in a context, until the last of its temporaries is
    /// dropped: up to Rust 2021 those of its tail live longer than its locals.
    ///
    /// The new body is where the user's is, from its first token to its last, as a coverage report
    /// leaves out what is in a closure but not in its body.
    fn attach(&self, attach: TokenStream, closure: &mut ExprClosure, body: TokenStream) {
        let krate = &self.units.krate;
        match &mut *closure.body {
            Expr::Block(braces) if braces.attrs.is_empty() && braces.label.is_none() => {
                let attached = hygienic_at!(self.place=> match #attach { __attached => #body });
                braces.block.stmts = vec![Stmt::Expr(Expr::Verbatim(attached), None)];
            }
            body_of_user => {
                let arguments = hygienic_at!(self.place=> #attach => #body);
                let attached = invoke(krate, "attached", extent(body_of_user), arguments);
                *body_of_user = Expr::Verbatim(attached);
            }
        }
    }

    fn with_captured(&self, bound: TokenStream, closure: &ExprClosure) -> Expr {
        let krate = &self.units.krate;
        let content = hygienic_at!(self.place=>
            let __captured = #krate::__private::Captured::now();
            #bound
            #closure
        );
        // The user's braces, or else rustc would say at the attribute what it says of them.
        Expr::Verbatim(quote_spanned!(self.place=> { #content }))
    }

    /// The body of a closure, in a span of its own if it is to have one, and
    /// what has to be bound outside.
    fn run_in_span(
        &self,
        closure: &ExprClosure,
        start: Option<Start<'_>>,
    ) -> (TokenStream, TokenStream) {
        let (bound, start) = self.bind(start);
        let body = match start {
            None => closure.body.to_token_stream(),
            Some(Start { span, deferred }) => {
                self.run(closure, hygienic_at!(self.place=> #deferred.enter()), span)
            }
        };
        (bound, body)
    }

    fn run(&self, closure: &ExprClosure, entered: TokenStream, span: &SpanSpec) -> TokenStream {
        let krate = &self.units.krate;
        let ExprClosure { output, body, .. } = closure;
        let returns = match &**body {
            Expr::Block(block) => !never_returns(block.block.stmts.last()),
            body => !is_endless(body),
        };
        let observer = observer_unless_endless(krate, span, returns);
        // As if the user had written the closure, for the same reason as in `attach`.
        let body = quote_spanned!(extent(body).start=> || #output #body);
        hygienic_at!(self.place=> #krate::__private::run_with(#entered, #body, #observer))
    }

    /// The start of the span as a local of the spawner's, where its attributes are.
    fn bind<'b>(&self, start: Option<Start<'b>>) -> (TokenStream, Option<Start<'b>>) {
        let Some(Start { span, deferred }) = start else {
            return (TokenStream::new(), None);
        };
        let bound = hygienic_at!(self.place=> let __span = #deferred;);
        let deferred = hygienic_at!(self.place=> __span);
        (bound, Some(Start { span, deferred }))
    }
}

/// Of what never returns, rustc cannot tell the type in time to ask it for errors.
fn observer_unless_endless(krate: &TokenStream, span: &SpanSpec, returns: bool) -> TokenStream {
    match returns {
        true => observer(krate, span),
        false => hygienic!(|_| ::core::option::Option::None),
    }
}
