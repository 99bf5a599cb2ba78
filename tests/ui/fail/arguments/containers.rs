use traced::traced;

struct Store;

#[traced(name = "all of them", kind = "cleint")]
impl Store {
    fn one(&self) {}
    fn two(&self) {}

    #[traced(nmae = "three")]
    fn three(&self) {}
}

#[traced(skip)]
fn alone() {}

#[traced]
mod elsewhere;

#[traced]
mod nested {
    #[traced::traced(name = "all of them again", kind = "sever")]
    pub mod deeper {
        pub fn one() {}
    }
}

fn main() {
    Store.one();
    Store.two();
    Store.three();
    alone();
}
