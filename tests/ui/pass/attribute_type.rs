//! Values of the right type, of a type that nobody here knows, and of one's own keys.
#![deny(warnings)]

use traced::traced;

#[traced(attributes(http.response.status_code = 200, server.port = port, url.path = %path))]
fn right(port: u16, path: &str) {}

#[traced(attributes(http.request.method = "GET", http.request.header.accept = "a"))]
fn of_several_types() {}

#[traced(attributes(http.response.status_code = status, order.id = "7", user.roles = ["a"]))]
fn unknown(status: &str) {}

#[traced(attributes(
    http.response.status_code = Some(200), server.port = port as i64, url.path = "/".to_string(),
    user.roles = Some(["a"]), thread.id = "7".parse::<i64>().ok(), order.id = format!("{port}"),
))]
fn made_of_a_literal(port: u16) {}

#[traced(allow(attribute_type), attributes(url.path = 5))]
fn allowed() {}

fn main() {
    right(80, "/");
    of_several_types();
    unknown("200");
    made_of_a_literal(80);
    allowed();
}
