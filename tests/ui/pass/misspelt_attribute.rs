//! Keys of one's own that look like those of the conventions.
#![deny(warnings)]

use traced::traced;

#[traced(attributes(order.id = 1, app.user.id = 2, db.pool = "a", user.role = "admin"))]
fn own() {}

#[traced(attributes(http.router = "a", grpc.request.metadata.id = 1, device.mode = "b", disk.io.detection = 3))]
fn near() {}

#[traced(allow(misspelt_attribute), attributes(db.sytem.name = "sqlite"))]
fn allowed() {}

fn main() {
    own();
    near();
    allowed();
}
