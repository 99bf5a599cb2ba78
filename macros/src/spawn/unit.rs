//! The argument that is the unit of work, with the context carried into it.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Block, Expr, ExprCall, ExprClosure, Pat, Path, Stmt, Token};

use super::Carrier;
use super::table::Takes;
use crate::model::Span;
use crate::rewrite::{Begin, begin, observer};

/// The span of a unit, and how its start is written here.
struct Start<'s> {
    span: &'s Span,
    deferred: TokenStream,
}

impl Carrier<'_> {
    /// Whether an expression can be what the spawner takes.
    pub(super) fn is_unit(&self, argument: &Expr, takes: Takes) -> bool {
        match (takes, argument) {
            (Takes::Maker, _) => true,
            (Takes::Anything, Expr::Closure(closure)) => closure.asyncness.is_none(),
            (Takes::Anything, _) => !is_never_a_unit(argument),
            (Takes::Borrowed, Expr::Closure(closure)) => closure.inputs.len() == 1,
            // In a scope, what is shared may borrow, and then cannot own the context.
            (Takes::Shared, Expr::Closure(closure)) => {
                closure.capture.is_some() || closure.inputs.len() == 1
            }
            (Takes::Closure(parameters), _) => matches!(
                literal(argument),
                Some(Expr::Closure(closure)) if closure.inputs.len() == parameters
            ),
            (Takes::AsyncBlock, _) => matches!(literal(argument), Some(Expr::Async(_))),
            _ => false,
        }
    }

    /// Carries the context into a unit; answers whether that borrows a
    /// `__captured` from around the call.
    pub(super) fn carry_argument(&self, unit: &mut Expr, takes: Takes) -> bool {
        match (takes, &mut *unit) {
            (Takes::Maker, Expr::Closure(closure)) if closure.asyncness.is_none() => {
                let start = self.start();
                *unit = self.carry_maker(closure, start);
            }
            (Takes::Maker, unit) => {
                let krate = self.krate;
                let (bound, start) = bind(self.start());
                let make = hygienic!(__make);
                let future = self.in_span(hygienic!(#make()), start, true);
                *unit = Expr::Verbatim(hygienic!({
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
            _ => self.carry_unit(unit, self.start()),
        }
        false
    }

    fn start(&self) -> Option<Start<'_>> {
        self.units.span.as_ref().map(|span| Start {
            span,
            deferred: begin(self.krate, span, Begin::Defer),
        })
    }

    /// Carries the context into the expression that is the unit of work.
    ///
    /// Closures and `async` blocks are rewritten where they stand, so that the
    /// types that rustc infers for them do not change; so is what merely
    /// surrounds one.
    fn carry_unit(&self, unit: &mut Expr, start: Option<Start<'_>>) {
        let krate = self.krate;
        *unit = match &mut *unit {
            Expr::Async(block) => {
                let returns = !never_returns(block.block.stmts.last());
                // What they say of the block (`allow(unreachable_code)`), they say of the call.
                let attributes = std::mem::take(&mut block.attrs);
                let future = self.in_span(unit.to_token_stream(), start, returns);
                Expr::Verbatim(hygienic!(#(#attributes)* #krate::__private::carry(#future)))
            }
            Expr::Closure(closure) if closure.asyncness.is_none() => {
                self.carry_closure(closure, start)
            }
            Expr::Paren(inner) => return self.carry_unit(&mut inner.expr, start),
            Expr::Group(inner) => return self.carry_unit(&mut inner.expr, start),
            Expr::Block(block) if block.label.is_none() => {
                return self.carry_tail(&mut block.block, start);
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
        let krate = self.krate;
        match (start, unit) {
            (Some(Start { deferred, .. }), _) => {
                hygienic!(#krate::__private::carry_unit_in!(#deferred, #unit))
            }
            (None, place) if is_place(place) => hygienic!(#krate::__private::carry_place!(#unit)),
            (None, _) => hygienic!(#krate::__private::carry_unit!(#unit)),
        }
    }

    fn in_span(&self, future: TokenStream, start: Option<Start<'_>>, returns: bool) -> TokenStream {
        let Some(Start { deferred, .. }) = start else {
            return future;
        };
        let krate = self.krate;
        let private = hygienic!(#krate::__private);
        match returns {
            true => hygienic!(#private::future_in!(#deferred, #future)),
            false => hygienic!(#private::deferred(#deferred, #future, #private::ByNothing)),
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
    ///          |scope| { let __attached = __captured.attach(); work(scope) }
    ///      }
    /// ```
    fn carry_closure(&self, closure: &ExprClosure, start: Option<Start<'_>>) -> Expr {
        // A future that the closure makes is polled after the closure is gone.
        if matches!(tail_of(&closure.body), Expr::Async(_)) {
            return self.carry_maker(closure, start);
        }
        let mut closure = closure.clone();
        let (bound, body) = self.run_in_span(&closure, start);
        *closure.body = Expr::Verbatim(hygienic!({
            let __attached = __captured.attach();
            #body
        }));
        self.with_captured(bound, &closure)
    }

    /// ```text
    /// In:  || work(id)
    /// Out: {
    ///          let __captured = ::traced::__private::Captured::now();
    ///          || { let __attached = __captured.attach(); carry_unit!(work(id)) }
    ///      }
    /// ```
    fn carry_maker(&self, closure: &ExprClosure, start: Option<Start<'_>>) -> Expr {
        let mut closure = closure.clone();
        let (bound, start) = bind(start);
        self.carry_unit(&mut closure.body, start);
        let body = closure.body.to_token_stream();
        *closure.body = Expr::Verbatim(hygienic!({
            let __attached = __captured.attach();
            #body
        }));
        self.with_captured(bound, &closure)
    }

    /// A closure that runs many times, which so must not give away its context.
    ///
    /// ```text
    /// In:  |worker| warm(worker)
    /// Out: |worker| { let __attached = __captured.attach_again(); warm(worker) }
    /// ```
    fn carry_shared(&self, closure: &ExprClosure, owns: bool) -> Expr {
        let mut closure = closure.clone();
        let body = &closure.body;
        let body = match &self.units.span {
            None => body.to_token_stream(),
            Some(span) => self.run(&closure, begin(self.krate, span, Begin::Enter), span),
        };
        *closure.body = Expr::Verbatim(hygienic!({
            let __attached = __captured.attach_again();
            #body
        }));
        if !owns {
            return Expr::Closure(closure);
        }
        // What may run whenever it likes borrows nothing, so `move` adds no more than the context.
        closure.capture.get_or_insert_with(<Token![move]>::default);
        self.with_captured(TokenStream::new(), &closure)
    }

    fn with_captured(&self, bound: TokenStream, closure: &ExprClosure) -> Expr {
        let krate = self.krate;
        Expr::Verbatim(hygienic!({
            let __captured = #krate::__private::Captured::now();
            #bound
            #closure
        }))
    }

    /// The body of a closure, in a span of its own if it is to have one, and
    /// what has to be bound outside.
    fn run_in_span(
        &self,
        closure: &ExprClosure,
        start: Option<Start<'_>>,
    ) -> (TokenStream, TokenStream) {
        let (bound, start) = bind(start);
        let body = match start {
            None => closure.body.to_token_stream(),
            Some(Start { span, deferred }) => self.run(closure, hygienic!(#deferred.enter()), span),
        };
        (bound, body)
    }

    fn run(&self, closure: &ExprClosure, entered: TokenStream, span: &Span) -> TokenStream {
        let krate = self.krate;
        let ExprClosure { output, body, .. } = closure;
        let returns = match &**body {
            Expr::Block(block) => !never_returns(block.block.stmts.last()),
            body => !is_endless(body),
        };
        let observer = observer_unless_endless(krate, span, returns);
        let body = match output {
            syn::ReturnType::Default => quote::quote!(|| #body),
            syn::ReturnType::Type(..) => quote::quote!(|| #output #body),
        };
        hygienic!(#krate::__private::run(#entered, #body, #observer))
    }
}

/// The start of the span as a local of the spawner's, where its attributes are.
fn bind(start: Option<Start<'_>>) -> (TokenStream, Option<Start<'_>>) {
    let Some(Start { span, deferred }) = start else {
        return (TokenStream::new(), None);
    };
    let bound = hygienic!(let __span = #deferred;);
    let deferred = hygienic!(__span);
    (bound, Some(Start { span, deferred }))
}

/// Of what never returns, rustc cannot tell the type in time to ask it for errors.
fn observer_unless_endless(krate: &TokenStream, span: &Span, returns: bool) -> TokenStream {
    match returns {
        true => observer(krate, span),
        false => hygienic!(|_| ::core::option::Option::None),
    }
}

/// Whether a block with this last statement is a worker's, or only panics.
pub(crate) fn never_returns(last: Option<&Stmt>) -> bool {
    match last {
        Some(Stmt::Expr(tail, _)) => is_endless(tail),
        Some(Stmt::Macro(tail)) => panics(&tail.mac),
        _ => false,
    }
}

pub(crate) fn is_endless(expr: &Expr) -> bool {
    match expr {
        // One with a `break` has a value, which is hardly ever a `Result`.
        Expr::Loop(_) => true,
        Expr::Macro(call) => panics(&call.mac),
        Expr::Block(block) => never_returns(block.block.stmts.last()),
        _ => false,
    }
}

fn panics(call: &syn::Macro) -> bool {
    const PANICS: &[&str] = &["panic", "todo", "unimplemented", "unreachable"];
    let name = call.path.segments.last();
    name.is_some_and(|name| PANICS.iter().any(|known| name.ident == known))
}

/// Whether the context was carried into a unit already: by `#[traced_spawn]` above
/// `#[traced]`, or the other way round. What is ours deeper in it does not say so: a span
/// that stands in the unit is written with calls of ours too.
pub(super) fn is_carried(unit: &Expr) -> bool {
    match tail_of(unit) {
        Expr::Closure(closure) => attaches(&closure.body),
        Expr::Call(call) if ends_in(&call.func, "Box", &["pin", "new"]) => {
            call.args.first().is_some_and(is_carried)
        }
        Expr::Call(call) => ends_in(&call.func, "__private", &["carry"]),
        Expr::Macro(call) => {
            const WAYS: &[&str] = &["carry_place", "carry_unit", "carry_unit_in"];
            ends_path(&call.mac.path, "__private", WAYS)
        }
        _ => false,
    }
}

/// Whether the body of a closure begins by attaching the context that it owns or borrows.
fn attaches(body: &Expr) -> bool {
    let Expr::Block(body) = body else {
        return false;
    };
    matches!(body.block.stmts.first(), Some(Stmt::Local(local))
        if matches!(&local.pat, Pat::Ident(guard) if guard.ident == "__attached"))
}

/// The expression whose value this expression has, as far as braces go.
fn tail_of(expr: &Expr) -> &Expr {
    match expr {
        Expr::Block(block) => match block.block.stmts.last() {
            Some(Stmt::Expr(tail, None)) => tail_of(tail),
            _ => expr,
        },
        Expr::Paren(inner) => tail_of(&inner.expr),
        Expr::Group(inner) => tail_of(&inner.expr),
        _ => expr,
    }
}

/// The closure or `async` block that the expression is, boxed or not.
fn literal(expr: &Expr) -> Option<&Expr> {
    match tail_of(expr) {
        Expr::Call(call) if is_box_around_literal(call) => call.args.first().map(tail_of),
        tail @ (Expr::Async(_) | Expr::Closure(_)) => Some(tail),
        _ => None,
    }
}

/// `Box::pin(async ..)` and `Box::new(|| ..)`.
fn is_box_around_literal(call: &ExprCall) -> bool {
    let is_box = ends_in(&call.func, "Box", &["pin", "new"]);
    let content = call.args.first().map(tail_of);
    is_box && matches!(content, Some(Expr::Async(_) | Expr::Closure(_)))
}

/// A variable, or a field of one.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(field) => is_place(&field.base),
        _ => false,
    }
}

/// `traced::carry(..)`: who writes it at a site we see loses nothing.
fn is_carried_by_hand(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call) if ends_in(&call.func, "traced", &["carry", "carry_fn"]))
}

/// Whether a function is called by a path that ends in `owner::name`, of one of the names.
fn ends_in(function: &Expr, owner: &str, names: &[&str]) -> bool {
    matches!(function, Expr::Path(function) if ends_path(&function.path, owner, names))
}

fn ends_path(path: &Path, owner: &str, names: &[&str]) -> bool {
    let mut segments = path.segments.iter().rev();
    let last = segments.next();
    last.is_some_and(|last| names.iter().any(|name| last.ident == name))
        && segments.next().is_some_and(|before| before.ident == owner)
}

/// What no spawner of futures or closures takes, so that a method that happens
/// to be called `spawn` keeps its arguments, and their inferred types.
fn is_never_a_unit(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Array(_)
            | Expr::Binary(_)
            | Expr::Cast(_)
            | Expr::Closure(_)
            | Expr::Lit(_)
            | Expr::Range(_)
            | Expr::Reference(_)
            | Expr::Repeat(_)
            | Expr::Struct(_)
            | Expr::Tuple(_)
            | Expr::Verbatim(_)
    )
}
