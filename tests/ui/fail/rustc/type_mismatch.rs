use traced::traced;

#[traced]
fn sync(n: u8) -> u8 {
    let _ = n;
    "text"
}

#[traced]
async fn asynchronous(n: u8) -> u8 {
    let _ = n;
    "text"
}

#[traced]
async fn early(n: u8) -> Result<u8, String> {
    if n == 0 {
        return Err(1);
    }
    Ok("text")
}

#[traced]
fn nothing(n: u8) {
    n
}

#[traced]
async fn nothing_async(n: u8) {
    n
}

fn main() {}
