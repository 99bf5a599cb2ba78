//! A function of every shape, with `#[traced]` under the feature `annotated`.
//! `cargo xtask lints` compiles the file with and without the feature, every lint
//! on, and compares the warnings. Some bodies are on one line because of a lint.
#![warn(clippy::pedantic, clippy::nursery, clippy::all)]
#![warn(
    clippy::used_underscore_binding,
    clippy::implicit_return,
    clippy::shadow_reuse,
    clippy::shadow_same,
    clippy::shadow_unrelated,
    clippy::let_underscore_untyped,
    clippy::let_underscore_must_use,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::todo,
    clippy::unreachable,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::missing_docs_in_private_items,
    clippy::semicolon_outside_block,
    clippy::multiple_unsafe_ops_per_block,
    clippy::absolute_paths,
    clippy::std_instead_of_core,
    clippy::arithmetic_side_effects,
    clippy::min_ident_chars,
    clippy::single_call_fn,
    clippy::question_mark_used,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::unwrap_in_result,
    clippy::panic_in_result_fn
)]
#![warn(
    unused,
    let_underscore_drop,
    unreachable_pub,
    unused_lifetimes,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    missing_debug_implementations,
    missing_docs,
    redundant_lifetimes,
    tail_expr_drop_order,
    if_let_rescope,
    impl_trait_overcaptures,
    closure_returning_async_block,
    unit_bindings,
    redundant_imports
)]
#![forbid(unsafe_op_in_unsafe_fn, non_ascii_idents)]

use std::collections::HashMap;
use std::fmt::{self, Debug};
use std::pin::Pin;
use std::sync::Mutex;

#[cfg_attr(feature = "annotated", traced::traced)]
fn never_used(argument: u8) {}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn unused_variable(first: u8, _second: u8, _: u8) -> u8 { 1 }

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn one_line(n: u8) -> u8 { n }

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn call_of_another() -> u8 { one_line(1) }

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn empty() {}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn unit_returned(n: u8) -> () { drop(n) }

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn only_todo() -> u8 { todo!() }

