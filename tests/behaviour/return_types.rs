//! Functions of every shape have one span and keep their meaning.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Display;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use traced::testing::{Spans, capture, capture_async};
use traced::traced;

/// Runs a case and expects exactly one span with this name.
fn one<R>(name: &str, run: impl FnOnce() -> R) -> R {
    let (out, spans) = capture(run);
    assert_eq!(names(&spans), [name]);
    out
}

fn names(spans: &Spans) -> Vec<&str> {
    spans.iter().map(|span| span.name()).collect()
}

struct Store {
    items: Vec<String>,
}

impl Store {
    #[traced]
    fn first_mut(&mut self) -> &mut String {
        &mut self.items[0]
    }

    #[traced]
    fn find_mut(&mut self, key: &str) -> Result<&mut String, String> {
        self.items
            .iter_mut()
            .find(|item| *item == key)
            .ok_or_else(|| key.to_owned())
    }

    #[traced]
    async fn longest<'s>(&'s self, other: &'s str) -> &'s str {
        self.items
            .iter()
            .map(String::as_str)
            .max_by_key(|item| item.len())
            .unwrap_or(other)
    }

    #[traced]
    fn boxed(self: Box<Self>) -> usize {
        self.items.len()
    }

    #[traced]
    fn shared(self: &Arc<Self>) -> Arc<Self> {
        Arc::clone(self)
    }

    #[traced]
    fn counted(self: Rc<Self>) -> usize {
        Rc::strong_count(&self)
    }

    #[traced]
    fn pinned(self: Pin<&mut Self>) -> usize {
        self.get_mut().items.len()
    }

    #[traced]
    fn consumed(mut self) -> Vec<String> {
        self.items.push("last".into());
        self.items
    }
}

fn store() -> Store {
    Store {
        items: vec!["a".into(), "bb".into()],
    }
}

#[test]
fn a_method_may_give_out_a_mutable_borrow() {
    let mut store = store();
    one("first_mut", || store.first_mut().push('!'));
    assert_eq!(store.items[0], "a!");
    one("find_mut", || store.find_mut("bb").unwrap().push('!'));
    assert_eq!(store.items[1], "bb!");
}

#[test]
fn a_method_may_have_any_receiver() {
    assert_eq!(one("boxed", || Box::new(store()).boxed()), 2);
    assert_eq!(
        one("shared", || Arc::strong_count(&Arc::new(store()).shared())),
        2
    );
    assert_eq!(one("counted", || Rc::new(store()).counted()), 1);
    assert_eq!(one("pinned", || Pin::new(&mut store()).pinned()), 2);
    assert_eq!(one("consumed", || store().consumed().len()), 3);
}

#[tokio::test]
async fn an_async_method_may_return_a_borrow() {
    let store = store();
    let (longest, spans) = capture_async(store.longest("c")).await;
    assert_eq!(longest, "bb");
    assert_eq!(names(&spans), ["longest"]);
}

trait Shape {
    #[traced]
    fn describe(&self) -> String {
        format!("{} sides", self.sides())
    }

    fn sides(&self) -> u32;

    fn area(&self) -> impl Future<Output = f64> + Send;
}

struct Square;

impl Shape for Square {
    #[traced]
    fn sides(&self) -> u32 {
        4
    }

    #[traced]
    async fn area(&self) -> f64 {
        tokio::task::yield_now().await;
        1.0
    }
}

#[tokio::test]
async fn trait_methods_default_and_implemented() {
    let (described, spans) = capture(|| Square.describe());
    assert_eq!(described, "4 sides");
    assert_eq!(spans.tree(), "describe\n  sides\n");
    let (_, spans) = capture_async(Square.area()).await;
    assert_eq!(names(&spans), ["area"]);
}

#[async_trait::async_trait]
trait Repository {
    async fn load(&self, id: u64) -> Result<String, String>;

