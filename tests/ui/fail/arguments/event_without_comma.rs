fn main() {
    traced::event!("retry" attempt = 1);
}
