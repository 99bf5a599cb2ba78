use traced::traced;

#[traced]
fn parent() -> u8 {
    #[traced(returns = "value")]
    let one = 1;
    #[traced(spawn = false)]
    std::thread::spawn(|| ());
    let two = #[traced(name = "two", crate = ::traced)]
    {
        2
    };
    one + two
}

fn main() {
    parent();
}
