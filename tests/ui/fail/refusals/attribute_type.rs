use traced::traced;

#[traced(attributes(http.response.status_code = "200", server.port = %port))]
fn integers(port: u16) {}

#[traced(attributes(url.path = 5, user.roles = "admin", server.address = ["a"]))]
fn strings() {}

#[traced(lazy(cicd.pipeline.run.id = 1.5, tls.established = "true", tls.resumed = 1))]
fn booleans() {}

fn main() {
    integers(80);
    strings();
    booleans();
}
