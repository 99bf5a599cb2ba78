//! What looks like a mistake of `fail` and is none.
#![deny(warnings)]

use traced::opentelemetry::Context;
use traced::traced;

#[traced(name = "a", kind = "client",)]
fn trailing_comma() {}

#[traced(attributes("order.id" = id, order.type = "new", id))]
fn keys(id: u64) {}

#[traced(parent = Context::new())]
fn parent() {}

#[traced(error_if = |error| *error > 1)]
fn error_if() -> Result<(), u8> {
    Ok(())
}

#[traced()]
fn empty_list() {}

macro_rules! traced_function {
    ($name:ident, $kind:literal, $scope:literal, $returns:literal, $errors:literal) => {
        #[traced(
            name = $scope, kind = $kind, scope = $scope, returns = $returns,
            errors = $errors, spawn = $errors
        )]
        fn $name() {
            #[traced::traced_spawn(name = $scope, kind = $kind)]
            std::thread::spawn(|| {}).join().unwrap();
        }
    };
}

traced_function!(literals_of_a_macro, "client", "shop", "value", false);

#[traced(on_ok(|v: &u8| v), on_err(|e: &String| message = e))]
fn typed_heads() -> Result<u8, String> {
    Ok(1)
}

#[traced(name = format!("take from {}", "orders").into())]
fn name_made_into_one() {}

struct Skips;

#[traced]
impl Skips {
    #[traced(skip)]
    fn skipped(#[attribute] _id: u64) {}
}

#[traced(returns = "future")]
fn by_reference<'f>(future: &'f mut (dyn Future<Output = ()> + Unpin + Send)) -> Fut<'f> {
    Box::pin(future)
}

type Fut<'f> = std::pin::Pin<Box<dyn Future<Output = ()> + Send + 'f>>;

fn main() {
    literals_of_a_macro();
    typed_heads().unwrap();
    name_made_into_one();
    Skips::skipped(1);
    drop(by_reference(&mut std::future::ready(())));
    trailing_comma();
    keys(1);
    parent();
    error_if().unwrap();
    empty_list();
}
