use traced::traced;

#[traced(error_if = |_| true)]
fn nothing_to_fail() {}

fn main() {
    nothing_to_fail();
}
