use traced::traced;

#[traced(attributes(db.sytem.name = "sqlite", "http.reqeust.method" = "GET"))]
fn a_letter() {}

#[traced(lazy(sever.address = "localhost", htpp.response.status_code = 200))]
fn a_namespace() {}

fn main() {
    a_letter();
    a_namespace();
}
