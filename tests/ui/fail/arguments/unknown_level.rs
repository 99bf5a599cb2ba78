use traced::{traced, traced_spawn};

#[traced(level = "verbose")]
fn unknown() {}

#[traced(level = "Debgu")]
fn misspelt() {}

#[traced(level = "high")]
mod container {
    fn inside() {}
}

#[traced]
fn nested() {
    #[traced(level = "off")]
    let _rows = 3;
    #[traced_spawn(level = "all")]
    std::thread::spawn(|| ());
}

fn in_a_body() {
    traced::span!(level = "fine", "block", {});
}

fn main() {}
