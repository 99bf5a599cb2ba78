//! Names of which there are only so many.
#![deny(warnings)]

use traced::traced;

const QUEUE: &str = "orders";

#[traced(name = format!("take from {QUEUE}"))]
fn of_a_constant() {}

#[traced(name = format!("order {{id}} {}", kind(id)))]
fn of_its_kind(id: u64) {
    let _ = id;
}

#[traced(name = format!("GET {route} {cached}"))]
fn of_the_text_of_the_program(route: &'static str, cached: bool) {
    let _ = (route, cached);
}

#[traced(name = format!("order {id}"), allow(unbounded_name))]
fn allowed(id: u64) {
    let _ = id;
}

struct Worker {
    queue: &'static str,
    shard_id: u8,
}

impl Worker {
    #[traced(name = format!("take from {}", self.queue))]
    fn of_a_field(&self) {
        let kind = kind(7);
        #[traced(name = format!("take a {kind} order"))]
        {
            traced::span!(format!("take from {}", self.queue), {});
        }
        traced::span!(format!("take {}", self.shard_id), allow(unbounded_name), {});
        #[traced::traced_spawn(name = format!("take {}", self.shard_id), allow(unbounded_name))]
        std::thread::spawn(|| {});
    }
}

#[traced(name = format!("cached {id}"))]
fn of_a_bool(id: bool) {
    let _ = id;
}

fn kind(id: u64) -> &'static str {
    if id > 9 { "large" } else { "small" }
}

fn main() {
    of_a_constant();
    of_its_kind(1);
    of_the_text_of_the_program("/", true);
    Worker { queue: "orders", shard_id: 1 }.of_a_field();
    of_a_bool(true);
    allowed(1);
}
