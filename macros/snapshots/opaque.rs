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
