use traced::traced;

#[traced(returns = "future")]
fn no_future() -> u8 {
    1
}

#[traced(returns = "stream")]
fn no_stream() {}

fn main() {
    let _ = no_future();
    no_stream();
}
