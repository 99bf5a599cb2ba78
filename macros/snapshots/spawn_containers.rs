#[traced_spawn(kind = "consumer")]
impl Service {
    const UNITS: usize = 2;

    async fn start(&self) {
        tokio::spawn(work());
    }

    #[traced_spawn(detached)]
    async fn stop(&self) {
        tokio::spawn(work());
    }
}

#[traced_spawn]
mod workers {
    pub trait Starts {
        fn begin(&self);
        fn end(&self) {
            thread::spawn(|| work());
        }
    }

    mod nested {
        const fn spawn(unit: u8) -> u8 {
            spawn(unit)
        }
    }
}

#[traced_spawn]
impl Untouched {
    const fn in_a_constant(&self) -> Spawned {
        spawn(work())
    }
}

#[traced]
#[traced_spawn(detached)]
fn of_the_other_attribute() {
    std::thread::spawn(work);
}
