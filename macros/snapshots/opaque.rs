#[traced]
fn doubled(numbers: &[u32]) -> impl Iterator<Item = u32> + '_ {
    numbers.iter().map(|number| number * 2)
}

#[traced]
fn serve() -> ! {
    loop {
        accept();
    }
}

#[track_caller]
#[traced]
fn at_caller(id: u64) -> Result<User, FindError> {
    let user = find(id)?;
    if user.is_admin() {
        return Err(FindError::Denied);
    }
    match user.state() {
        State::New => Ok(user),
        State::Old => user.load(),
    }
}

#[traced(error_if = FindError::is_fatal)]
fn parser(id: u64) -> Result<impl Fn(&str) -> &str, FindError> {
    if id == 0 {
        return Err(FindError::Denied);
    }
    Ok(|text| text)
}

#[traced]
#[track_caller]
fn forwarded(id: u64) -> Result<User, FindError> {
    find(id)
}