    #[traced]
    async fn load_default(&self, id: u64) -> Result<String, String> {
        self.load(id).await
    }
}

struct Sql {
    prefix: String,
}

#[async_trait::async_trait]
impl Repository for Sql {
    #[traced(attributes(id, prefix = self.prefix))]
    async fn load(&self, id: u64) -> Result<String, String> {
        tokio::task::yield_now().await;
        if id == 0 {
            Err("no such row")?;
        }
        Ok(format!("{}{id}", self.prefix))
    }
}

#[tokio::test]
async fn async_trait_methods_are_timed_to_their_end_and_record_errors() {
    let sql = Sql { prefix: "#".into() };
    let (loaded, spans) = capture_async(sql.load_default(7)).await;
    assert_eq!(loaded.unwrap(), "#7");
    assert_eq!(spans.tree(), "load_default\n  load id=7 prefix=#\n");
    let (_, spans) = capture_async(sql.load(0)).await;
    assert_eq!(spans.named("load").exceptions().len(), 1);
}

#[traced]
fn boxed_future(n: u8) -> Pin<Box<dyn Future<Output = Result<u8, String>> + Send>> {
    if n == 0 {
        return Box::pin(async { Err("zero".to_owned()) });
    }
    Box::pin(std::future::ready(Ok(n)))
}

#[tokio::test]
async fn a_boxed_future_is_timed_and_its_error_recorded() {
    tokio::spawn(boxed_future(1)).await.unwrap().unwrap();
    let (_, spans) = capture_async(async { boxed_future(0).await }).await;
    assert_eq!(spans.named("boxed_future").exceptions().len(), 1);
}

#[traced]
fn numbers(limit: u32) -> impl Iterator<Item = u32> {
    (0..limit).map(|n| n * n)
}

#[traced]
fn adder(by: i32) -> impl Fn(i32) -> i32 {
    move |n| n + by
}

#[traced]
fn parse_with() -> Result<impl Iterator<Item = u8>, std::num::ParseIntError> {
    Ok(vec!["1".parse()?].into_iter())
}

#[test]
fn opaque_types_are_returned() {
    assert_eq!(one("numbers", || numbers(3).sum::<u32>()), 5);
    assert_eq!(one("adder", || adder(1)(2)), 3);
    assert_eq!(one("parse_with", || parse_with().unwrap().count()), 1);
}

#[traced]
fn inferred() -> Result<Box<dyn FnOnce() + Send>, Vec<String>> {
    Ok(Box::new(|| ()))
}

#[traced]
fn collected(words: &[&str]) -> HashMap<String, usize> {
    words
        .iter()
        .map(|word| ((*word).to_owned(), word.len()))
        .collect()
}

#[traced]
async fn inferred_async() -> Result<Box<dyn Display + Send>, String> {
    Ok(Box::new(1))
}

#[tokio::test]
async fn the_return_type_drives_inference_as_before() {
    one("inferred", || inferred().unwrap()());
    assert_eq!(one("collected", || collected(&["a"]))["a"], 1);
    assert_eq!(inferred_async().await.unwrap().to_string(), "1");
}

#[traced]
async fn reassigned(mut path: &str) -> usize {
    let local = path.replace('/', "");
    path = &local;
    tokio::task::yield_now().await;
    path.len()
}

#[traced]
fn extended(mut parts: Vec<&str>) -> String {
    let local = String::from("end");
    parts.push(&local);
    parts.join(" ")
}

#[tokio::test]
async fn an_argument_may_be_pointed_at_a_local() {
    assert_eq!(reassigned("/a/b").await, 2);
    assert_eq!(extended(vec!["to", "the"]), "to the end");
}

/// Parameters that refer to locals: the body only assigns to them.
#[allow(unused_assignments, unused_variables)]
mod pointed_at_a_local {
    use super::*;

