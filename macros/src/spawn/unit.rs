//! The argument that is the unit of work, with the context carried into it.

use proc_macro2::{Delimiter, Span as Place, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Block, Expr, ExprCall, ExprClosure, Pat, Path, Stmt, Token, Type, parse_quote_spanned};

use super::table::{Spawner, Takes};
use super::{Carrier, invoke};
use crate::model::{Span, Units};
use crate::rewrite::{Begin, begin, observer};

/// The span of a unit, and how its start is written here.
struct Start<'s> {
    span: &'s Span,
    deferred: TokenStream,
}

/// Whether an expression can be what the spawner takes.
pub(super) fn is_unit(argument: &Expr, spawner: &Spawner) -> bool {
    match (spawner.takes, argument) {
        (Takes::Maker, _) => true,
        (Takes::Anything, Expr::Closure(closure)) => closure.asyncness.is_none(),
        (Takes::Anything, _) => !is_never_a_unit(argument),
        (Takes::Borrowed, Expr::Closure(closure)) => closure.inputs.len() == 1,
        // In a scope, what is shared may borrow, and then cannot own the context.
        (Takes::Shared, Expr::Closure(closure)) => {
            closure.capture.is_some() || closure.inputs.len() == 1
        }
        (Takes::AsyncBlock, _) => matches!(literal(argument), Some(Expr::Async(_))),
        (Takes::Closure(parameters), _) => match literal(argument) {
            Some(Expr::Closure(closure)) => closure.inputs.len() == parameters,
            _ => spawner.is_certain && !is_never_a_unit(argument),
        },
        // A closure in parentheses would not know its parameter's type in a variable of ours.
        (Takes::Borrowed | Takes::Shared, _) => {
            spawner.is_certain && literal(argument).is_none() && !is_never_a_unit(argument)
        }
    }
}

/// Where a unit stands, so that what rustc says of it, it says there.
struct Site<'s> {
    krate: &'s TokenStream,
    units: &'s Units,
    place: Place,
}

impl Carrier<'_> {
    /// Carries the context into a unit; answers whether that borrows a
    /// `__captured` from around the call.
    pub(super) fn carry_argument(&self, unit: &mut Expr, takes: Takes) -> bool {
        let place = unit.span();
        let site = Site {
            krate: self.krate,
            units: self.units,
            place,
        };
        site.carry_argument(unit, takes)
    }
}

