use traced::traced;

#[traced]
fn no_result(text: &str) -> u8 {
    text.parse::<u8>()?
}

#[traced]
async fn no_conversion(text: &str) -> Result<u8, std::fmt::Error> {
    Ok(text.parse::<u8>()?)
}

fn main() {}
