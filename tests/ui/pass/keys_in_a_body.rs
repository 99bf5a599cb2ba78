//! Keys that are right, and `allow(..)` in each list.
#![deny(warnings)]

use traced::{traced, traced_spawn};

#[traced]
fn handle() {
    traced::event!("registered", service.name = "bank", http.request.method = "GET");
    traced::event!("retry", allow(deprecated_attribute), http.method = "GET");
    traced::set_attributes!(http.method = "GET", allow(deprecated_attribute, none_value));
    traced::set_attributes!(allow = true, id = 1);
    traced::span!("pay", allow(misspelt_attribute), http.rout = "/", {});
    traced::span!("pay", http.rout = "/", allow(misspelt_attribute), {});
    #[traced_spawn(attributes(http.method = "GET"), allow(deprecated_attribute))]
    std::thread::spawn(|| {});
}

#[traced_spawn(allow(resource_attribute), attributes(service.name = "shop"))]
fn spawn() {
    std::thread::spawn(|| {});
}

fn main() {
    handle();
    spawn();
}
