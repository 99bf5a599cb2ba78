use traced::traced;

#[traced(errors = true)]
fn on() {}

fn main() {
    on();
}
