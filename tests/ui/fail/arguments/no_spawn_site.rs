//! An attribute on a statement that spawns nothing would have no effect.

use traced::{traced, traced_spawn};

fn my_pool(job: impl FnOnce()) {
    job();
}

#[traced]
fn handle() {
    #[traced_spawn(name = "job")]
    my_pool(|| ());
    let _ = (
        #[traced_spawn(link)]
        1 + 1,
        #[traced_spawn(name = "job", also(my_pool))]
        my_pool(|| ()),
    );
}

fn main() {
    handle();
}
