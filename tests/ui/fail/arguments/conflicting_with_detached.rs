//! A detached site is left as it is, so nothing can be said of its span.

use traced::traced_spawn;

#[traced_spawn(detached, name = "job", link)]
fn spawns() {}

fn main() {
    spawns();
}