impl Site<'_> {
    fn carry_argument(&self, unit: &mut Expr, takes: Takes) -> bool {
        match (takes, &mut *unit) {
            (Takes::Maker, Expr::Closure(closure)) if closure.asyncness.is_none() => {
                let start = self.start();
                *unit = self.carry_maker(closure, start);
            }
            (Takes::Maker, unit) => {
                let krate = self.krate;
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
        invoke(self.krate, name, self.place..self.place, arguments)
    }

    fn in_span(&self, future: TokenStream, start: Option<Start<'_>>, returns: bool) -> TokenStream {
        let Some(Start { deferred, .. }) = start else {
            return future;
        };
        let krate = self.krate;
        let private = hygienic_at!(self.place=> #krate::__private);
        match returns {
            true => hygienic_at!(self.place=> #private::future_in!(#deferred, #future)),
            false => {
                hygienic_at!(self.place=> #private::deferred(#deferred, #future, #private::ByNothing))
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
    ///          |scope| { match __captured.attach() { __attached => work(scope) } }
    ///      }
    /// ```
    fn carry_closure(&self, closure: &ExprClosure, start: Option<Start<'_>>) -> Expr {
        // A future that the closure makes is polled after the closure is gone.
        if matches!(tail_of(&closure.body), Expr::Async(_)) {
            return self.carry_maker(closure, start);
        }
        let mut closure = closure.clone();
        let (bound, body) = self.run_in_span(&closure, start);
        *closure.body = self.attached(hygienic_at!(self.place=> __captured.attach()), body);
        self.with_captured(bound, &closure)
    }

    /// ```text
    /// In:  || work(id)
    /// Out: {
    ///          let __captured = ::traced::__private::Captured::now();
    ///          || { match __captured.attach() { __attached => carry_unit!(work(id)) } }
    ///      }
    /// ```
    fn carry_maker(&self, closure: &ExprClosure, start: Option<Start<'_>>) -> Expr {
        let mut closure = closure.clone();
        let (bound, start) = self.bind(start);
        self.carry_unit(&mut closure.body, start);
        let body = closure.body.to_token_stream();
        *closure.body = self.attached(hygienic_at!(self.place=> __captured.attach()), body);
        self.with_captured(bound, &closure)
    }

    /// A closure that runs many times, which so must not give away its context.
    ///
    /// ```text
    /// In:  |worker| warm(worker)
    /// Out: |worker| { match __captured.attach_again() { __attached => warm(worker) } }
    /// ```
    fn carry_shared(&self, closure: &ExprClosure, owns: bool) -> Expr {
        let mut closure = closure.clone();
        let body = &closure.body;
        let body = match &self.units.span {
            None => body.to_token_stream(),
            Some(span) => self.run(&closure, begin(self.krate, span, Begin::Enter), span),
        };
        *closure.body = self.attached(hygienic_at!(self.place=> __captured.attach_again()), body);
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
        let place = Place::mixed_site().located_at(self.place);
        let mut closure = parse_quote_spanned!(place=> move |__given| #unit(__given));
        self.carry_argument(&mut closure, takes);
        Expr::Verbatim(hygienic_at!(self.place=> {
            let #unit = #function;
            #closure
        }))
    }

    /// The body of a closure in a context, until the last of its temporaries is dropped:
    /// up to Rust 2021 those of its tail live longer than its locals.
    fn attached(&self, attach: TokenStream, body: TokenStream) -> Expr {
        let body = match is_cut_short(&body) {
            true => hygienic_at!(self.place=> (#body)),
            false => body,
        };
        Expr::Verbatim(hygienic_at!(self.place=> {
            match #attach {
                __attached => #body
            }
        }))
    }

    fn with_captured(&self, bound: TokenStream, closure: &ExprClosure) -> Expr {
        let krate = self.krate;
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

    fn run(&self, closure: &ExprClosure, entered: TokenStream, span: &Span) -> TokenStream {
        let krate = self.krate;
        let ExprClosure { output, body, .. } = closure;
        let returns = match &**body {
            Expr::Block(block) => !never_returns(block.block.stmts.last()),
            body => !is_endless(body),
        };
        let observer = observer_unless_endless(krate, span, returns);
        let body = match output {
            syn::ReturnType::Default => quote!(|| #body),
            syn::ReturnType::Type(..) => quote!(|| #output #body),
        };
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

/// `{ a } + b`, of which an arm would take the block for all.
fn is_cut_short(body: &TokenStream) -> bool {
    const BLOCKS: &[&str] = &[
        "async", "const", "for", "if", "loop", "match", "unsafe", "while",
    ];
    let mut tokens = body.clone().into_iter();
    let begins_with_block = match tokens.next() {
        Some(TokenTree::Ident(word)) => BLOCKS.iter().any(|block| word == block),
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
        _ => false,
    };
    begins_with_block && tokens.next().is_some()
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
    let Some(Stmt::Expr(Expr::Match(attached), _)) = body.block.stmts.first() else {
        return false;
    };
    attached
        .arms
        .first()
        .is_some_and(|arm| matches!(&arm.pat, Pat::Ident(guard) if guard.ident == "__attached"))
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
pub(super) fn literal(expr: &Expr) -> Option<&Expr> {
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
            | Expr::Closure(_)
            | Expr::Lit(_)
            | Expr::Range(_)
            | Expr::Repeat(_)
            | Expr::Tuple(_)
            | Expr::Verbatim(_)
    ) || is_cast_of_none(expr)
        || is_borrow_of_none(expr)
}

/// `id as _`, whose type is for the call to say, and what is cast to no function and to
/// nothing with a name.
fn is_cast_of_none(expr: &Expr) -> bool {
    matches!(expr, Expr::Cast(cast) if !matches!(*cast.ty, Type::FnPtr(_) | Type::Path(_)))
}

/// `&2` and `&parse()?`: what is gone after the statement is no unit. `&work` may be one.
fn is_borrow_of_none(expr: &Expr) -> bool {
    let Expr::Reference(borrow) = expr else {
        return false;
    };
    let is_deref = |unary: &syn::ExprUnary| matches!(unary.op, syn::UnOp::Deref(_));
    match &*borrow.expr {
        Expr::Index(_) => false,
        Expr::Unary(unary) => !is_deref(unary),
        expr => !is_place(expr),
    }
}
