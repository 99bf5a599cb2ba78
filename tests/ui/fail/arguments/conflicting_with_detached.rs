//! A detached site is left as it is, so nothing can be said of its span.

use traced::traced_spawn;

#[traced_spawn(detached, name = "job", link)]
fn spawns() {}

#[traced_spawn(detached, kind = "client")]
mod nothing_to_annotate {}

fn main() {
    spawns();
}
