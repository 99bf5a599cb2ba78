use std::net::TcpListener;

/// Which of the two it is depends on a type that nothing here says.
fn main() { //~? entry_point
    chosen().start();
}

struct Client;

impl Client {
    fn start(&self) {}
}

struct Server;

impl Server {
    fn start(&self) {
        TcpListener::bind("localhost:80");
    }
}
