//! Carries the context into an argument that is a unit of work.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Block, Expr, ExprClosure, Stmt, Token, parse_quote_spanned};

use super::expression::{
    each_boxed, is_box_around_literal, is_carried_by_hand, is_never_a_unit, is_place, literal,
    tail_of,
};
use super::unit::Unit;
use super::{SpawnRewriter, invoke};
use crate::emit::{Begin, begin, observer};
use crate::model::{SpanSpec, SpawnConfig};
use crate::spawners::Takes;
use crate::syntax::divergence::{is_endless, never_returns};
use crate::syntax::expressions::extent;

/// The span of a unit, and the expression that starts it.
struct Start<'s> {
    span: &'s SpanSpec,
    deferred: TokenStream,
}

/// The place of a unit, where rustc reports errors in the generated code.
struct SpawnSite<'s> {
    config: &'s SpawnConfig,
    place: Span,
    /// The kind of unit that the spawner takes.
    unit: Unit,
}

impl SpawnRewriter<'_> {
    /// Carries the context into a unit. Returns whether the result borrows a `__captured` that has to be declared
    /// around the call.
    pub(super) fn carry_argument(&self, argument: &mut Expr, takes: Takes, unit: Unit) -> bool {
        let place = argument.span();
        let site = SpawnSite {
            config: self.config,
            place,
            unit,
        };
        site.carry_argument(argument, takes)
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
                *unit = Expr::Verbatim(self.carry_unit_by_type(quote!(@stream #unit)));
            }
            (Takes::Boxed, unit) => each_boxed(unit, &mut |boxed| match boxed {
                // It is not known whether the closure runs once.
                Expr::Closure(closure) => *boxed = self.carry_shared(closure, true),
                boxed => self.carry_unit(boxed, self.start()),
            }),
            (Takes::Maker, unit) => {
                let krate = &self.config.krate;
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
        self.config.span.as_ref().map(|span| Start {
            span,
            deferred: begin(&self.config.krate, span, Begin::Defer),
        })
    }

    /// Carries the context into a unit that runs once.
    ///
    /// Closures and `async` blocks are rewritten where they stand, also inside blocks and boxes, so that rustc
    /// infers the same types for them.
    fn carry_unit(&self, unit: &mut Expr, start: Option<Start<'_>>) {
        let krate = &self.config.krate;
        *unit = match &mut *unit {
            Expr::Async(block) => {
                let returns = !never_returns(block.block.stmts.last());
                // Attributes of the block (`allow(unreachable_code)`) go to the call.
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
            // Inside the cast, so that a boxed block need not be boxed again.
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
            other => Expr::Verbatim(self.carry_other(other, start)),
        };
    }

    /// Carries the context into a unit that is neither a closure nor an `async` block.
    ///
    /// A variable may have a type that rustc has not inferred yet, such as the parameter of a closure. So if the
    /// spawner takes only futures, or only closures, its type is not looked at. The type of a call is known, and if it
    /// is no unit, rustc reports one error as without the macro. A unit with a span must have a known type in any case,
    /// for its result.
    ///
    /// The call stands in a macro, so that rustc reports a future that is not `Send` at the user's tokens.
    fn carry_other(&self, unit: &Expr, start: Option<Start<'_>>) -> TokenStream {
        match (self.unit, &start) {
            (Unit::Future, None) if is_place(unit) => {
                self.carry_unit_by_type(quote!(@future #unit))
            }
            (Unit::Closure, None) if is_place(unit) => {
                self.carry_unit_by_type(quote!(@closure #unit))
            }
            _ => self.carry_by_type(unit, start),
        }
    }

    /// Carries the context into a unit by its type. A variable is not moved before its type is known, so that a
    /// `&mut` that is no unit is reborrowed, as in the original call.
    fn carry_by_type(&self, unit: &Expr, start: Option<Start<'_>>) -> TokenStream {
        self.carry_unit_by_type(match (start, unit) {
            (Some(Start { deferred, .. }), _) => quote!(@in #deferred, #unit),
            (None, place) if is_place(place) => quote!(@place #unit),
            (None, _) => unit.to_token_stream(),
        })
    }

    fn carry_unit_by_type(&self, arguments: TokenStream) -> TokenStream {
        let place = self.place..self.place;
        invoke(&self.config.krate, "carry_unit", place, arguments)
    }

    fn in_span(&self, future: TokenStream, start: Option<Start<'_>>, returns: bool) -> TokenStream {
        let Some(Start { deferred, .. }) = start else {
            return future;
        };
        let krate = &self.config.krate;
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

    /// A closure that runs once, and attaches the context.
    ///
    /// ```text
    /// In:  |scope| work(scope)
    /// Out: {
    ///          let __captured = ::traced::__private::Captured::now();
    ///          |scope| attached!(__captured.attach() => work(scope))
    ///      }
    /// ```
    fn carry_closure(&self, closure: &ExprClosure, start: Option<Start<'_>>) -> Expr {
        // The future is polled after the closure has returned.
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

    /// A closure that makes a future. It attaches the context, and carries it into the future too.
    ///
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

    /// A closure that runs many times, so it must keep its context.
    ///
    /// ```text
    /// In:  |worker| warm(worker)
    /// Out: |worker| attached!(__captured.attach_again() => warm(worker))
    /// ```
    fn carry_shared(&self, closure: &ExprClosure, owns: bool) -> Expr {
        let mut closure = closure.clone();
        let body = &closure.body;
        let body = match &self.config.span {
            None => body.to_token_stream(),
            Some(span) => self.run(
                &closure,
                begin(&self.config.krate, span, Begin::Enter),
                span,
            ),
        };
        let attach = hygienic_at!(self.place=> __captured.attach_again());
        self.attach(attach, &mut closure, body);
        if !owns {
            return Expr::Closure(closure);
        }
        // The closure outlives the function, so it borrows nothing and `move` only adds the context.
        closure.capture.get_or_insert_with(<Token![move]>::default);
        self.with_captured(TokenStream::new(), &closure)
    }

    /// A unit that is the name of a function with a parameter, or of a variable that holds one.
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

    /// Makes the body of the closure run in a context until its last temporary is dropped. Up to Rust 2021, the
    /// temporaries of a tail outlive the locals, so the guard is not a local.
    ///
    /// The new body has the span of the user's body, from the first token to the last, because a coverage report
    /// leaves out code whose span is not inside the body of its closure.
    fn attach(&self, attach: TokenStream, closure: &mut ExprClosure, body: TokenStream) {
        let krate = &self.config.krate;
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
        let krate = &self.config.krate;
        let content = hygienic_at!(self.place=>
            let __captured = #krate::__private::Captured::now();
            #bound
            #closure
        );
        // The braces have the user's span, so that rustc does not warn about them at the attribute.
        Expr::Verbatim(quote_spanned!(self.place=> { #content }))
    }

    /// The statements to put before the closure, and its body, in the span of the unit if it has one.
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
        let krate = &self.config.krate;
        let ExprClosure { output, body, .. } = closure;
        let returns = match &**body {
            Expr::Block(block) => !never_returns(block.block.stmts.last()),
            body => !is_endless(body),
        };
        let observer = observer_unless_endless(krate, span, returns);
        // With the user's span, for the same reason as in `attach`.
        let body = quote_spanned!(extent(body).start=> || #output #body);
        hygienic_at!(self.place=> #krate::__private::run_with(#entered, #body, #observer))
    }

    /// Binds the start of the span to a local of the spawning function, so that the attributes are evaluated
    /// there.
    fn bind<'b>(&self, start: Option<Start<'b>>) -> (TokenStream, Option<Start<'b>>) {
        let Some(Start { span, deferred }) = start else {
            return (TokenStream::new(), None);
        };
        let bound = hygienic_at!(self.place=> let __span = #deferred;);
        let deferred = hygienic_at!(self.place=> __span);
        (bound, Some(Start { span, deferred }))
    }
}

/// The observer of the result. A unit that never returns gets an observer that does nothing, because rustc could
/// not infer the type of its result.
fn observer_unless_endless(krate: &TokenStream, span: &SpanSpec, returns: bool) -> TokenStream {
    match returns {
        true => observer(krate, span),
        false => hygienic!(|_| ::core::option::Option::None),
    }
}
