use traced::traced;

#[traced(returns = "futures")]
fn misspelt() {}

fn main() {
    misspelt();
}