    struct Wrapped<'w> {
        inner: &'w str,
    }

    #[traced]
    async fn reference(mut to: &str) {
        let local = String::new();
        to = &local;
    }

    #[traced]
    async fn looked_at(#[attribute] mut to: &str) {
        let local = String::new();
        to = &local;
    }

    #[traced]
    async fn mutable_reference(mut to: &mut u8) {
        let mut local = 1;
        to = &mut local;
    }

    #[traced]
    async fn generic_reference<T: Default>(mut to: &T) {
        let local = T::default();
        to = &local;
    }

    #[traced]
    async fn slice(mut to: &[u8]) {
        let local = vec![1];
        to = &local;
    }

    #[traced]
    async fn option(mut to: Option<&str>) {
        let local = String::new();
        to = Some(&local);
    }

    #[traced]
    async fn in_a_tuple((mut to, _other): (&str, u8)) {
        let local = String::new();
        to = &local;
    }

    #[traced]
    async fn in_a_struct(Wrapped { inner: mut to }: Wrapped<'_>) {
        let local = String::new();
        to = &local;
    }

    #[traced]
    async fn its_field(mut to: Wrapped<'_>) {
        let local = String::new();
        to.inner = &local;
    }

    #[traced]
    async fn both_at_once(mut to: &str, mut other: &str) {
        let local = String::new();
        (to, other) = (&local, &local);
    }

    #[traced]
    async fn in_a_loop(mut to: &str, turns: u8) {
        let local = String::new();
        for _ in 0..turns {
            to = &local;
            tokio::task::yield_now().await;
        }
    }

    #[traced]
    fn sync_in_a_tuple((mut to, _other): (&str, u8)) {
        let local = String::new();
        to = &local;
    }

    #[tokio::test]
    async fn compiles_in_every_form() {
        let ((), spans) = capture_async(async {
            reference("").await;
            looked_at("before").await;
            mutable_reference(&mut 1).await;
            generic_reference(&1).await;
            slice(&[]).await;
            option(None).await;
            in_a_tuple(("", 1)).await;
            in_a_struct(Wrapped { inner: "" }).await;
            its_field(Wrapped { inner: "" }).await;
            both_at_once("", "").await;
            in_a_loop("", 2).await;
            sync_in_a_tuple(("", 1));
        })
        .await;
        assert_eq!(spans.len(), 12);
        assert_eq!(
            spans.named("looked_at").attribute("to"),
            Some("before".into())
        );
    }
}

/// Closures whose type is determined by the function's signature only.
mod closures_of_async_functions {
    use super::*;

    #[traced]
    async fn trimmer() -> impl Fn(&str) -> &str {
        |text| text.trim()
    }

    #[traced]
    async fn more_bounds() -> impl FnMut(&mut Vec<u8>, &[u8]) -> usize + Clone + Send {
        |all, more| {
            all.extend(more);
            all.len()
        }
    }

