//! A span's cost in bytes of a future, and that the future stays `Send`.

use std::cell::Cell;
use std::rc::Rc;

use traced::traced;

async fn plain(argument: [u8; 1024]) -> u8 {
    tokio::task::yield_now().await;
    argument[0]
}

#[traced]
async fn annotated(argument: [u8; 1024]) -> u8 {
    tokio::task::yield_now().await;
    argument[0]
}

async fn plain_with_mut(mut argument: [u8; 1024]) -> u8 {
    tokio::task::yield_now().await;
    argument[1] = 2;
    argument[0]
}

#[traced(attributes(first = argument[0]), lazy(last = argument[1023]))]
async fn with_attributes(argument: [u8; 1024]) -> u8 {
    tokio::task::yield_now().await;
    argument[0]
}

#[traced]
async fn with_mut(mut argument: [u8; 1024]) -> u8 {
    tokio::task::yield_now().await;
    argument[1] = 2;
    argument[0]
}

const MOST: usize = 40;

#[test]
fn a_kilobyte_argument_is_not_copied() {
    let plain = size_of_val(&plain([0; 1024]));
    let annotated = size_of_val(&annotated([0; 1024]));
    assert!(
        annotated <= plain + MOST,
        "plain {plain} bytes, annotated {annotated}"
    );
}

#[test]
fn attributes_take_no_space_in_the_future() {
    let plain = size_of_val(&plain([0; 1024]));
    let annotated = size_of_val(&with_attributes([0; 1024]));
    assert!(
        annotated <= plain + MOST,
        "plain {plain} bytes, annotated {annotated}"
    );
}

#[test]
fn a_mut_argument_that_owns_what_it_holds_is_not_copied() {
    let plain = size_of_val(&plain_with_mut([0; 1024]));
    let annotated = size_of_val(&with_mut([0; 1024]));
    assert!(
        annotated <= plain + MOST,
        "plain {plain} bytes, annotated {annotated}"
    );
}

fn is_send<T: Send>(_: &T) {}

#[traced(attributes(n = n.get()))]
async fn not_sync(n: Cell<u8>) -> Result<u8, String> {
    tokio::task::yield_now().await;
    Ok(n.get())
}

#[test]
fn an_argument_that_is_not_sync_leaves_the_future_send() {
    is_send(&not_sync(Cell::new(1)));
}

#[traced]
async fn not_send(n: Rc<u8>) -> u8 {
    tokio::task::yield_now().await;
    *n
}

#[tokio::test]
async fn an_argument_that_is_not_send_is_allowed() {
    assert_eq!(not_send(Rc::new(3)).await, 3);
}
