use traced::traced;

#[traced]
mod elsewhere;

fn main() {}