    #[traced]
    async fn lifetimes_of_its_own() -> impl for<'t> Fn(&'t str, &str) -> &'t str {
        |text, _| text
    }

    #[traced]
    async fn of_the_function<'s>(suffix: &'s str) -> impl Fn(&str) -> Cow<'s, str> {
        move |text| match text.is_empty() {
            true => Cow::Borrowed(suffix),
            false => Cow::Owned(text.to_owned() + suffix),
        }
    }

    #[traced]
    async fn generic<T: Clone + 'static>(other: T) -> impl Fn(&T) -> (T, T) {
        move |one| (one.clone(), other.clone())
    }

    #[traced]
    async fn returns_a_closure() -> impl Fn(&str) -> Box<dyn Fn(&str) -> bool> {
        |text| {
            let text = text.to_owned();
            Box::new(move |other| text == other)
        }
    }

    #[traced]
    async fn in_a_tuple() -> (impl Fn(&str) -> Option<&str>, u8) {
        (|text| text.split(',').next(), 1)
    }

    #[traced]
    async fn boxed() -> Box<dyn Fn(&str) -> &str + Send> {
        Box::new(|text| text.trim())
    }

    #[traced]
    async fn boxed_in_a_result(fails: bool) -> Result<Box<dyn Fn(&str) -> &str>, String> {
        if fails {
            return Err("no closure".to_owned());
        }
        Ok(Box::new(|text| text.trim()))
    }

    fn trim(text: &str) -> &str {
        text.trim()
    }

    #[traced]
    async fn in_a_result(number: &str) -> Result<impl Fn(&str) -> &str, std::num::ParseIntError> {
        let _: u8 = number.parse()?;
        Ok(trim)
    }

    struct Store<T>(T);

    impl<T: Clone + 'static> Store<T> {
        #[traced]
        async fn method(&self) -> impl Fn(&Self, &T) -> usize + use<T> {
            |store, _| std::mem::size_of_val(store)
        }
    }

    #[tokio::test]
    async fn are_typed_as_in_the_plain_function() {
        let (failed, spans) = capture_async(async {
            assert_eq!(trimmer().await(" a "), "a");
            assert_eq!(more_bounds().await(&mut vec![1], &[2]), 2);
            assert_eq!(lifetimes_of_its_own().await("a", "b"), "a");
            assert_eq!(of_the_function("b").await("a"), "ab");
            assert_eq!(generic(1).await(&2), (2, 1));
            assert!(returns_a_closure().await("a")("a"));
            assert_eq!(in_a_tuple().await.0("a,b"), Some("a"));
            assert_eq!(boxed().await(" a "), "a");
            assert_eq!(boxed_in_a_result(false).await.unwrap()(" a "), "a");
            assert_eq!(in_a_result("1").await.unwrap()(" a "), "a");
            assert_eq!(Store(1_u8).method().await(&Store(1), &1), 1);
            (
                boxed_in_a_result(true).await.is_err(),
                in_a_result("x").await.is_err(),
            )
        })
        .await;
        assert_eq!(failed, (true, true));
        assert_eq!(spans.len(), 13);
        let errors = spans
            .iter()
            .filter(|span| span.attribute("error.type").is_some());
        assert_eq!(errors.count(), 2);
    }
}

#[allow(unsafe_code)]
#[traced]
async unsafe fn unsafe_async(pointer: *const u8) -> u8 {
    unsafe { *pointer }
}

#[allow(unsafe_code)]
#[traced]
unsafe extern "C" fn unsafe_c(n: i32) -> i32 {
    n + 1
}

#[tokio::test]
async fn qualifiers_stay() {
    let n = 5;
    // SAFETY: the pointer is to a local variable; the other function touches no memory.
    #[allow(unsafe_code)]
    unsafe {
        assert_eq!(unsafe_async(&n).await, 5);
        let pointer: unsafe extern "C" fn(i32) -> i32 = unsafe_c;
        assert_eq!(pointer(1), 2);
    }
}

#[traced]
fn diverges() -> ! {
    std::panic::resume_unwind(Box::new("bye"))
}

#[traced]
async fn diverges_later() -> ! {
    tokio::task::yield_now().await;
    std::panic::resume_unwind(Box::new("bye"))
}

#[tokio::test]
async fn functions_that_never_return_compile_and_end() {
    let (result, spans) = capture(|| std::panic::catch_unwind(|| diverges()));
    assert!(result.is_err());
    assert_eq!(names(&spans), ["diverges"]);
    assert!(
        tokio::spawn(async { diverges_later().await })
            .await
            .is_err()
    );
}

#[traced]
fn factorial(n: u64) -> u64 {
    if n == 0 { 1 } else { n * factorial(n - 1) }
}

