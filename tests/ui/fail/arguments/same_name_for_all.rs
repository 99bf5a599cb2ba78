use traced::traced;

struct Store;

#[traced(name = "all of them")]
impl Store {
    fn one(&self) {}
}

#[traced]
mod outer {
    #[traced::traced(name = "all of them again")]
    pub mod deeper {
        pub fn one() {}
    }
}

fn main() {
    Store.one();
    outer::deeper::one();
}
