fn main() {
    traced::event!();
    traced::event!("retry" attempt = 1);
    traced::set_attributes!(a = 1, a = 2, "b");
    traced::span!("no block", a = 1);
    let _: u8 = traced::span!("type", { "text" });
}
