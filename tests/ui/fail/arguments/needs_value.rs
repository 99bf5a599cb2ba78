use traced::traced;

#[traced(fail_if = |_| true)]
fn nothing() {}

#[traced(fail_if = |_| true)]
async fn nothing_later() -> () {}

#[traced(fail_if = |_| true)]
fn a_future_of_nothing() -> impl Future<Output = ()> {
    async {}
}

#[traced(fail_if)]
fn no_predicate() -> u8 {
    1
}

#[traced(fail_if = |_| true, fail_if = |_| false)]
fn given_twice() -> u8 {
    1
}

#[traced(fail_of = |_| true)]
fn misspelt() -> u8 {
    1
}

fn main() {
    nothing();
    drop((nothing_later(), a_future_of_nothing()));
    let _ = (no_predicate(), given_twice(), misspelt());
}
