use traced::{traced, traced_spawn};

#[traced(level = "verbose")]
fn unknown() {}

#[traced(level = "Debgu")]
fn misspelt() {}

#[traced(level = Level::DEBUG)]
fn of_tracing() {}

#[traced(level)]
fn without_a_value() {}

#[traced(current, level = "debug")]
fn without_a_span() {}

#[traced(level = "high")]
mod container {
    fn inside() {}
}

#[traced]
fn inner() {
    #[traced(level = "off")]
    let _rows = 3;
    #[traced_spawn(level = "all")]
    std::thread::spawn(|| ());
}

fn in_a_body() {
    traced::span!(level = "fine", "block", {});
}

fn main() {}
