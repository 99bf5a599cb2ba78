use traced::traced;

fn one() -> u8 {
    1
}

async fn later() -> u8 {
    1
}

#[traced]
fn parent() {
    #[traced]
    let _called: String = one();
    let _block: String = #[traced(name = "block")]
    {
        let one = one();
        one
    };
    let _closure = #[traced(name = "closure")]
    |n: u8| -> String { n };
}

#[traced]
async fn awaits() {
    #[traced]
    let _awaited: String = later().await;
    let _block: String = #[traced(name = "block")]
    {
        later().await;
        one()
    };
}

fn main() {
    parent();
    drop(awaits());
}
