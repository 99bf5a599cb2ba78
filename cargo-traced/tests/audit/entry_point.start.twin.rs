use elsewhere::run;

/// What another crate does is not known.
fn main() {
    run();
}
