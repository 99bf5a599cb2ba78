use traced::traced;

#[traced]
fn sync(n: u8) -> u8 {
    let _ = n;
}

#[traced]
async fn asynchronous(n: u8) -> u8 {
    n + 1;
}

fn main() {}
