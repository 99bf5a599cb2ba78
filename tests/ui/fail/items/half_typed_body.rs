use traced::traced;

#[traced(attributes(name))]
fn typing(name: &str) -> usize {
    let length = name.
    length
}

fn main() {
    typing("x");
}
