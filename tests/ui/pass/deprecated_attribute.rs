//! Keys in force, keys that are in conventions of their own, and everyday words.
#![deny(warnings)]

use traced::traced;

#[traced(attributes(http.request.method = "GET", db.query.text = sql, url.full = "/"))]
fn in_force(sql: &str) {}

#[traced(attributes(gen_ai.request.model = "small", message.id = 7, pool.name = "a", state))]
fn everyday(state: &str) {}

#[traced(allow(deprecated_attribute), attributes(http.method = "GET"))]
fn allowed() {}

fn main() {
    in_force("select 1");
    everyday("new");
    allowed();
}
