use traced::traced;

#[track_caller]
#[traced]
fn at_the_caller(text: &str) -> Result<u8, std::fmt::Error> {
    Ok(text.parse::<u8>()?)
}

#[track_caller]
#[traced]
fn at_the_caller_of_an_option(text: &str) -> Option<u8> {
    Some(text.parse::<u8>()?)
}

#[traced]
fn inside(text: &str) -> Result<u8, std::fmt::Error> {
    #[traced(name = "part")]
    let parsed = text.parse::<u8>()?;
    Ok(parsed)
}

fn main() {}
