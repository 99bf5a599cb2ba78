#[traced::test]
async fn without_a_runtime() {}

fn main() {}
