use traced::traced;

#[traced(kind = "client" name = "a")]
fn no_comma() {}

fn main() {
    no_comma();
}
