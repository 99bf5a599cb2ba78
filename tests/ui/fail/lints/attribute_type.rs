use traced::traced;

#[traced(attributes(http.response.status_code = "200", server.port = %port))]
fn integers(port: u16) {}

#[traced(attributes(url.path = 5, user.roles = "admin", server.address = ["a"]))]
fn strings() {}

#[traced(lazy(cicd.pipeline.run.id = 1.5, tls.established = "true", tls.resumed = 1))]
fn booleans() {}

#[traced(attributes(
    http.response.status_code = "200".to_string(),
    server.port = Some("80"),
    client.port = String::from("80"),
    url.path = 3 as u8,
    thread.id = format!("{}", 1),
))]
fn made_of_a_literal() {}

fn main() {
    made_of_a_literal();
    integers(80);
    strings();
    booleans();
}
