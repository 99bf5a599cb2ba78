use traced::traced;

#[traced("a name")]
fn string() {}

#[traced(kind = "client", 42)]
fn number() {}

fn main() {
    string();
    number();
}
