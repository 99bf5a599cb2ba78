use std::net::TcpListener;

/// A server that a method starts.
fn main() {
    let mut broker = Broker::new();
    broker = broker.named("shop");
    broker.start().unwrap();
}

struct Broker;

impl Broker {
    fn new() -> Self {
        Broker
    }

    fn named(self, name: &str) -> Self {
        self
    }

    fn start(&mut self) -> Result<(), String> {
        TcpListener::bind("localhost:1883");
        Ok(())
    }
}

struct Client;

impl Client {
    fn start(&self) {}
}
