use std::rc::Rc;
use std::thread::{self, JoinHandle};

use traced::traced;

async fn not_send() {
    let rc = Rc::new(1);
    std::future::ready(()).await;
    drop(rc);
}

#[traced]
async fn future_of_a_call() {
    tokio::spawn(async {});
    tokio::spawn(not_send());
    tokio::spawn(async {});
}

#[traced]
async fn future_of_a_block() {
    tokio::spawn(async {});
    tokio::spawn(async { not_send().await });
    tokio::spawn(async {});
}

#[traced]
fn closure(rc: Rc<u8>) {
    thread::spawn(|| ());
    thread::spawn(move || drop(rc));
    thread::spawn(|| ());
}

#[traced]
fn variable(rc: Rc<u8>) {
    let work = move || drop(rc);
    thread::spawn(|| ());
    thread::spawn(work);
    thread::spawn(|| ());
}

#[traced]
fn result() {
    let one: JoinHandle<u8> = thread::spawn(|| 1u8);
    let two: JoinHandle<String> = thread::spawn(|| 1u8);
    let three: JoinHandle<u8> = thread::spawn(|| 1u8);
    drop((one, two, three));
}

#[traced]
fn borrowed(text: String) {
    thread::spawn(|| ());
    thread::spawn(|| text.len());
    thread::spawn(|| ());
}

#[traced]
fn no_unit() {
    thread::spawn(|| ());
    thread::spawn(1 + 1);
    thread::spawn(no_such_thing);
}

fn no_future() -> u8 {
    1
}

#[traced]
fn neither_future_nor_closure() {
    tokio::spawn(async {});
    tokio::spawn(no_future());
    std::thread::spawn(no_future());
    tokio::task::spawn_blocking(no_future());
    drop(Some(no_future()).map(tokio::spawn));
}

fn main() {}
