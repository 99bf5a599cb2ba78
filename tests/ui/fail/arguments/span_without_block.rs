fn main() {
    traced::span!("no block", a = 1);
}
