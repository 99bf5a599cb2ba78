use std::net::TcpListener;

/// The type of the variable says which `start` it is: that of the client.
fn main() { //~ entry_point
    let settings = Settings { listen: 80, serve: true };
    let mut client = Client::new(settings.listen).expect("an address");
    client.start();
}

struct Settings {
    listen: u16,
    serve: bool,
}

struct Client;

impl Client {
    fn new(port: u16) -> Result<Self, u16> {
        Ok(Client)
    }

    fn start(&mut self) {
        info!("started");
    }
}

struct Server;

impl Server {
    fn start(&self) {
        TcpListener::bind("localhost:80");
    }
}