#[traced]
fn recursive(n: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> {
    Box::pin(async move {
        if n == 0 {
            0
        } else {
            recursive(n - 1).await + 1
        }
    })
}

#[tokio::test]
async fn recursion_nests() {
    let (_, spans) = capture(|| factorial(2));
    assert_eq!(spans.tree(), "factorial\n  factorial\n    factorial\n");
    let (depth, spans) = capture_async(recursive(3)).await;
    assert_eq!((depth, spans.len()), (3, 4));
}

#[traced]
fn generic<'a, T, const N: usize>(
    items: &'a [T; N],
    default: impl Into<Cow<'a, str>>,
) -> Cow<'a, str>
where
    T: AsRef<str> + 'a,
{
    items
        .first()
        .map_or_else(|| default.into(), |item| Cow::Borrowed(item.as_ref()))
}

#[test]
fn a_function_may_have_generics_of_every_kind() {
    assert_eq!(one("generic", || generic(&["x"], "d")), "x");
}

#[traced]
fn inner_attributes(n: u8) -> u8 {
    #![allow(unused_variables, clippy::let_and_return)]
    let unused = 1;
    let out = n;
    out
}

#[test]
fn inner_attributes_stay() {
    assert_eq!(one("inner_attributes", || inner_attributes(1)), 1);
}

#[traced]
fn odd_names(span: u8, __guard: u8, __out: u8, __options: u8, result: u8) -> u8 {
    span + __guard + __out + __options + result
}

#[traced(attributes(__options, span))]
fn odd_names_recorded(__options: u8, span: u8) -> u8 {
    __options + span
}

#[test]
fn parameters_may_be_called_as_we_call_ours() {
    assert_eq!(one("odd_names", || odd_names(1, 1, 1, 1, 1)), 5);
    assert_eq!(one("odd_names_recorded", || odd_names_recorded(1, 1)), 2);
}

#[allow(dead_code)]
mod shadowed {
    mod std {}
    mod core {}
    struct Option;
    struct Result;
    trait Into {}

    #[traced::traced(attributes(n))]
    pub(super) fn f(n: u8) -> ::std::result::Result<u8, u8> {
        Err(n)
    }
}

#[test]
fn names_of_the_standard_library_may_be_taken() {
    assert_eq!(one("f", || shadowed::f(1)), Err(1));
}

macro_rules! make {
    ($vis:vis $name:ident($($argument:ident: $type:ty),*) -> $returned:ty $body:block) => {
        #[traced(attributes($($argument),*))]
        $vis fn $name($($argument: $type),*) -> $returned $body
    };
}

make!(pub(crate) made(a: u8, b: u8) -> u8 { a + b });

#[test]
fn a_macro_may_write_the_function() {
    assert_eq!(one("made", || made(1, 2)), 3);
}

#[traced]
fn with_cfg(#[cfg(any())] gone: Missing, #[allow(unused)] kept: u8) -> u8 {
    1
}

#[test]
fn parameters_may_have_attributes() {
    assert_eq!(one("with_cfg", || with_cfg(1)), 1);
}

#[traced]
fn inline_format(name: &str, width: usize) -> String {
    format!("{name:>width$}")
}

#[test]
fn a_parameter_named_in_a_format_string_only() {
    assert_eq!(one("inline_format", || inline_format("a", 3)), "  a");
}

mod found_in_published_crates {
    use super::*;

    type BoxFuture<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

    #[traced]
    fn behind_an_alias<T: Send, E: Send>(future: BoxFuture<T, E>) -> BoxFuture<T, E> {
        future
    }

