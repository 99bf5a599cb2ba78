use traced::traced;

#[traced]
fn pattern(#[attribute] (a, b): (u8, u8)) {}

fn main() {
    pattern((1, 2));
}
