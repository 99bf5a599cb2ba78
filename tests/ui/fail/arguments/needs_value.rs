use traced::traced;

#[traced(fail_if = |_| true)]
fn nothing() {}

#[traced(fail_if = |_| true)]
async fn nothing_later() -> () {}

#[traced(fail_if = |_| true)]
fn a_future_of_nothing() -> impl Future<Output = ()> {
    async {}
}

fn main() {
    nothing();
    drop((nothing_later(), a_future_of_nothing()));
}