#[cfg_attr(feature = "annotated", traced::traced)]
pub async fn only_todo_async() -> u8 { todo!() }

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn only_return(n: u8) -> u8 {
    return n;
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn early(text: &str) -> Result<u8, std::num::ParseIntError> {
    let parsed = text.parse::<u8>()?;
    if parsed == 0 {
        return Ok(1);
    }
    Ok(parsed)
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn needless_mut(mut n: u8) -> u8 {
    n
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn needed_mut(mut items: Vec<u8>) -> Vec<u8> {
    items.push(1);
    items
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn assigned_and_not_read(mut n: u8) {
    n = 2;
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn must_use_ignored() {
    one_result();
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn one_result() -> Result<u8, fmt::Error> {
    Ok(1)
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn items_after_statements(n: u8) -> u8 {
    let m = n;
    fn nested(n: u8) -> u8 {
        n
    }
    nested(m)
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn items_first(n: u8) -> HashMap<u8, u8> {
    use std::iter::once;
    const ONE: u8 = 1;
    once((n, ONE)).collect()
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn tail_temporary(counter: &Mutex<Vec<u8>>) -> usize {
    counter.lock().map_or(0, |items| items.len())
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn diverges() -> ! {
    panic!("never")
}

#[cfg_attr(feature = "annotated", traced::traced(allow(endless_span)))]
pub async fn diverges_later(n: u8) -> ! {
    loop {
        std::future::ready(n).await;
    }
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub async fn asynchronous(text: String, _unused: u8) -> usize {
    std::future::ready(text.len()).await
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub async fn no_await(n: u8) -> u8 {
    n
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub async fn yields_future() -> std::future::Ready<u8> {
    std::future::ready(1)
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn returns_future(n: u8) -> impl Future<Output = u8> {
    async move { n }
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn returns_box(n: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    let doubled = n.saturating_mul(2);
    Box::pin(async move { doubled })
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn returns_iterator(items: &[u8]) -> impl Iterator<Item = &u8> { items.iter() }

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn returns_closure() -> impl Fn(u8) -> u8 { |n| n }

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn generic<'a, T: Debug + ?Sized, const N: usize>(
    items: [&'a T; N],
    f: impl Fn(&T),
) -> Option<&'a T> {
    items.iter().for_each(|item| f(item));
    items.first().copied()
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn patterns((first, _): (u8, u8), [a, .., b]: [u8; 3], Point { x, y: _ }: Point) -> u8 {
    first.max(a).max(b).max(x)
}

/// A point.
#[derive(Clone, Copy, Debug)]
pub struct Point {
    /// x.
    pub x: u8,
    /// y.
    pub y: u8,
}

impl Point {
    #[cfg_attr(feature = "annotated", traced::traced)]
    pub fn x_mut(&mut self) -> &mut u8 {
        &mut self.x
    }

    pub const fn not_traced(&self) -> u8 {
        self.x
    }

    #[cfg_attr(feature = "annotated", traced::traced)]
    pub fn consumed(self) -> u8 {
        self.y
    }

    #[cfg_attr(feature = "annotated", traced::traced)]
    pub async fn later(&self, n: u8) -> Result<u8, String> {
        if n == 0 {
            return Err("zero".to_owned());
        }
        Ok(std::future::ready(self.x).await)
    }

    #[cfg_attr(feature = "annotated", traced::traced)]
    pub fn spawns(self) -> u8 {
        std::thread::spawn(move || self.x)
            .join()
            .unwrap_or_default()
    }
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub async fn reassigned(mut path: &str) -> usize {
    let local = path.replace('/', "");
    path = &local;
    path.len()
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn formats(name: &str) -> String {
    format!("{name:?}")
}

#[cfg_attr(feature = "annotated", traced::traced)]
#[track_caller]
pub fn at_caller(text: &str) -> Result<u8, std::num::ParseIntError> {
    let parsed = text.parse()?;
    Ok(parsed)
}

/// With a doc comment.
#[must_use]
#[inline]
#[cfg_attr(feature = "annotated", traced::traced)]
pub fn documented(n: u8) -> Option<u8> {
    #![allow(clippy::unnecessary_wraps, reason = "it is what this tests")]
    Some(n)
}

#[async_trait::async_trait]
/// A service.
pub trait Service {
    /// Calls.
    async fn call(&self, request: String) -> Result<usize, String>;
}

#[async_trait::async_trait]
impl Service for Point {
    #[cfg_attr(feature = "annotated", traced::traced)]
    async fn call(&self, request: String) -> Result<usize, String> {
        Ok(request.len())
    }
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn spawns_in_braces(number: std::sync::mpsc::Receiver<u8>, other: u8) {
    let first = std::thread::spawn(move || { number.recv() });
    let second = std::thread::spawn(move || -> u8 { other });
    let third = std::thread::spawn(|| { std::thread::yield_now() });
    let fourth = std::thread::spawn(move || match other { 0 => 1, _ => 2 } + other);
    let fifth = std::thread::spawn(move || { use std::cmp::max; max(other, 1) });
    drop((first.join(), second.join(), third.join(), fourth.join(), fifth.join()));
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn spawns_what_cannot_be_reached(pool: &Pool) {
    pool.spawn_pinned(|| {
        panic!("first");
        #[allow(unreachable_code)]
        async {}
    });
}

/// A pool that makes its futures where they run.
#[derive(Debug)]
pub struct Pool;

impl Pool {
    /// Takes a maker.
    #[cfg_attr(feature = "annotated", traced::traced)]
    pub fn spawn_pinned<M: FnOnce() -> F + Send + 'static, F: Future<Output = ()>>(&self, make: M) {
        drop(std::thread::spawn(move || drop(make())));
    }
}

#[cfg_attr(feature = "annotated", traced::traced(attributes(text), lazy(len = text.len())))]
pub fn lazy_in_a_block(text: &str) -> impl Future<Output = usize> + '_ {
    async move { text.len() }
}

#[cfg_attr(feature = "annotated", traced::traced(lazy(len = text.len())))]
pub fn lazy_at_the_call(text: String) -> impl Future<Output = usize> {
    async { drop(text); 0 }
}

#[cfg_attr(feature = "annotated", traced::traced(enabled = *on, baggage(text)))]
pub fn enabled_with_baggage(on: &bool, text: &str) -> usize { text.len() + usize::from(*on) }

#[cfg_attr(feature = "annotated", traced::traced(current, enabled = *on, baggage(text)))]
pub async fn current_with_baggage(on: &bool, text: &str) -> usize { text.len() + usize::from(*on) }

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn compiled_out(#[cfg(any())] gone: String, _kept: String) {}

/// An error that is too large.
#[derive(Debug)]
pub struct LargeError([u8; 300]);

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn returns_large_error(n: u8) -> Result<u8, LargeError> {
    n.checked_add(1).ok_or(LargeError([n; 300]))
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub async fn returns_large_error_later(n: u8) -> Result<u8, LargeError> {
    n.checked_add(1).ok_or(LargeError([n; 300]))
}

/// A trait whose implementations cannot choose what they return.
pub trait Fails {
    /// Fails.
    #[expect(clippy::result_large_err, reason = "it is what this tests")]
    fn fails(&self, n: u8) -> Result<u8, LargeError>;

    /// Fails in a future.
    fn fails_later(&self, n: u8) -> Pin<Box<dyn Future<Output = Result<u8, LargeError>> + Send>>;
}

impl Fails for Point {
    #[cfg_attr(
        feature = "annotated",
        expect(
            clippy::result_large_err,
            reason = "the closure that holds the body returns what the trait demands"
        )
    )]
    #[cfg_attr(feature = "annotated", traced::traced)]
    fn fails(&self, n: u8) -> Result<u8, LargeError> {
        n.checked_add(self.x).ok_or(LargeError([n; 300]))
    }

    #[cfg_attr(feature = "annotated", traced::traced)]
    fn fails_later(&self, n: u8) -> Pin<Box<dyn Future<Output = Result<u8, LargeError>> + Send>> {
        Box::pin(std::future::ready(Err(LargeError([n; 300]))))
    }
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn not_consumed(text: String, items: Vec<u8>) -> usize {
    text.len().max(items.len())
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub async fn not_consumed_later(text: String) -> usize {
    text.len()
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn boxed(n: Box<u8>) -> u8 {
    *n
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn unwraps(text: &str) -> Result<u8, String> {
    let parsed = text.parse::<u8>().unwrap();
    if parsed == 0 {
        return Err("zero".to_owned());
    }
    Ok(parsed)
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub async fn unwraps_later(text: &str) -> Result<u8, String> {
    let parsed = text.parse::<u8>().unwrap();
    if parsed == 0 {
        return Err("zero".to_owned());
    }
    Ok(parsed)
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn asserts(n: u8) -> Result<u8, String> {
    assert!(n > 1, "too small");
    if n == 2 {
        return Err("two".to_owned());
    }
    Ok(n)
}

#[cfg_attr(feature = "annotated", traced::traced)]
fn not_mutated(items: &mut Vec<u8>) -> usize {
    items.len()
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn returns_none(n: Option<u8>) -> Option<u8> {
    n?.checked_add(not_mutated(&mut Vec::new()).try_into().ok()?)
}

#[cfg_attr(feature = "annotated", traced::traced)]
pub fn recurs_for_ever(n: u8) -> u8 {
    recurs_for_ever(n)
}

// Annotated functions keep their own warnings, so that an `#[expect]` above the attribute is
// fulfilled: one that is not would be a new warning.

#[expect(clippy::result_large_err, reason = "it is what this tests")]
#[cfg_attr(feature = "annotated", traced::traced)]
pub fn expects_large_error(n: u8) -> Result<u8, LargeError> {
    n.checked_add(1).ok_or(LargeError([n; 300]))
}

#[expect(clippy::ptr_arg, reason = "it is what this tests")]
#[cfg_attr(feature = "annotated", traced::traced)]
pub fn expects_slice(items: &Vec<u8>) -> usize {
    items.len()
}

#[expect(clippy::needless_pass_by_value, reason = "it is what this tests")]
#[cfg_attr(feature = "annotated", traced::traced)]
pub async fn expects_reference(text: String) -> usize {
    text.len()
}

#[expect(clippy::panic_in_result_fn, reason = "it is what this tests")]
#[cfg_attr(feature = "annotated", traced::traced)]
pub fn expects_no_panic(n: u8) -> Result<u8, String> {
    assert!(n > 1, "too small");
    if n == 2 {
        return Err("two".to_owned());
    }
    Ok(n)
}

#[expect(clippy::unwrap_used, reason = "it is what this tests")]
#[cfg_attr(feature = "annotated", traced::traced)]
pub fn expects_no_unwrap(n: Option<u8>) -> u8 {
    n.unwrap()
}

#[expect(clippy::let_and_return, reason = "it is what this tests")]
#[cfg_attr(feature = "annotated", traced::traced)]
pub fn expects_tail(n: u8) -> u8 {
    let doubled = n.saturating_mul(2);
    doubled
}

#[expect(clippy::needless_return, reason = "it is what this tests")]
#[cfg_attr(feature = "annotated", traced::traced)]
pub async fn expects_no_return(n: u8) -> u8 {
    return n;
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "it is what this tests")]
#[cfg_attr(feature = "annotated", traced::traced)]
pub fn expects_copy(n: &u8) -> u8 {
    *n
}

#[expect(unused_variables, reason = "it is what this tests")]
#[cfg_attr(feature = "annotated", traced::traced)]
pub fn expects_use(n: u8) {}

#[expect(unused_assignments, reason = "it is what this tests")]
#[cfg_attr(feature = "annotated", traced::traced)]
pub fn expects_read(mut n: u8) {
    n = 2;
}

#[expect(unreachable_code, reason = "it is what this tests")]
#[cfg_attr(feature = "annotated", traced::traced)]
pub async fn expects_reached(n: u8) -> u8 {
    return n;
    drop(std::future::ready(n).await);
}

#[async_trait::async_trait]
impl Service for Pool {
    #[expect(clippy::unwrap_used, reason = "it is what this tests")]
    #[cfg_attr(feature = "annotated", traced::traced)]
    async fn call(&self, request: String) -> Result<usize, String> {
        let parsed: usize = request.parse().unwrap();
        if parsed == 0 {
            return Err("zero".to_owned());
        }
        Ok(parsed)
    }
}
