#[traced(kind = "client", crate = shop::traced)]
impl Store {
    const LIMIT: usize = 10;

    fn count(&self) -> usize {
        self.orders.len()
    }

    #[traced(name = "lookup", attributes(id))]
    fn find(&self, id: u64) -> Option<Order> {
        self.orders.get(id)
    }

    #[traced(skip)]
    fn hot(&self) {}

    const fn limit() -> usize {
        Self::LIMIT
    }

    extern "C" fn callback() {}
}

#[traced]
mod orders {
    fn free() {}

    impl fmt::Display for Order {
        fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
            f.write_str(self.name)
        }
    }

    mod nested {
        trait Service {
            fn call(&self);
            fn call_twice(&self) {
                self.call();
                self.call();
            }
        }
    }
}

#[traced]
mod conditional {
    #[traced(kind = "client")]
    impl Client {
        #[cfg_attr(feature = "quiet", traced(skip))]
        fn ping(&self) {}
    }

    #[traced(skip)]
    impl Quiet {
        fn ping(&self) {}
    }
}
