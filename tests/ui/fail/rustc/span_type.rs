fn main() {
    let _: u8 = traced::span!("type", { "text" });
}
