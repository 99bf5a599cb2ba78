use traced::{traced, traced_spawn};

#[traced(atributes(id))]
fn misspelt(id: u64) {}

#[traced(fail_of = |_| true)]
fn misspelt_by_two_letters() -> u8 {
    1
}

#[traced(colour = "red")]
fn unknown() {}

#[traced]
mod container {
    #[traced::traced(nmae = "one")]
    pub fn one() {}
}

#[traced_spawn]
mod workers {
    pub fn start() {
        #[traced::traced_spawn(knd = "consumer")]
        std::thread::spawn(|| ());
    }
}

fn main() {
    misspelt(1);
    let _ = misspelt_by_two_letters();
    unknown();
    container::one();
    workers::start();
}
