#[traced::test(flavor = "multi_thread")]
#[tokio::test]
async fn with_an_argument_of_another() {}

#[traced::test(crate = traced, name = "x")]
fn with_more_than_the_path() {}

fn main() {}
