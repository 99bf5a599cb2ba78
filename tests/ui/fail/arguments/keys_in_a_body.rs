//! The rules for keys hold wherever attributes are written.

use traced::{traced, traced_spawn};

#[traced]
fn handle() {
    traced::event!("retry", http.method = "GET", db.sytem.name = "sqlite", note = None::<u8>);
    traced::set_attributes!(service.name = "shop", http.response.status_code = "200");
    traced::span!("pay", http.rout = "/", mixed = [1, "a"], {});
    #[traced_spawn(attributes(http.method = "GET"))]
    std::thread::spawn(|| {});
}

#[traced_spawn(attributes(service.name = "shop"))]
fn spawn() {
    std::thread::spawn(|| {});
}

fn main() {
    handle();
    spawn();
}
