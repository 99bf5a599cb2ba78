#[derive(Debug)]
struct OnlyDebug;

fn main() {
    traced::record_error(&OnlyDebug);
}
