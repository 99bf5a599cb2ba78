use traced::traced;

#[traced(error_if = |_| true)]
fn nothing_to_fail() {}

#[traced(on_err(|error| message = %error), error_if = |_| true)]
fn a_number() -> u8 {
    1
}

#[traced(error_if = |_| true)]
fn a_closure() -> impl Fn() {
    || {}
}

#[traced(error_if = |_| true)]
async fn an_option() -> Option<u8> {
    None
}

#[traced(on_err(|error| message = %error))]
fn a_future() -> impl Future<Output = String> {
    async { String::new() }
}

fn main() {
    nothing_to_fail();
    a_number();
    a_closure()();
    drop((an_option(), a_future()));
}