    trait Customize<C: Send + 'static, E: 'static> {
        #[traced]
        fn customize<'a>(
            &'a self,
            _connection: &'a mut C,
        ) -> Pin<Box<dyn Future<Output = Result<(), E>> + Send + 'a>> {
            Box::pin(async { Ok(()) })
        }
    }

    impl Customize<u8, Vec<u8>> for () {}

    #[tokio::test]
    async fn a_boxed_future_of_generic_output_can_be_passed_on() {
        let future = Box::pin(async { Err("seen".to_owned()) });
        let (future, spans) = capture(|| behind_an_alias::<u8, String>(future));
        assert_eq!(names(&spans), ["behind_an_alias"]);
        assert!(future.await.is_err());
    }

    #[tokio::test]
    async fn an_output_that_only_the_signature_names_is_known() {
        let (_, spans) = capture_async(async { ().customize(&mut 1).await }).await;
        assert_eq!(names(&spans), ["customize"]);
    }

    #[traced]
    fn declares_a_type() -> &'static str {
        struct Local;
        std::any::type_name::<Local>()
    }

    #[test]
    fn items_in_a_body_keep_their_path() {
        let path = one("declares_a_type", declares_a_type);
        assert!(
            path.ends_with("found_in_published_crates::declares_a_type::Local"),
            "{path}"
        );
    }

    /// A function with the name of a spawner, which polls its future in place.
    fn spawn<F: Future>(future: F) -> Pin<Box<F>> {
        Box::pin(future)
    }

    #[traced]
    fn borrows_in_a_unit() -> Vec<u8> {
        let mut sent = Vec::new();
        let mut unit = spawn(std::future::poll_fn(|_| {
            sent.push(1);
            std::task::Poll::Ready(())
        }));
        let mut task = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(unit.as_mut().poll(&mut task).is_ready());
        sent.push(2);
        sent
    }

    #[test]
    fn a_carried_unit_borrows_no_longer_than_the_plain_one() {
        assert_eq!(one("borrows_in_a_unit", borrows_in_a_unit), [1, 2]);
    }

    #[traced]
    fn items_beside_a_macros() -> u8 {
        thread_local! {
            static DROPS: std::cell::Cell<u8> = const { std::cell::Cell::new(0) };
        }
        struct Counted;
        impl Drop for Counted {
            fn drop(&mut self) {
                DROPS.set(DROPS.get() + 1);
            }
        }
        drop(Counted);
        DROPS.get()
    }

    #[traced]
    fn only_assigns(a: String, mut _x: String) {
        _x = a;
    }

    #[traced]
    fn passes_a_stream_on<S, U>(stream: S) -> Pin<Box<dyn futures_core::Stream<Item = U>>>
    where
        S: futures_core::Stream<Item = U> + 'static,
    {
        Box::pin(stream)
    }

    struct Slots;

    impl std::ops::Index<usize> for Slots {
        type Output = u8;

        #[traced]
        fn index(&self, _: usize) -> &u8 {
            LINE.set(std::panic::Location::caller().line());
            &1
        }
    }

    thread_local! {
        static LINE: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
    }

    #[test]
    fn what_the_second_run_over_them_found() {
        assert_eq!(one("items_beside_a_macros", items_beside_a_macros), 1);
        one("only_assigns", || {
            only_assigns(String::new(), String::new());
        });
        let _ = passes_a_stream_on::<std::pin::Pin<Box<dyn futures_core::Stream<Item = u8>>>, u8>;
        let (line, _) = one("index", || (line!(), Slots[0]));
        assert_eq!(LINE.get(), line);
    }

    #[track_caller]
    #[traced]
    fn loops_to_its_end() {
        loop {
            if names_nothing() {
                return;
            }
        }
    }

    fn names_nothing() -> bool {
        true
    }

    #[test]
    fn a_tail_without_a_value_is_left_alone() {
        one("loops_to_its_end", loops_to_its_end);
    }
}

#[traced]
#[track_caller]
fn borrows_from_a_temporary(text: &str) -> Result<usize, std::num::ParseIntError> {
    fn first(text: &str) -> Result<&str, std::num::ParseIntError> {
        text.parse::<usize>().map(|_| text)
    }
    Ok(first(&text.repeat(2))?.len())
}

#[test]
fn the_operand_of_a_question_mark_keeps_its_temporaries() {
    let (out, spans) = capture(|| borrows_from_a_temporary("12"));
    assert_eq!(out, Ok(4));
    assert_eq!(spans.tree(), "borrows_from_a_temporary\n");
}
