//! What an operation may say of another process.
#![deny(warnings)]

use traced::traced;

#[traced(attributes(service.peer.name = "bank", host.name = "a", k8s.pod.name = "b"))]
fn of_another() {}

#[traced(attributes(process.pid = 1, service.plan = "gold", deployment.name = "blue"))]
fn of_its_own() {}

#[traced(allow(resource_attribute), attributes(service.name = "shop"))]
fn allowed() {}

fn main() {
    of_another();
    of_its_own();
    allowed();
}
